//! Opens the rows of a sealed blob, each on its own, so that a range needs only its own rows.

use std::fmt;
use std::ops::Range;

use ring::aead;

use crate::keys::{FileKey, SecretKey};
use crate::layout::{HEADER_LEN, Header, Layout, TAG_LEN, row_text_start};
use crate::sealer::gcm_key;

/// Why bytes were not opened. Either way none of them may be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The header is damaged, of another blob, or of a version this program does not know.
    #[error("the header is not the one of this blob")]
    Header,
    /// The stored bytes are fewer or more than the text needs.
    #[error("the stored length is wrong")]
    Length,
    /// The row is not the one that was sealed at this place under this key.
    #[error("a row fails its check")]
    Row,
}

/// What is known of a blob before its first byte is read: its key, id and length.
pub struct Opener {
    key: aead::LessSafeKey,
    blob: [u8; 16],
    layout: Layout,
}

impl Opener {
    /// An opener for `blob`, whose text is known to be `text_len` bytes long; `None` if no sealed
    /// text can be that long.
    #[must_use]
    pub fn new(key: &FileKey, blob: [u8; 16], text_len: u64) -> Option<Self> {
        Some(Self { key: gcm_key(key.secret()), blob, layout: Layout::of_text(text_len)? })
    }

    /// The shape of the blob.
    #[must_use]
    pub const fn layout(&self) -> Layout {
        self.layout
    }

    /// Checks the stored length and the header, and gives the means to open rows. The header is
    /// proved genuine by the first row that opens.
    pub fn begin(self, sealed_len: u64, header: &[u8; HEADER_LEN]) -> Result<RowOpener, OpenError> {
        if sealed_len != self.layout.sealed_len() {
            return Err(OpenError::Length);
        }
        let parsed = Header::decode(header).filter(|parsed| parsed.blob() == self.blob);
        let parsed = parsed.ok_or(OpenError::Header)?;
        Ok(RowOpener { key: self.key, layout: self.layout, header: parsed, bytes: *header })
    }
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opener").field("layout", &self.layout).finish_non_exhaustive()
    }
}

/// Opens rows of one blob, in any order.
pub struct RowOpener {
    key: aead::LessSafeKey,
    layout: Layout,
    header: Header,
    bytes: [u8; HEADER_LEN],
}

impl RowOpener {
    /// The shape of the blob.
    #[must_use]
    pub const fn layout(&self) -> Layout {
        self.layout
    }

    /// Checks and opens row `index` in place, and returns where in `row` its text lies. `row` is
    /// exactly [`Layout::row_range`] of the stored bytes. After an error its contents are
    /// meaningless.
    pub fn open_row(&self, index: u32, row: &mut [u8]) -> Result<Range<usize>, OpenError> {
        let range = self.layout.row_range(index);
        if range.is_empty() || u64::try_from(row.len()) != Ok(range.end - range.start) {
            return Err(OpenError::Length);
        }
        let start = row_text_start(index);
        let (header, sealed) = row.split_at_mut_checked(start).ok_or(OpenError::Length)?;
        if index == 0 && *header != self.bytes {
            return Err(OpenError::Header);
        }
        let nonce = self.header.nonce(index, self.layout.last(index));
        let nonce = aead::Nonce::assume_unique_for_key(nonce);
        let opened = self.key.open_in_place(nonce, aead::Aad::from(&self.bytes), sealed);
        let text_len = opened.map_err(|ring::error::Unspecified| OpenError::Row)?.len();
        debug_assert_eq!(start + text_len + TAG_LEN, row.len());
        Ok(start..start + text_len)
    }
}

impl fmt::Debug for RowOpener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowOpener").field("layout", &self.layout).finish_non_exhaustive()
    }
}
