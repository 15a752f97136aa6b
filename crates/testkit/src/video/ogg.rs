//! Ogg files (RFC 3533).

/// The first page of a logical stream.
pub const FIRST: u8 = 2;
/// The last page of a logical stream.
pub const LAST: u8 = 4;

/// A page that holds one packet of less than 255 bytes, with its checksum.
#[must_use]
pub fn page(serial: u32, flags: u8, sequence: u32, packet: &[u8]) -> Vec<u8> {
    let mut out = b"OggS\0".to_vec();
    out.push(flags);
    let granule = if flags & LAST == 0 { 0_u64 } else { (49 << 6) | 1 };
    out.extend_from_slice(&granule.to_le_bytes());
    out.extend_from_slice(&serial.to_le_bytes());
    out.extend_from_slice(&sequence.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.push(1);
    out.push(u8::try_from(packet.len()).expect("packets here are short"));
    out.extend_from_slice(packet);
    let sum = checksum(&out);
    out.splice(22..26, sum.to_le_bytes());
    out
}

/// Theora of 320 × 240 pixels beside Vorbis.
#[must_use]
pub fn theora() -> Vec<u8> {
    [
        page(7, FIRST, 0, &theora_header()),
        page(8, FIRST, 0, b"\x01vorbis\0\0\0\0\x01"),
        page(7, 0, 1, b"\x81theora"),
        page(8, LAST, 1, &[0x55; 30]),
        page(7, LAST, 2, &[0xAA; 200]),
    ]
    .concat()
}

/// A file whose only stream starts with `packet`.
#[must_use]
pub fn single(packet: &[u8]) -> Vec<u8> {
    [page(7, FIRST, 0, packet), page(7, 0, 1, &[1; 9]), page(7, LAST, 2, &[0xAA; 200])].concat()
}

/// Vorbis alone.
#[must_use]
pub fn audio_only() -> Vec<u8> {
    single(b"\x01vorbis\0\0\0\0\x01")
}

/// One bit of a page is not what its checksum says.
#[must_use]
pub fn wrong_checksum() -> Vec<u8> {
    let mut out = theora();
    let at = out.len() - 9;
    out[at] ^= 1;
    out
}

/// No page says that it is the last one.
#[must_use]
pub fn without_last_page() -> Vec<u8> {
    [page(7, FIRST, 0, &theora_header()), page(7, 0, 1, &[0xAA; 200])].concat()
}

/// A page of a stream that never began.
#[must_use]
pub fn stray_page() -> Vec<u8> {
    [theora(), page(99, LAST, 0, &[1; 9])].concat()
}

/// Two files one after the other, as concatenated streams are.
#[must_use]
pub fn chained() -> Vec<u8> {
    [theora(), theora()].concat()
}

fn theora_header() -> Vec<u8> {
    let mut out = b"\x80theora\x03\x02\x01\0\x14\0\x0F".to_vec();
    out.extend_from_slice(&[0, 1, 0x40, 0, 0, 0xF0, 0, 0]);
    out.extend_from_slice(&[0, 0, 0, 25, 0, 0, 0, 1]);
    out.extend_from_slice(&[0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0xC0]);
    out
}

/// Polynomial 04C11DB7, most significant bit first, register starting at zero.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum, byte| {
        (0..8).fold(sum ^ (u32::from(*byte) << 24), |sum, _| {
            (sum << 1) ^ (if sum >> 31 == 1 { 0x04C1_1DB7 } else { 0 })
        })
    })
}
