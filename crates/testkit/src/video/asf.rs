//! ASF files (Microsoft's Advanced Systems Format specification, revision 01.20).

/// An object: identifier, 64-bit size, payload.
#[must_use]
pub fn object(id: &[u8; 16], payload: &[u8]) -> Vec<u8> {
    let mut out = id.to_vec();
    out.extend_from_slice(&(payload.len() as u64 + 24).to_le_bytes());
    out.extend_from_slice(payload);
    out
}

/// 320 × 240 pixels, two seconds, two data packets and an index.
#[must_use]
pub fn asf() -> Vec<u8> {
    file(&[stream(&AUDIO), stream(&VIDEO)], &[data(2), object(&INDEX, &[0; 32])])
}

/// The video stream is declared only inside an extended stream properties object.
#[must_use]
pub fn with_extended_stream() -> Vec<u8> {
    let mut extended = vec![0; 60];
    extended.extend_from_slice(&[1, 0, 1, 0]);
    extended.extend_from_slice(&[0, 0, 4, 0, b'v', 0, 0, 0]);
    extended.extend_from_slice(&[0; 18]);
    extended.extend_from_slice(&[2, 0, 0, 0, 1, 1]);
    extended.extend(stream(&VIDEO));
    let inner = object(&EXTENDED_STREAM, &extended);
    let mut payload = vec![0; 18];
    payload.extend_from_slice(&u32_le(inner.len()));
    payload.extend(inner);
    file(&[stream(&AUDIO), object(&HEADER_EXTENSION, &payload)], &[data(2)])
}

/// A live stream saved as it came: broadcast flag, data size not filled in.
#[must_use]
pub fn broadcast() -> Vec<u8> {
    let mut out = asf_without_index();
    let properties = 30;
    out.splice(properties + 40..properties + 48, [0; 8]);
    out[properties + 88] |= 1;
    let at = out.len() - 2 * PACKET - 50 + 16;
    out.splice(at..at + 8, 50_u64.to_le_bytes());
    out
}

/// The same, with the index that some recorders append.
#[must_use]
pub fn broadcast_with_index() -> Vec<u8> {
    [broadcast(), object(&INDEX, &[0; 32])].concat()
}

/// One audio stream.
#[must_use]
pub fn audio_only() -> Vec<u8> {
    file(&[stream(&AUDIO)], &[data(2)])
}

/// The header counts more objects than it holds.
#[must_use]
pub fn wrong_object_count() -> Vec<u8> {
    let mut out = asf();
    out[24] += 1;
    out
}

/// A header without a data object.
#[must_use]
pub fn without_data() -> Vec<u8> {
    file(&[stream(&VIDEO)], &[])
}

/// No index: the file ends with its data.
#[must_use]
pub fn asf_without_index() -> Vec<u8> {
    file(&[stream(&VIDEO)], &[data(2)])
}

const PACKET: usize = 100;
const HEADER: [u8; 16] = *b"\x30\x26\xB2\x75\x8E\x66\xCF\x11\xA6\xD9\x00\xAA\x00\x62\xCE\x6C";
const DATA: [u8; 16] = *b"\x36\x26\xB2\x75\x8E\x66\xCF\x11\xA6\xD9\x00\xAA\x00\x62\xCE\x6C";
const INDEX: [u8; 16] = *b"\x90\x08\x00\x33\xB1\xE5\xCF\x11\x89\xF4\x00\xA0\xC9\x03\x49\xCB";
const FILE: [u8; 16] = *b"\xA1\xDC\xAB\x8C\x47\xA9\xCF\x11\x8E\xE4\x00\xC0\x0C\x20\x53\x65";
const STREAM: [u8; 16] = *b"\x91\x07\xDC\xB7\xB7\xA9\xCF\x11\x8E\xE6\x00\xC0\x0C\x20\x53\x65";
const VIDEO: [u8; 16] = *b"\xC0\xEF\x19\xBC\x4D\x5B\xCF\x11\xA8\xFD\x00\x80\x5F\x5C\x44\x2B";
const AUDIO: [u8; 16] = *b"\x40\x9E\x69\xF8\x4D\x5B\xCF\x11\xA8\xFD\x00\x80\x5F\x5C\x44\x2B";
const HEADER_EXTENSION: [u8; 16] =
    *b"\xB5\x03\xBF\x5F\x2E\xA9\xCF\x11\x8E\xE3\x00\xC0\x0C\x20\x53\x65";
const EXTENDED_STREAM: [u8; 16] =
    *b"\xCB\xA5\xE6\x14\x72\xC6\x32\x43\x83\x99\xA9\x69\x52\x06\x5B\x5A";

fn file(streams: &[Vec<u8>], rest: &[Vec<u8>]) -> Vec<u8> {
    let objects = streams.concat();
    let rest = rest.concat();
    let properties_len = 104;
    let total = 30 + properties_len + objects.len() + rest.len();
    let mut payload = u32_le(streams.len() + 1).to_vec();
    payload.extend_from_slice(&[1, 2]);
    payload.extend(object(&FILE, &properties(total)));
    payload.extend(objects);
    [object(&HEADER, &payload), rest].concat()
}

fn properties(total: usize) -> Vec<u8> {
    let mut out = vec![0; 80];
    out.splice(16..24, (total as u64).to_le_bytes());
    out.splice(32..40, 2_u64.to_le_bytes());
    out.splice(40..48, 50_000_000_u64.to_le_bytes());
    out.splice(56..64, 3000_u64.to_le_bytes());
    out.splice(64..68, 2_u32.to_le_bytes());
    out.splice(68..72, u32_le(PACKET));
    out.splice(72..76, u32_le(PACKET));
    out
}

fn stream(kind: &[u8; 16]) -> Vec<u8> {
    let mut out = kind.to_vec();
    out.extend_from_slice(&[0; 38]);
    out.extend_from_slice(&320_u32.to_le_bytes());
    out.extend_from_slice(&240_u32.to_le_bytes());
    out.extend_from_slice(&[2, 40, 0]);
    out.extend_from_slice(&[0; 40]);
    object(&STREAM, &out)
}

fn data(packets: usize) -> Vec<u8> {
    let mut out = vec![0; 16];
    out.extend_from_slice(&(packets as u64).to_le_bytes());
    out.extend_from_slice(&[1, 1]);
    out.extend(std::iter::repeat_n(0x82, packets * PACKET));
    object(&DATA, &out)
}

fn u32_le(value: usize) -> [u8; 4] {
    u32::try_from(value).expect("built files are small").to_le_bytes()
}
