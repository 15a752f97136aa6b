//! Where the text of a sealed blob lies: the header, rows of 64 KiB, and the arithmetic between
//! offsets in the text and offsets in the stored bytes. The table is in `docs/sealed-format.md`.

use std::ops::Range;

use crate::entropy::Entropy;

/// The length of every stored row but the last, in bytes.
pub const ROW_LEN: usize = 65_536;
/// The length of the header at the start of row 0, in bytes.
pub const HEADER_LEN: usize = 64;
/// The length of the authentication tag at the end of each row, in bytes.
pub const TAG_LEN: usize = 16;

const MAGIC: [u8; 8] = *b"DOSSEAL\0";
const VERSION: u32 = 1;
const ROW: u64 = ROW_LEN as u64;
const TAG: u64 = TAG_LEN as u64;
const FIRST_TEXT: u64 = ROW - TAG - HEADER_LEN as u64;
const NEXT_TEXT: u64 = ROW - TAG;

/// The first 64 bytes of a sealed blob. They are associated data of every row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    blob: [u8; 16],
    write_session: u64,
    nonce_prefix: [u8; 7],
}

impl Header {
    /// The header of a first write of `blob`, with a random nonce prefix.
    #[must_use]
    pub fn new(blob: [u8; 16], entropy: &dyn Entropy) -> Self {
        let mut nonce_prefix = [0; 7];
        entropy.fill(&mut nonce_prefix);
        Self { blob, write_session: 0, nonce_prefix }
    }

    /// The bytes as they are stored.
    pub(crate) fn encode(&self) -> [u8; HEADER_LEN] {
        let mut out = [0; HEADER_LEN];
        let row_len = u32::try_from(ROW_LEN).expect("a row is 64 KiB").to_be_bytes();
        let fields = MAGIC
            .iter()
            .chain(VERSION.to_be_bytes().iter())
            .chain(row_len.iter())
            .chain(self.blob.iter())
            .chain(self.write_session.to_be_bytes().iter())
            .chain(self.nonce_prefix.iter())
            .copied()
            .collect::<Vec<u8>>();
        out.iter_mut().zip(fields).for_each(|(to, from)| *to = from);
        out
    }

    /// Reads a header; `None` unless it is one that `encode` writes.
    pub(crate) fn decode(bytes: &[u8; HEADER_LEN]) -> Option<Self> {
        let (_, rest) = bytes.split_at_checked(16)?;
        let (blob, rest) = rest.split_first_chunk::<16>()?;
        let (write_session, rest) = rest.split_first_chunk::<8>()?;
        let (nonce_prefix, _) = rest.split_first_chunk::<7>()?;
        let header = Self {
            blob: *blob,
            write_session: u64::from_be_bytes(*write_session),
            nonce_prefix: *nonce_prefix,
        };
        (header.encode() == *bytes).then_some(header)
    }

    /// The blob that the header belongs to.
    pub(crate) const fn blob(&self) -> [u8; 16] {
        self.blob
    }

    /// The nonce of row `index`: prefix, counter, and 1 in the last byte of the last row.
    pub(crate) fn nonce(&self, index: u32, last: LastRow) -> [u8; 12] {
        let [a, b, c, d, e, f, g] = self.nonce_prefix;
        let [h, i, j, k] = index.to_be_bytes();
        [a, b, c, d, e, f, g, h, i, j, k, last as u8]
    }
}

/// Whether a row is the last of its blob, as its nonce says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LastRow {
    No = 0,
    Yes = 1,
}

/// Where the text starts inside the row `index`: after the header in row 0, else at 0.
#[must_use]
pub const fn row_text_start(index: u32) -> usize {
    if index == 0 { HEADER_LEN } else { 0 }
}

/// A place in the text: which row, and how many bytes of that row's text come before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextPlace {
    /// The row, from 0.
    pub row: u32,
    /// The offset in the text of that row, in bytes.
    pub offset: usize,
}

/// The shape of a sealed blob with a text of a given length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    text_len: u64,
    rows: u32,
}

impl Layout {
    /// The shape of a text of `text_len` bytes; `None` if it needs more than 2³² rows (256 TiB).
    #[must_use]
    pub fn of_text(text_len: u64) -> Option<Self> {
        let after_first = text_len.saturating_sub(FIRST_TEXT).div_ceil(NEXT_TEXT);
        let last_index = u32::try_from(after_first).ok()?;
        Some(Self { text_len, rows: last_index.checked_add(1)? })
    }

