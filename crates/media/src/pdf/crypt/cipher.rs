//! Decrypts one stream as its bytes pass (ISO 32000-2 §7.6.3).

use aes::cipher::{BlockCipherDecrypt, KeyInit, StreamCipher};
use aes::{Aes128, Aes256};
use rc4::Rc4;

const BLOCK: usize = 16;

enum Cipher {
    Rc4(Box<Rc4>),
    Aes128(Box<Aes128>),
    Aes256(Box<Aes256>),
}

/// The cipher of one stream.
pub(in crate::pdf) struct Decryptor {
    cipher: Cipher,
    /// The ciphertext block before; none until the start vector was seen.
    before: Option<[u8; BLOCK]>,
    /// A block that is not whole yet.
    gathered: Vec<u8>,
    /// The last block of text, which holds the padding should the stream end here.
    held: Option<[u8; BLOCK]>,
}

impl Decryptor {
    fn new(cipher: Cipher) -> Self {
        Self { cipher, before: None, gathered: Vec::new(), held: None }
    }

    pub(super) fn rc4(key: &[u8]) -> Option<Self> {
        Some(Self::new(Cipher::Rc4(Box::new(Rc4::new_from_slice(key).ok()?))))
    }

    pub(super) fn aes128(key: &[u8]) -> Option<Self> {
        Some(Self::new(Cipher::Aes128(Box::new(Aes128::new_from_slice(key).ok()?))))
    }

    pub(super) fn aes256(key: &[u8]) -> Option<Self> {
        Some(Self::new(Cipher::Aes256(Box::new(Aes256::new_from_slice(key).ok()?))))
    }

    /// Decrypts `bytes`, adding the text to `out`.
    pub(in crate::pdf) fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        if let Cipher::Rc4(rc4) = &mut self.cipher {
            let start = out.len();
            out.extend_from_slice(bytes);
            rc4.apply_keystream(out.get_mut(start..).unwrap_or_default());
            return;
        }
        for &byte in bytes {
            self.gathered.push(byte);
            if let Some(&block) = self.gathered.first_chunk() {
                self.gathered.clear();
                self.block(block, out);
            }
        }
    }

    /// Gives the last block without its padding; a block that is not whole is dropped, since
    /// line ends before `endstream` look like one.
    pub(in crate::pdf) fn finish(&mut self, out: &mut Vec<u8>) {
        let Some(held) = self.held.take() else { return };
        let padding = held.last().map_or(0, |&n| usize::from(n));
        let padding = if (1..=BLOCK).contains(&padding) { padding } else { 0 };
        out.extend(held.iter().take(BLOCK - padding));
    }

    fn block(&mut self, block: [u8; BLOCK], out: &mut Vec<u8>) {
        let Some(before) = self.before.replace(block) else { return };
        let mut text = block.into();
        match &self.cipher {
            Cipher::Rc4(_) => {}
            Cipher::Aes128(aes) => aes.decrypt_block(&mut text),
            Cipher::Aes256(aes) => aes.decrypt_block(&mut text),
        }
        let mut text: [u8; BLOCK] = text.into();
        text.iter_mut().zip(before).for_each(|(a, b)| *a ^= b);
        out.extend(self.held.replace(text).into_iter().flatten());
    }
}
