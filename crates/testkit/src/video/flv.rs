//! FLV files (Adobe's Video File Format Specification, annex E).

/// A tag with the PreviousTagSize that follows it.
#[must_use]
pub fn tag(kind: u8, payload: &[u8]) -> Vec<u8> {
    let size = u32::try_from(payload.len()).expect("built files are small");
    let mut out = vec![kind];
    out.extend_from_slice(&size.to_be_bytes()[1..]);
    out.extend_from_slice(&[0; 7]);
    out.extend_from_slice(payload);
    out.extend_from_slice(&(size + 11).to_be_bytes());
    out
}

/// The file header and PreviousTagSize0.
#[must_use]
pub fn header(flags: u8) -> Vec<u8> {
    vec![b'F', b'L', b'V', 1, flags, 0, 0, 0, 9, 0, 0, 0, 0]
}

/// Metadata of 320 × 240 pixels and two seconds, an audio and a video tag.
#[must_use]
pub fn flv() -> Vec<u8> {
    [header(5), tag(18, &metadata()), tag(8, &[0x2F; 8]), tag(9, &[0x12; 40])].concat()
}

/// The flags of the header deny the video that follows, as some recorders write it.
#[must_use]
pub fn with_lying_flags() -> Vec<u8> {
    [header(0), tag(9, &[0x12; 40])].concat()
}

/// One audio stream, though the flags announce video too.
#[must_use]
pub fn audio_only() -> Vec<u8> {
    [header(5), tag(18, &metadata()), tag(8, &[0x2F; 8])].concat()
}

/// The PreviousTagSize after the video tag is wrong.
#[must_use]
pub fn wrong_back_pointer() -> Vec<u8> {
    let mut out = [header(1), tag(9, &[0x12; 40]), tag(9, &[0x22; 40])].concat();
    let at = 13 + 11 + 40 + 3;
    out[at] ^= 1;
    out
}

/// A tag type that the standard does not know.
#[must_use]
pub fn unknown_tag() -> Vec<u8> {
    [header(1), tag(9, &[0x12; 40]), tag(3, &[0; 4])].concat()
}

fn metadata() -> Vec<u8> {
    let mut out = vec![2, 0, 10];
    out.extend_from_slice(b"onMetaData");
    out.extend_from_slice(&[8, 0, 0, 0, 3]);
    for (key, value) in [("duration", 2_f64), ("width", 320_f64), ("height", 240_f64)] {
        out.extend_from_slice(&[0, u8::try_from(key.len()).expect("short keys")]);
        out.extend_from_slice(key.as_bytes());
        out.push(0);
        out.extend_from_slice(&value.to_be_bytes());
    }
    out.extend_from_slice(&[0, 0, 9]);
    out
}
