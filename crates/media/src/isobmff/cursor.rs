//! Reads big-endian fields and child boxes from bytes that are held whole.

use super::{Fourcc, Header, NO_BOX, OVERRUN, Read, Size, TOO_SHORT, is_name};
use crate::Fault;

/// A place in a slice; every read past its end is the fault "too short".
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What was not read yet.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn take(&mut self, n: usize) -> Result<&'a [u8], Fault> {
        let (head, rest) = self.rest.split_at_checked(n).ok_or(TOO_SHORT)?;
        self.rest = rest;
        Ok(head)
    }

    fn chunk<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or(TOO_SHORT)?;
        self.rest = rest;
        Ok(*head)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Fault> {
        self.chunk().map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Fault> {
        self.chunk().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Fault> {
        self.chunk().map(u32::from_be_bytes)
    }

    pub(crate) fn i32(&mut self) -> Result<i32, Fault> {
        self.chunk().map(i32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Fault> {
        self.chunk().map(u64::from_be_bytes)
    }

    pub(crate) fn fourcc(&mut self) -> Result<Fourcc, Fault> {
        self.chunk()
    }

    /// A number of 0, 4 or 8 bytes, as `iloc` declares its widths; 0 bytes are the number 0.
    pub(crate) fn sized(&mut self, width: u8) -> Result<u64, Fault> {
        match width {
            0 => Ok(0),
            4 => self.u32().map(u64::from),
            8 => self.u64(),
            _ => Err(Fault::Malformed("a number of a width that is not 0, 4 or 8 bytes")),
        }
    }

    /// An item identifier: 32 bits when `wide`, else 16.
    pub(crate) fn item_id(&mut self, width: IdWidth) -> Result<u32, Fault> {
        match width {
            IdWidth::Bits16 => self.u16().map(u32::from),
            IdWidth::Bits32 => self.u32(),
        }
    }

    /// The version and flags of a full box (ISO/IEC 14496-12 §4.2).
    pub(crate) fn full_box(&mut self) -> Result<(u8, u32), Fault> {
        let [version, a, b, c] = self.chunk()?;
        Ok((version, u32::from_be_bytes([0, a, b, c])))
    }

    /// The next child box and its payload; `None` at the end, where up to seven zero bytes may
    /// stand.
    pub(crate) fn next_box(&mut self) -> Result<Option<(Fourcc, &'a [u8])>, Fault> {
        if self.rest.len() < 8 && self.rest.iter().all(|&b| b == 0) {
            return Ok(None);
        }
        let Read::Whole(header) = Header::read(self.rest)? else { return Err(OVERRUN) };
        let Size::Bytes(size) = header.size else { return Err(NO_BOX) };
        if !is_name(header.kind) {
            return Err(NO_BOX);
        }
        let whole = usize::try_from(size).map_err(|_| OVERRUN)?;
        let (whole, rest) = self.rest.split_at_checked(whole).ok_or(OVERRUN)?;
        self.rest = rest;
        Ok(Some((header.kind, whole.get(header.len..).unwrap_or_default())))
    }
}

/// How wide item identifiers are in a box of some version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdWidth {
    Bits16,
    Bits32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_are_read_until_the_end() {
        let mut cursor = Cursor::new(b"\0\0\0\x09free!\0\0\0\x08skip\0\0");
        assert_eq!(cursor.next_box(), Ok(Some((*b"free", b"!".as_slice()))));
        assert_eq!(cursor.next_box(), Ok(Some((*b"skip", b"".as_slice()))));
        assert_eq!(cursor.next_box(), Ok(None));
    }

    #[test]
    fn a_child_that_overruns_or_has_no_size_is_refused() {
        assert_eq!(Cursor::new(b"\0\0\0\x0afree!").next_box(), Err(OVERRUN));
        assert_eq!(Cursor::new(b"\0\0\0\0free").next_box(), Err(NO_BOX));
        assert_eq!(Cursor::new(b"\0\0\0\x08\0\0\0\x01").next_box(), Err(NO_BOX));
    }
}
