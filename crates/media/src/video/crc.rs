//! The CRC of Ogg pages and MPEG sections: polynomial 04C11DB7, most significant bit first.

use crc32fast::Hasher;

/// A checksum that takes its bytes in pieces.
///
/// The common CRC-32 has the same polynomial with every bit order reversed, so its fast
/// implementation serves: bytes are mirrored on their way in, the register on its way out.
#[derive(Clone, Debug)]
pub(crate) struct Crc {
    hasher: Hasher,
}

impl Crc {
    /// A register that starts at zero (RFC 3533, section 6).
    pub(crate) fn from_zero() -> Self {
        Self { hasher: Hasher::new_with_initial(u32::MAX) }
    }

    /// A register that starts at all ones (ISO 13818-1, annex A).
    pub(crate) fn from_ones() -> Self {
        Self { hasher: Hasher::new_with_initial(0) }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        let mut mirrored = [0; 512];
        for piece in bytes.chunks(mirrored.len()) {
            for (to, from) in mirrored.iter_mut().zip(piece) {
                *to = from.reverse_bits();
            }
            self.hasher.update(mirrored.get(..piece.len()).unwrap_or_default());
        }
    }

    /// The register as it stands, without a final complement.
    pub(crate) fn register(&self) -> u32 {
        (!self.hasher.clone().finalize()).reverse_bits()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_register_agrees_with_the_published_check_values() {
        let mut cksum = Crc::from_ones();
        cksum.update(b"123456789");
        assert_eq!(cksum.register(), 0x0376_E6E7, "CRC-32/MPEG-2");
        let mut ogg = Crc::from_zero();
        ogg.update(b"1234");
        ogg.update(b"56789");
        assert_eq!(ogg.register(), 0x89A1_897F, "CRC-32/CKSUM without its complement");
    }
}
