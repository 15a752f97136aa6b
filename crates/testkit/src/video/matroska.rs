//! Matroska and WebM files (RFC 9559), of known and of unknown size.

/// An element: id, eight-byte size, payload.
#[must_use]
pub fn element(id: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = id_bytes(id);
    out.extend_from_slice(&(0x0100_0000_0000_0000 | payload.len() as u64).to_be_bytes());
    out.extend_from_slice(payload);
    out
}

/// An element of unknown size, as live recorders write it.
#[must_use]
pub fn element_of_unknown_size(id: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = id_bytes(id);
    out.extend_from_slice(&[0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
    out.extend_from_slice(payload);
    out
}

/// A WebM file of 320 × 240 pixels and two seconds, every size known, with an index.
#[must_use]
pub fn webm() -> Vec<u8> {
    let mut segment = preamble(&[video_track()]);
    segment.extend(element(CLUSTER, &blocks()));
    segment.extend(element(VOID, &[0; 40]));
    segment.extend(element(CUES, &[0xBB, 0x80]));
    [ebml("webm"), element(SEGMENT, &segment)].concat()
}

/// The same as Matroska, with audio beside the video.
#[must_use]
pub fn matroska() -> Vec<u8> {
    let mut segment = preamble(&[audio_track(), video_track()]);
    segment.extend(element(CLUSTER, &blocks()));
    [ebml("matroska"), element(SEGMENT, &segment)].concat()
}

/// What a browser's recorder makes: Segment and Clusters of unknown size, no index.
#[must_use]
pub fn live_webm() -> Vec<u8> {
    let mut segment = preamble(&[video_track()]);
    segment.extend(element_of_unknown_size(CLUSTER, &blocks()));
    segment.extend(element_of_unknown_size(CLUSTER, &blocks()));
    [ebml("webm"), element_of_unknown_size(SEGMENT, &segment)].concat()
}

/// The same with so many Clusters of one block each.
#[must_use]
pub fn with_many_clusters(clusters: usize) -> Vec<u8> {
    let timing = [element(0xE7, &[0]), element(0xA7, &[0]), element(0xAB, &[0])].concat();
    let block = element(0xA3, &[0x81, 0, 0, 0x80, 1]);
    let cluster = element_of_unknown_size(CLUSTER, &[timing, block].concat());
    let segment = [preamble(&[video_track()]), cluster.repeat(clusters)].concat();
    [ebml("webm"), element_of_unknown_size(SEGMENT, &segment)].concat()
}

/// A WebM file with one audio track.
#[must_use]
pub fn audio_only() -> Vec<u8> {
    let mut segment = preamble(&[audio_track()]);
    segment.extend(element(CLUSTER, &blocks()));
    [ebml("webm"), element(SEGMENT, &segment)].concat()
}

/// An EBML document of another type than Matroska's.
#[must_use]
pub fn other_doc_type() -> Vec<u8> {
    let mut segment = preamble(&[video_track()]);
    segment.extend(element(CLUSTER, &blocks()));
    [ebml("mkxdoc"), element(SEGMENT, &segment)].concat()
}

/// A video track is announced, but no Cluster follows.
#[must_use]
pub fn without_clusters() -> Vec<u8> {
    [ebml("webm"), element(SEGMENT, &preamble(&[video_track()]))].concat()
}

/// The Cluster reaches past the end of its Segment.
#[must_use]
pub fn cluster_past_its_segment() -> Vec<u8> {
    let mut segment = preamble(&[video_track()]);
    let cut = segment.len() + 40;
    segment.extend(element(CLUSTER, &blocks()));
    let (inside, outside) = segment.split_at(cut);
    [ebml("webm"), element(SEGMENT, inside), outside.to_vec()].concat()
}

/// Tracks of unknown size inside one another, which only a Segment and a Cluster may have.
#[must_use]
pub fn nested_unknown_sizes() -> Vec<u8> {
    let nest = (0..64).fold(Vec::new(), |inner, _| element_of_unknown_size(TRACKS, &inner));
    [ebml("webm"), element_of_unknown_size(SEGMENT, &nest)].concat()
}

/// More empty Void elements than any writer makes.
#[must_use]
pub fn void_bomb() -> Vec<u8> {
    let mut segment = preamble(&[video_track()]);
    segment.extend([0xEC, 0x80].repeat(70_000));
    segment.extend(element(CLUSTER, &blocks()));
    [ebml("webm"), element(SEGMENT, &segment)].concat()
}

const SEGMENT: u32 = 0x1853_8067;
const CLUSTER: u32 = 0x1F43_B675;
const TRACKS: u32 = 0x1654_AE6B;
const CUES: u32 = 0x1C53_BB6B;
const VOID: u32 = 0xEC;

fn ebml(doc_type: &str) -> Vec<u8> {
    let mut payload = element(0x4286, &[1]);
    payload.extend(element(0x4282, doc_type.as_bytes()));
    payload.extend(element(0x4287, &[4]));
    element(0x1A45_DFA3, &payload)
}

/// Info and Tracks.
fn preamble(tracks: &[Vec<u8>]) -> Vec<u8> {
    let mut info = element(0x2A_D7B1, &1_000_000_u32.to_be_bytes());
    info.extend(element(0x4489, &2000_f64.to_be_bytes()));
    let mut out = element(0x1549_A966, &info);
    out.extend(element(TRACKS, &tracks.concat()));
    out
}

fn video_track() -> Vec<u8> {
    let mut video = element(0xB0, &320_u16.to_be_bytes());
    video.extend(element(0xBA, &[240]));
    let mut entry = element(0xD7, &[1]);
    entry.extend(element(0x83, &[1]));
    entry.extend(element(0x86, b"V_VP8"));
    entry.extend(element(0xE0, &video));
    element(0xAE, &entry)
}

fn audio_track() -> Vec<u8> {
    let mut entry = element(0xD7, &[2]);
    entry.extend(element(0x83, &[2]));
    entry.extend(element(0x86, b"A_OPUS"));
    element(0xAE, &entry)
}

fn blocks() -> Vec<u8> {
    let mut out = element(0xE7, &[0]);
    out.extend(element(0xA3, &[0x81, 0, 0, 0x80, 1, 2, 3, 4, 5, 6]));
    out.extend(element(0xA0, &element(0xA1, &[0x81, 0, 40, 0, 9, 8, 7, 6])));
    out
}

fn id_bytes(id: u32) -> Vec<u8> {
    id.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect()
}
