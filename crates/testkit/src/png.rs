//! PNG files (W3C PNG, third edition), chunk by chunk.

use miniz_oxide::deflate::compress_to_vec_zlib;

/// The first eight bytes.
pub const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1A\n";

/// Colour type and bit depth of 8-bit greys.
const GREY: (u8, u8) = (0, 8);

/// A grey picture that every decoder reads.
#[must_use]
pub fn grey(width: u32, height: u32) -> Vec<u8> {
    let rows = vec![0; (width as usize + 1) * height as usize];
    let picture = compress_to_vec_zlib(&rows, 6);
    chunks(&[header(width, height).as_slice(), &chunk(b"IDAT", &picture), &end()])
}

/// A grey picture of about `bytes` bytes, in IDAT chunks of 8 KiB as libpng writes them.
///
/// The checksums are right; the picture data are not compressed rows.
#[must_use]
pub fn large(bytes: usize) -> Vec<u8> {
    let mut file = chunks(&[header(800, 600).as_slice()]);
    let part: Vec<u8> =
        (0..8192_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    let idat = chunk(b"IDAT", &part);
    while file.len() < bytes {
        file.extend_from_slice(&idat);
    }
    file.extend(end());
    file
}

/// A file of the signature and the given chunks.
#[must_use]
pub fn chunks(chunks: &[&[u8]]) -> Vec<u8> {
    let mut file = SIGNATURE.to_vec();
    chunks.iter().for_each(|chunk| file.extend_from_slice(chunk));
    file
}

/// One chunk with its length and a right checksum.
#[must_use]
pub fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut bytes = (data.len() as u32).to_be_bytes().to_vec();
    bytes.extend_from_slice(name);
    bytes.extend_from_slice(data);
    let checksum = crc32fast::hash(&bytes[4..]);
    bytes.extend(checksum.to_be_bytes());
    bytes
}

/// IHDR of an 8-bit grey picture.
#[must_use]
pub fn header(width: u32, height: u32) -> Vec<u8> {
    header_of(width, height, GREY)
}

/// IHDR with a colour type and a bit depth.
#[must_use]
pub fn header_of(width: u32, height: u32, (colour, depth): (u8, u8)) -> Vec<u8> {
    let mut data = width.to_be_bytes().to_vec();
    data.extend(height.to_be_bytes());
    data.extend([depth, colour, 0, 0, 0]);
    chunk(b"IHDR", &data)
}

/// IEND.
#[must_use]
pub fn end() -> Vec<u8> {
    chunk(b"IEND", b"")
}
