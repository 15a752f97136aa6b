//! JPEG files (ITU-T T.81), segment by segment.

/// Start of image.
pub const SOI: &[u8] = b"\xFF\xD8";
/// End of image.
pub const EOI: &[u8] = b"\xFF\xD9";

/// A grey baseline picture that every decoder reads: its Huffman tables give one bit to "no
/// change" and one to "end of block", so the scan is zeros.
#[must_use]
pub fn grey(width: u16, height: u16) -> Vec<u8> {
    let blocks = usize::from(width.div_ceil(8)) * usize::from(height.div_ceil(8));
    let mut scan = vec![0; blocks / 4];
    if blocks % 4 != 0 {
        // Unused bits of the last byte are ones (F.1.2.3).
        scan.push(0xFF >> (blocks % 4 * 2));
    }
    file(&[&tables(), &frame(0xC0, width, height), &scan_header(), &scan])
}

/// A picture of about `bytes` bytes of entropy-coded data without a pattern, as a camera makes it:
/// one byte in 256 is FF, and 00 is stuffed behind it.
#[must_use]
pub fn large(bytes: usize) -> Vec<u8> {
    let mut scan = Vec::with_capacity(bytes);
    let mut state = 1_u64;
    while scan.len() < bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        match state.to_le_bytes()[0] {
            0xFF => scan.extend([0xFF, 0x00]),
            byte => scan.push(byte),
        }
    }
    file(&[&tables(), &frame(0xC0, 800, 600), &scan_header(), &scan])
}

/// The parts between SOI and EOI.
#[must_use]
pub fn file(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = SOI.to_vec();
    parts.iter().for_each(|part| bytes.extend_from_slice(part));
    bytes.extend_from_slice(EOI);
    bytes
}

/// A segment with its marker and length.
#[must_use]
pub fn segment(marker: u8, data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0xFF, marker];
    bytes.extend((data.len() as u16 + 2).to_be_bytes());
    bytes.extend_from_slice(data);
    bytes
}

/// A quantization table and the two Huffman tables of [`grey`].
#[must_use]
pub fn tables() -> Vec<u8> {
    let mut quantization = vec![0];
    quantization.extend([1; 64]);
    let mut bytes = segment(0xDB, &quantization);
    for class in [0x00, 0x10] {
        let mut huffman = vec![class, 1];
        huffman.extend([0; 15]);
        huffman.push(0);
        bytes.extend(segment(0xC4, &huffman));
    }
    bytes
}

/// A frame header of one component with 8 bits.
#[must_use]
pub fn frame(marker: u8, width: u16, height: u16) -> Vec<u8> {
    let mut data = vec![8];
    data.extend(height.to_be_bytes());
    data.extend(width.to_be_bytes());
    data.extend([1, 1, 0x11, 0]);
    segment(marker, &data)
}

/// A scan header of one component.
#[must_use]
pub fn scan_header() -> Vec<u8> {
    segment(0xDA, &[1, 1, 0x00, 0, 63, 0])
}