    /// The shape of a blob that is `sealed_len` bytes as stored; `None` if none is that long.
    #[must_use]
    pub fn of_sealed(sealed_len: u64) -> Option<Self> {
        let tags = sealed_len.div_ceil(ROW).checked_mul(TAG)?;
        let text_len = sealed_len.checked_sub(HEADER_LEN as u64)?.checked_sub(tags)?;
        Self::of_text(text_len).filter(|layout| layout.sealed_len() == sealed_len)
    }

    /// The length of the text, in bytes.
    #[must_use]
    pub const fn text_len(&self) -> u64 {
        self.text_len
    }

    /// The length of the stored bytes.
    #[must_use]
    pub fn sealed_len(&self) -> u64 {
        HEADER_LEN as u64 + self.text_len + u64::from(self.rows) * TAG
    }

    /// How many rows there are; at least one.
    #[must_use]
    pub const fn rows(&self) -> u32 {
        self.rows
    }

    /// The row and offset of the byte at `text_offset`; `None` at the end of the text or past it.
    #[must_use]
    pub fn place(&self, text_offset: u64) -> Option<TextPlace> {
        if text_offset >= self.text_len {
            return None;
        }
        let (row, offset) = match text_offset.checked_sub(FIRST_TEXT) {
            None => (0, text_offset),
            Some(after) => (after / NEXT_TEXT + 1, after % NEXT_TEXT),
        };
        Some(TextPlace { row: u32::try_from(row).ok()?, offset: usize::try_from(offset).ok()? })
    }

    /// Where row `index` is stored, in bytes from the start of the blob, its header and tag
    /// included; empty for a row that does not exist.
    #[must_use]
    pub fn row_range(&self, index: u32) -> Range<u64> {
        let start = u64::from(index) * ROW;
        let end = (start + ROW).min(self.sealed_len());
        start.min(end)..end
    }

    pub(crate) fn last(&self, index: u32) -> LastRow {
        if index.checked_add(1) == Some(self.rows) { LastRow::Yes } else { LastRow::No }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_shape_is_the_one_of_the_table() {
        for (text, sealed, rows) in [
            (0, 80, 1),
            (1, 81, 1),
            (65_455, 65_535, 1),
            (65_456, 65_536, 1),
            (65_457, 65_553, 2),
            (65_456 + 65_520, 131_072, 2),
            (65_456 + 65_521, 131_089, 3),
        ] {
            let layout = Layout::of_text(text).unwrap();
            assert_eq!((layout.sealed_len(), layout.rows()), (sealed, rows), "{text}");
            assert_eq!(Layout::of_sealed(sealed), Some(layout));
        }
        for impossible in [0, 1, 63, 79, 65_537, 65_552, 131_073, 131_088, u64::MAX] {
            assert_eq!(Layout::of_sealed(impossible), None, "{impossible}");
        }
        assert_eq!(Layout::of_text(u64::MAX), None);
    }

    #[test]
    fn a_place_is_in_the_row_that_holds_the_byte() {
        let layout = Layout::of_text(200_000).unwrap();
        for (offset, row, within) in [
            (0, 0, 0),
            (65_455, 0, 65_455),
            (65_456, 1, 0),
            (130_975, 1, 65_519),
            (130_976, 2, 0),
            (199_999, 3, 3_503),
        ] {
            assert_eq!(layout.place(offset), Some(TextPlace { row, offset: within }));
        }
        assert_eq!(layout.place(200_000), None);
        assert_eq!(layout.row_range(1), 65_536..131_072);
        assert_eq!(layout.row_range(3), 196_608..layout.sealed_len());
        assert!(layout.row_range(4).is_empty());
    }

    #[test]
    fn a_header_with_any_other_bit_is_another_header_or_none() {
        let header = Header { blob: [1; 16], write_session: 2, nonce_prefix: [3; 7] };
        let bytes = header.encode();
        assert_eq!(Header::decode(&bytes), Some(header));
        for bit in 0..HEADER_LEN * 8 {
            let mut other = bytes;
            other[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(Header::decode(&other), Some(header));
        }
    }

    proptest! {
        #[test]
        fn lengths_go_both_ways(text in 0_u64..1 << 47) {
            let layout = Layout::of_text(text).unwrap();
            prop_assert_eq!(Layout::of_sealed(layout.sealed_len()), Some(layout));
            let end = layout.row_range(layout.rows() - 1).end;
            prop_assert_eq!(end, layout.sealed_len());
        }

        #[test]
        fn at_most_one_text_has_a_sealed_length(sealed in any::<u64>()) {
            if let Some(layout) = Layout::of_sealed(sealed) {
                prop_assert_eq!(layout.sealed_len(), sealed);
            }
        }
    }
}
