//! Boxes of the ISO base media file format (ISO/IEC 14496-12): headers, fields, brands, and the
//! one walker that MP4, QuickTime, 3GP and HEIF share. What the contents mean for a type is
//! judged in `video::mp4` and `image::heif`.

pub(crate) mod cursor;
pub(crate) mod file;
pub(crate) mod format;
mod fragment;
pub(crate) mod movie;
mod table;
mod track;

use crate::Fault;

/// The four characters that name a box, a brand, a handler or a coding.
pub(crate) type Fourcc = [u8; 4];

pub(crate) const NO_BOX: Fault = Fault::Malformed("bytes that are no box");
pub(crate) const OVERRUN: Fault = Fault::Malformed("a box overruns the box around it");
pub(crate) const TOO_SHORT: Fault = Fault::Malformed("a box is too short for its fields");
pub(crate) const TABLE_TOO_LARGE: Fault = Fault::Malformed("a table is larger than its box");
pub(crate) const OUTSIDE: Fault = Fault::Malformed("refers to data outside the file");

/// What a box says of its extent (ISO/IEC 14496-12 §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    /// Bytes of the whole box, header included.
    Bytes(u64),
    /// The box is the last and runs to the end of the file.
    ToEnd,
}

/// The start of a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) kind: Fourcc,
    /// Bytes of the header itself: 8, or 16 when the size is a 64-bit one.
    pub(crate) len: usize,
    pub(crate) size: Size,
}

/// The outcome of [`Header::read`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    Whole(Header),
    /// The header goes on; show at least so many bytes.
    Need(usize),
}

impl Header {
    /// Reads the header at the start of `bytes`; a size smaller than the header is a fault.
    pub(crate) fn read(bytes: &[u8]) -> Result<Read, Fault> {
        let Some((size, rest)) = bytes.split_first_chunk::<4>() else {
            return Ok(Read::Need(bytes.len() + 1));
        };
        let Some((kind, rest)) = rest.split_first_chunk::<4>() else {
            return Ok(Read::Need(bytes.len() + 1));
        };
        let (len, size) = match u32::from_be_bytes(*size) {
            0 => (8, Size::ToEnd),
            1 => match rest.first_chunk::<8>() {
                Some(large) => (16, Size::Bytes(u64::from_be_bytes(*large))),
                None => return Ok(Read::Need(16)),
            },
            size => (8, Size::Bytes(u64::from(size))),
        };
        match size {
            Size::Bytes(bytes) if bytes < len as u64 => {
                Err(Fault::Malformed("a box is smaller than its header"))
            }
            Size::Bytes(_) | Size::ToEnd => Ok(Read::Whole(Self { kind: *kind, len, size })),
        }
    }
}

/// Whether four bytes can name a box: printable ASCII, or the `©` of QuickTime user data.
pub(crate) fn is_name(kind: Fourcc) -> bool {
    kind.iter().all(|&b| (0x20..=0x7e).contains(&b) || b == 0xa9)
}

/// The brands of a `ftyp` box (ISO/IEC 14496-12 §4.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Brands {
    pub(crate) major: Fourcc,
    compatible: Vec<Fourcc>,
}

impl Brands {
    /// Real files list up to some twenty brands, some of them many times over.
    pub(crate) const BRANDS_MAX: usize = 256;

    /// Reads the payload of a `ftyp` box.
    pub(crate) fn read(payload: &[u8]) -> Result<Self, Fault> {
        let Some((major, rest)) = payload.split_first_chunk::<4>() else { return Err(TOO_SHORT) };
        let compatible = rest.get(4..).ok_or(TOO_SHORT)?.chunks_exact(4);
        let compatible = compatible.filter_map(|c| c.first_chunk::<4>().copied()).collect();
        Ok(Self { major: *major, compatible })
    }

    /// Whether one of `brands` is the major brand or among the compatible ones.
    pub(crate) fn any(&self, brands: &[&Fourcc]) -> bool {
        brands.iter().any(|b| **b == self.major || self.compatible.contains(b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_in_its_three_forms() {
        let short = Header { kind: *b"free", len: 8, size: Size::Bytes(9) };
        assert_eq!(Header::read(b"\0\0\0\x09free!"), Ok(Read::Whole(short)));
        let to_end = Header { kind: *b"mdat", len: 8, size: Size::ToEnd };
        assert_eq!(Header::read(b"\0\0\0\0mdat"), Ok(Read::Whole(to_end)));
        let large = Header { kind: *b"mdat", len: 16, size: Size::Bytes(1 << 63) };
        let bytes = b"\0\0\0\x01mdat\x80\0\0\0\0\0\0\0";
        assert_eq!(Header::read(bytes), Ok(Read::Whole(large)));
    }

    #[test]
    fn a_size_below_the_header_is_refused() {
        let seven = Header::read(b"\0\0\0\x07free");
        assert_eq!(seven, Err(Fault::Malformed("a box is smaller than its header")));
        let fifteen = Header::read(b"\0\0\0\x01free\0\0\0\0\0\0\0\x0f");
        assert_eq!(fifteen, Err(Fault::Malformed("a box is smaller than its header")));
    }

    #[test]
    fn a_partial_header_asks_for_more() {
        assert_eq!(Header::read(b"\0\0"), Ok(Read::Need(3)));
        assert_eq!(Header::read(b"\0\0\0\x01moov\0"), Ok(Read::Need(16)));
    }

    #[test]
    fn brands_need_a_major_and_a_minor() {
        assert_eq!(Brands::read(b"heic"), Err(TOO_SHORT));
        let brands = Brands::read(b"mif1\0\0\0\0heicmiaf").unwrap();
        assert!(brands.any(&[b"heic"]) && brands.any(&[b"mif1"]) && !brands.any(&[b"avif"]));
    }
}
