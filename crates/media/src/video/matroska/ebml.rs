//! The head of an EBML element (RFC 8794, sections 4 to 6).

use crate::Fault;
use crate::video::field;

/// The identifier and the size of one element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// The identifier with its length marker, as the standards print it.
    pub(super) id: u32,
    /// How many bytes the identifier and the size take.
    pub(super) len: usize,
    /// How many bytes follow; `None` when the writer did not know.
    pub(super) size: Option<u64>,
}

/// What the bytes at an element hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// All of the head.
    Head(Head),
    /// Less than the head: at least so many bytes are needed.
    Need(usize),
}

/// Reads the head that `bytes` start with.
pub(super) fn read(bytes: &[u8]) -> Result<Read, Fault> {
    let Some(first) = bytes.first() else { return Ok(Read::Need(1)) };
    let id_len = vint_len(*first).filter(|len| *len <= 4);
    let id_len = id_len.ok_or(Fault::Malformed("EBML: not an element identifier"))?;
    let Some((id, rest)) = bytes.split_at_checked(id_len) else {
        return Ok(Read::Need(id_len));
    };
    let Some(first) = rest.first() else { return Ok(Read::Need(id_len + 1)) };
    let size_len = vint_len(*first).ok_or(Fault::Malformed("EBML: not an element size"))?;
    let Some(size) = rest.get(..size_len) else { return Ok(Read::Need(id_len + size_len)) };
    let marked = big_endian(size);
    let value_bits = (1_u64 << (7 * size_len)) - 1;
    let size = marked & value_bits;
    Ok(Read::Head(Head {
        id: id.iter().fold(0, |id, byte| (id << 8) | u32::from(*byte)),
        len: id_len + size_len,
        size: (size != value_bits).then_some(size),
    }))
}

/// An unsigned integer element of at most eight bytes (RFC 8794, section 7.2).
pub(super) fn unsigned(payload: &[u8]) -> u64 {
    big_endian(payload)
}

/// A float element: zero, four or eight bytes (RFC 8794, section 7.3).
pub(super) fn float(payload: &[u8]) -> Option<f64> {
    match payload.len() {
        0 => Some(0.0),
        4 => field::array(payload, 0).map(|bytes| f64::from(f32::from_be_bytes(bytes))),
        8 => field::array(payload, 0).map(f64::from_be_bytes),
        _ => None,
    }
}

/// The value of the element `id` among the children in `payload`; `None` when there is none.
pub(super) fn child(payload: &[u8], id: u32) -> Result<Option<&[u8]>, Fault> {
    let broken = Fault::Malformed("EBML: broken header");
    let mut rest = payload;
    while !rest.is_empty() {
        let Read::Head(head) = read(rest)? else { return Err(broken) };
        let size = head.size.and_then(|size| usize::try_from(size).ok()).ok_or(broken)?;
        let (_, body) = rest.split_at_checked(head.len).ok_or(broken)?;
        let (value, after) = body.split_at_checked(size).ok_or(broken)?;
        if head.id == id {
            return Ok(Some(value));
        }
        rest = after;
    }
    Ok(None)
}

/// The length that the first byte of a variable-size integer announces, 1 to 8.
fn vint_len(first: u8) -> Option<usize> {
    usize::try_from(first.leading_zeros() + 1).ok().filter(|len| *len <= 8)
}

fn big_endian(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, byte| (value << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_of_every_length_are_read() {
        let head = |id, len, size| Ok(Read::Head(Head { id, len, size }));
        let table: [(&[u8], Result<Read, Fault>); 10] = [
            (b"\xEC\x80", head(0xEC, 2, Some(0))),
            (b"\xEC\xFF", head(0xEC, 2, None)),
            (b"\x42\x82\x40\x02", head(0x4282, 4, Some(2))),
            (b"\x18\x53\x80\x67\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF", head(0x1853_8067, 12, None)),
            (b"\xEC\x01\0\0\0\0\0\0\x05", head(0xEC, 9, Some(5))),
            (b"", Ok(Read::Need(1))),
            (b"\x1A", Ok(Read::Need(4))),
            (b"\xEC\x01\0", Ok(Read::Need(9))),
            (b"\x08\0\0\0\0", Err(Fault::Malformed("EBML: not an element identifier"))),
            (b"\xEC\0", Err(Fault::Malformed("EBML: not an element size"))),
        ];
        for (bytes, expected) in table {
            assert_eq!(read(bytes), expected, "{bytes:02X?}");
        }
    }
}
