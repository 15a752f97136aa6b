//! Seals a text row by row, in place in the caller's buffer, with AES-256-GCM
//! (NIST SP 800-38D).

use std::fmt;

use ring::aead;

use crate::keys::{FileKey, SecretKey};
use crate::layout::{HEADER_LEN, Header, LastRow, ROW_LEN, TAG_LEN, row_text_start};

/// Seals the rows of one blob in order.
///
/// The caller keeps a buffer of rows and writes text straight into it, from
/// [`row_text_start`] of each row up to 16 bytes before the row's end. A full row may be sealed
/// as an inner one only when more text is sure to follow, because the last row is marked.
pub struct Sealer {
    key: aead::LessSafeKey,
    header: Header,
    header_bytes: [u8; HEADER_LEN],
    next: u32,
}

/// Why a row was not sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The blob has no numbers left for more rows (256 TiB).
    #[error("the text is too long to be sealed")]
    TooLong,
    /// The buffer ends before the text, its tag and, in row 0, the header do.
    #[error("the row has no room for its text and tag")]
    NoRoom,
}

impl Sealer {
    /// A sealer for the first row of a blob. `key` must be new: a second write under the same
    /// key and header would repeat nonces.
    #[must_use]
    pub fn new(key: &FileKey, header: Header) -> Self {
        Self { key: gcm_key(key.secret()), header, header_bytes: header.encode(), next: 0 }
    }

    /// Seals the next row, which is full and not the last, where it lies.
    pub fn seal_row(&mut self, row: &mut [u8; ROW_LEN]) -> Result<(), SealError> {
        let after = self.next.checked_add(1).ok_or(SealError::TooLong)?;
        let room = ROW_LEN - TAG_LEN - row_text_start(self.next);
        self.seal(row, room, LastRow::No)?;
        self.next = after;
        Ok(())
    }

    /// Seals the last row, whose text is `text_len` bytes, and returns the length of the row.
    /// `row` must have room for the header (in row 0), the text and the tag.
    pub fn seal_last(self, row: &mut [u8], text_len: usize) -> Result<usize, SealError> {
        if text_len > ROW_LEN - TAG_LEN - row_text_start(self.next) {
            return Err(SealError::NoRoom);
        }
        self.seal(row, text_len, LastRow::Yes)?;
        Ok(row_text_start(self.next) + text_len + TAG_LEN)
    }

    fn seal(&self, row: &mut [u8], text_len: usize, last: LastRow) -> Result<(), SealError> {
        let start = row_text_start(self.next);
        let (header, rest) = row.split_at_mut_checked(start).ok_or(SealError::NoRoom)?;
        let (text, rest) = rest.split_at_mut_checked(text_len).ok_or(SealError::NoRoom)?;
        let room = rest.first_chunk_mut::<TAG_LEN>().ok_or(SealError::NoRoom)?;
        header.iter_mut().zip(self.header_bytes).for_each(|(to, from)| *to = from);
        let nonce = aead::Nonce::assume_unique_for_key(self.header.nonce(self.next, last));
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce, aead::Aad::from(&self.header_bytes), text)
            .expect("a row is far below the 64 GiB that GCM permits");
        room.copy_from_slice(tag.as_ref());
        Ok(())
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").field("next", &self.next).finish_non_exhaustive()
    }
}

/// The cipher under `key`.
pub(crate) fn gcm_key(key: &[u8; 32]) -> aead::LessSafeKey {
    let key = aead::UnboundKey::new(&aead::AES_256_GCM, key);
    aead::LessSafeKey::new(key.expect("AES-256 takes 32 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "The Galois/Counter Mode of Operation" (McGrew, Viega), test cases 13, 14 and 16.
    #[test]
    fn the_cipher_gives_the_published_values_of_gcm() {
        let key: [u8; 32] =
            from_hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
        let text: [u8; 60] = from_hex(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
             1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        );
        let sealed: [u8; 60] = from_hex(
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
             8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
        );
        let aad: [u8; 20] = from_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
        let mut bytes = text;
        let tag = gcm(&key, from_hex("cafebabefacedbaddecaf888"), &aad, &mut bytes);
        assert_eq!((bytes, tag), (sealed, from_hex("76fc6ece0f4e1768cddf8853bb2d551b")));

        assert_eq!(
            gcm(&[0; 32], [0; 12], &[], &mut []),
            from_hex("530f8afbc74536b9a963b4f1c4cb738b")
        );
        let mut zeros = [0; 16];
        let tag = gcm(&[0; 32], [0; 12], &[], &mut zeros);
        assert_eq!(zeros, from_hex("cea7403d4d606b6e074ec5d3baf39d18"));
        assert_eq!(tag, from_hex("d0d1c8a799996bf0265b98b5d48ab919"));
    }

    #[test]
    fn a_row_without_room_for_its_tag_is_refused() {
        let sealer = || Sealer::new(&FileKey::from_secret([1; 32]), Header::new([2; 16], &Zero));
        let mut row = [0; ROW_LEN + 1];
        assert_eq!(sealer().seal_last(&mut row[..80 + 4], 5), Err(SealError::NoRoom));
        assert_eq!(sealer().seal_last(&mut row[..80 + 5], 5), Ok(85));
        assert_eq!(sealer().seal_last(&mut row, 65_457), Err(SealError::NoRoom));
        assert_eq!(sealer().seal_last(&mut row, 65_456), Ok(ROW_LEN));
        assert_eq!(sealer().seal_last(&mut row[..10], 0), Err(SealError::NoRoom));
    }

    #[test]
    fn a_counter_never_wraps() {
        let mut sealer = Sealer::new(&FileKey::from_secret([1; 32]), Header::new([2; 16], &Zero));
        sealer.next = u32::MAX;
        assert_eq!(sealer.seal_row(&mut [0; ROW_LEN]), Err(SealError::TooLong));
        assert_eq!(sealer.seal_last(&mut [0; ROW_LEN], 1), Ok(17));
    }

    struct Zero;
    impl crate::Entropy for Zero {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    fn gcm(key: &[u8; 32], nonce: [u8; 12], aad: &[u8], text: &mut [u8]) -> [u8; 16] {
        let nonce = aead::Nonce::assume_unique_for_key(nonce);
        let aad = aead::Aad::from(aad);
        let tag = gcm_key(key).seal_in_place_separate_tag(nonce, aad, text).unwrap();
        tag.as_ref().try_into().unwrap()
    }

    fn from_hex<const N: usize>(text: &str) -> [u8; N] {
        let bytes: Vec<u8> = (0..text.len() / 2)
            .map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
            .collect();
        bytes.try_into().unwrap()
    }
}
