//! AVI files (Microsoft's RIFF AVI, with the OpenDML extension).

/// A RIFF chunk with its pad byte.
#[must_use]
pub fn chunk(id: &[u8; 4], payload: &[u8]) -> Vec<u8> {
    let mut out = id.to_vec();
    out.extend_from_slice(&u32_le(payload.len()));
    out.extend_from_slice(payload);
    if payload.len() % 2 == 1 {
        out.push(0);
    }
    out
}

/// A chunk that holds chunks: `RIFF` or `LIST`.
#[must_use]
pub fn list(id: &[u8; 4], kind: &[u8; 4], chunks: &[Vec<u8>]) -> Vec<u8> {
    chunk(id, &[kind.to_vec(), chunks.concat()].concat())
}

/// 320 × 240 pixels, two seconds, with an index.
#[must_use]
pub fn avi() -> Vec<u8> {
    list(b"RIFF", b"AVI ", &[header(&[stream(b"vids"), stream(b"auds")]), movi(), index()])
}

/// The same with a second, OpenDML part.
#[must_use]
pub fn open_dml() -> Vec<u8> {
    [avi(), list(b"RIFF", b"AVIX", &[movi()])].concat()
}

/// Digital-camcorder video: audio and video in one interleaved stream.
#[must_use]
pub fn interleaved() -> Vec<u8> {
    list(b"RIFF", b"AVI ", &[header(&[stream(b"iavs")]), movi()])
}

/// One audio stream.
#[must_use]
pub fn audio_only() -> Vec<u8> {
    list(b"RIFF", b"AVI ", &[header(&[stream(b"auds")]), movi(), index()])
}

/// A recording that ended before the sizes were written.
#[must_use]
pub fn unfinished() -> Vec<u8> {
    let mut out = avi();
    out.splice(4..8, [0; 4]);
    out
}

/// No frames at all.
#[must_use]
pub fn without_movi() -> Vec<u8> {
    list(b"RIFF", b"AVI ", &[header(&[stream(b"vids")]), index()])
}

/// The header list reaches past the RIFF chunk it stands in.
#[must_use]
pub fn list_past_its_riff() -> Vec<u8> {
    let mut out = list(b"RIFF", b"AVI ", &[header(&[stream(b"vids")])]);
    out.splice(16..20, 0x00FF_FFFF_u32.to_le_bytes());
    out.extend(vec![0; 1024]);
    out
}

/// A subtitle stream whose text is a playlist of a file on the server.
#[must_use]
pub fn with_playlist() -> Vec<u8> {
    let playlist = chunk(b"00tx", b"GAB2\0\x02\0#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n");
    let movi = list(b"LIST", b"movi", &[playlist, chunk(b"01dc", &[7; 33])]);
    list(b"RIFF", b"AVI ", &[header(&[stream(b"txts"), stream(b"vids")]), movi])
}

fn header(streams: &[Vec<u8>]) -> Vec<u8> {
    let mut main = vec![0; 56];
    main.splice(0..4, 40_000_u32.to_le_bytes());
    main.splice(32..36, 320_u32.to_le_bytes());
    main.splice(36..40, 240_u32.to_le_bytes());
    list(b"LIST", b"hdrl", &[chunk(b"avih", &main), streams.concat()])
}

fn stream(kind: &[u8; 4]) -> Vec<u8> {
    let mut head = vec![0; 56];
    head.splice(0..4, *kind);
    head.splice(20..24, 1_u32.to_le_bytes());
    head.splice(24..28, 25_u32.to_le_bytes());
    head.splice(32..36, 50_u32.to_le_bytes());
    list(b"LIST", b"strl", &[chunk(b"strh", &head), chunk(b"strf", &[0; 40])])
}

fn movi() -> Vec<u8> {
    let frames = [chunk(b"00dc", &[7; 33]), chunk(b"01wb", &[9; 20])];
    list(b"LIST", b"movi", &[frames.concat(), chunk(b"JUNK", &[0; 10])])
}

fn index() -> Vec<u8> {
    chunk(b"idx1", &[0; 32])
}

fn u32_le(value: usize) -> [u8; 4] {
    u32::try_from(value).expect("built files are small").to_le_bytes()
}
