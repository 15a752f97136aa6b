//! MPEG program streams (ISO 11172-1, 13818-1) and video elementary streams (11172-2, 13818-2).

/// A packet of a program stream whose payload starts with an MPEG-2 header.
#[must_use]
pub fn packet(stream: u8, payload: &[u8]) -> Vec<u8> {
    let body = [&[0x80, 0, 0], payload].concat();
    raw_packet(stream, &body)
}

/// A packet with nothing between its length and `body`.
#[must_use]
pub fn raw_packet(stream: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).expect("built packets are small");
    [&[0, 0, 1, stream], &length.to_be_bytes()[..], body].concat()
}

/// An MPEG-2 program stream of 320 × 240 pixels with its end code.
#[must_use]
pub fn program_stream() -> Vec<u8> {
    [mpeg2_pack(), system_header(), video(), packet(0xC0, &[0x5A; 50]), END.to_vec()].concat()
}

/// The same without an end code, as many multiplexers leave it.
#[must_use]
pub fn program_stream_without_end() -> Vec<u8> {
    [mpeg2_pack(), video(), mpeg2_pack(), packet(0xBD, &[1; 20]), raw_packet(0xBE, &[0xFF; 64])]
        .concat()
}

/// An MPEG-1 system stream with zeros between its packs, as on Video CDs.
#[must_use]
pub fn mpeg1_program_stream() -> Vec<u8> {
    let pack = [0, 0, 1, 0xBA, 0x21, 0, 1, 0, 1, 0x80, 0, 1].to_vec();
    let body = [&[0xFF, 0xFF, 0x60, 0x20, 0x21, 0, 1, 0, 1][..], &sequence_header()].concat();
    [pack.clone(), system_header(), raw_packet(0xE0, &body), vec![0; 20], pack, video1()].concat()
}

/// Audio packets alone.
#[must_use]
pub fn audio_only() -> Vec<u8> {
    [mpeg2_pack(), system_header(), packet(0xC0, &[0x5A; 50]), END.to_vec()].concat()
}

/// Bytes between two packets that belong to neither.
#[must_use]
pub fn with_garbage() -> Vec<u8> {
    [mpeg2_pack(), video(), b"garbage".to_vec(), mpeg2_pack(), video()].concat()
}

/// A pack header whose marker bits are not set.
#[must_use]
pub fn broken_pack() -> Vec<u8> {
    [vec![0, 0, 1, 0xBA, 0xC4, 0, 4, 0, 4, 1, 0, 0, 3, 0xF8], video()].concat()
}

/// A video sequence of 320 × 240 pixels with one picture and its end code.
#[must_use]
pub fn elementary_stream() -> Vec<u8> {
    [elementary_stream_without_end(), vec![0, 0, 1, 0xB7]].concat()
}

/// The same without the end code.
#[must_use]
pub fn elementary_stream_without_end() -> Vec<u8> {
    let mut out = sequence_header();
    out.extend_from_slice(&[0, 0, 1, 0xB8, 0, 8, 0, 0x40]);
    out.extend_from_slice(&[0, 0, 1, 0, 0, 8, 0xFF, 0xF8]);
    for row in 1..=15 {
        out.extend_from_slice(&[0, 0, 1, row, 0x52, 0x97, 0xF3, 0xFD, 0x29]);
    }
    out
}

/// A slice before any picture.
#[must_use]
pub fn slice_without_picture() -> Vec<u8> {
    [sequence_header(), vec![0, 0, 1, 1, 0x52, 0x97], vec![0, 0, 1, 0xB7]].concat()
}

const END: [u8; 4] = [0, 0, 1, 0xB9];

fn sequence_header() -> Vec<u8> {
    vec![0, 0, 1, 0xB3, 0x14, 0, 0xF0, 0x13, 0xFF, 0xFF, 0xE0, 0x18]
}

fn mpeg2_pack() -> Vec<u8> {
    let mut out = vec![0, 0, 1, 0xBA, 0x44, 0, 4, 0, 4, 1, 0, 0, 3, 0xFA];
    out.extend_from_slice(&[0xFF; 2]);
    out
}

fn system_header() -> Vec<u8> {
    raw_packet(0xBB, &[0x80, 0, 1, 4, 0x21, 0xFF, 0xE0, 0xE0, 0xE6, 0xC0, 0xC0, 0x20])
}

fn video() -> Vec<u8> {
    packet(0xE0, &[sequence_header(), vec![0x33; 40]].concat())
}

fn video1() -> Vec<u8> {
    raw_packet(0xE0, &[&[0x0F][..], &[0x33; 40]].concat())
}
