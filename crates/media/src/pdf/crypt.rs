//! The standard security handler (ISO 32000-2 §7.6.4): whether the empty password opens the
//! document, as its user or as its owner, and the keys of its streams. RC4 and MD5 are
//! here because old documents use them.

mod cipher;

use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit, StreamCipher};
use aes::{Aes128, Aes256};
use md5::Md5;
use rc4::Rc4;
use sha2::{Digest, Sha256, Sha384, Sha512};

pub(super) use self::cipher::Decryptor;
use super::record::{Handler, Method};

/// What stands in for the missing bytes of a short password (algorithm 2, step a).
const PADDING: [u8; 32] = [
    0x28, 0xBF, 0x4E, 0x5E, 0x4E, 0x75, 0x8A, 0x41, 0x64, 0x00, 0x4E, 0x56, 0xFF, 0xFA, 0x01, 0x08,
    0x2E, 0x2E, 0x00, 0xB6, 0xD0, 0x68, 0x3E, 0x80, 0x2F, 0x0C, 0xA9, 0xFE, 0x64, 0x53, 0x69, 0x7A,
];

/// The key of a document that the empty password opens.
#[derive(Clone, Debug)]
pub(super) struct FileKey {
    key: Vec<u8>,
    handler: Handler,
}

impl FileKey {
    /// Opens the document with the empty password; `None` when that does not open it, or
    /// when the handler is none that we know.
    pub(super) fn open(handler: &Handler, id: &[u8]) -> Option<Self> {
        if !handler.standard {
            return None;
        }
        let key = match (handler.version, handler.revision) {
            (1 | 2 | 4, 2..=4) => open_with_md5(handler, id)?,
            (5, 5 | 6) => open_with_sha(handler)?,
            _ => return None,
        };
        Some(Self { key, handler: handler.clone() })
    }

    /// Undoes the encryption of the stream of object `number`, `generation`; `crypt_filter` is
    /// the name that the stream itself gives. `Ok(None)` when the stream is not encrypted.
    pub(super) fn decryptor(
        &self,
        (number, generation): (u32, u32),
        crypt_filter: Option<&[u8]>,
    ) -> Result<Option<Decryptor>, UnknownCipher> {
        let method = self.method(crypt_filter);
        let cipher = match method {
            Method::Identity => None,
            Method::Rc4 => Decryptor::rc4(&self.object_key(number, generation, b"")),
            Method::Aes128 => Decryptor::aes128(&self.object_key(number, generation, b"sAlT")),
            Method::Aes256 => Decryptor::aes256(&self.key),
            Method::Unknown => None,
        };
        if cipher.is_none() && method != Method::Identity {
            return Err(UnknownCipher);
        }
        Ok(cipher)
    }

    fn method(&self, crypt_filter: Option<&[u8]>) -> Method {
        if self.handler.version < 4 {
            return Method::Rc4;
        }
        let name = crypt_filter.or(self.handler.stream_filter.as_deref()).unwrap_or(b"Identity");
        if name == b"Identity" {
            return Method::Identity;
        }
        let found = self.handler.filters.iter().rfind(|(known, _)| known == name);
        found.map_or(Method::Unknown, |&(_, method)| method)
    }

    /// Algorithm 1: the key of one object.
    fn object_key(&self, number: u32, generation: u32, salt: &[u8]) -> Vec<u8> {
        let mut md5 = Md5::new();
        md5.update(&self.key);
        md5.update(number.to_le_bytes().get(..3).unwrap_or_default());
        md5.update(generation.to_le_bytes().get(..2).unwrap_or_default());
        md5.update(salt);
        let length = (self.key.len() + 5).min(16);
        md5.finalize().iter().copied().take(length).collect()
    }
}

/// The document says that its streams are encrypted in a way that no standard describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UnknownCipher;

/// Algorithms 6 and 7: revisions 2 to 4.
fn open_with_md5(handler: &Handler, id: &[u8]) -> Option<Vec<u8>> {
    let length = key_length(handler)?;
    md5_key(handler, id, length, &PADDING).or_else(|| {
        let password = owned_password(handler, length)?;
        md5_key(handler, id, length, &password)
    })
}

/// In bytes.
fn key_length(handler: &Handler) -> Option<usize> {
    match (handler.revision, handler.version, handler.key_length) {
        (2, _, _) | (_, 1, _) => Some(5),
        (_, 4, _) => Some(16),
        (_, _, Some(bits)) if bits % 8 == 0 && (40..=128).contains(&bits) => {
            usize::try_from(bits / 8).ok()
        }
        _ => Some(5),
    }
}

/// Algorithms 2, 4 and 5: the key that a padded user password gives, if it is the right one.
fn md5_key(handler: &Handler, id: &[u8], length: usize, password: &[u8]) -> Option<Vec<u8>> {
    let mut md5 = Md5::new();
    md5.update(password);
    md5.update(handler.owner.get(..32)?);
    // The entry is a signed 32-bit number; some writers put it down unsigned.
    md5.update(handler.permissions.to_le_bytes().get(..4)?);
    md5.update(id);
    if handler.revision >= 4 && handler.clear_metadata {
        md5.update([0xFF; 4]);
    }
    let mut key = md5.finalize();
    if handler.revision >= 3 {
        for _ in 0..50 {
            key = Md5::digest(key.get(..length)?);
        }
    }
    let key = key.get(..length)?.to_vec();
    let opens = if handler.revision == 2 {
        rc4(&key, &PADDING)? == handler.user.get(..32)?
    } else {
        let mut md5 = Md5::new();
        md5.update(PADDING);
        md5.update(id);
        rc4_rounds(&key, md5.finalize().to_vec(), 0..20)? == handler.user.get(..16)?
    };
    opens.then_some(key)
}

/// Algorithm 7, steps a and b: the padded user password that the empty owner password gives.
fn owned_password(handler: &Handler, length: usize) -> Option<Vec<u8>> {
    let mut key = Md5::digest(PADDING);
    if handler.revision >= 3 {
        for _ in 0..50 {
            key = Md5::digest(key);
        }
    }
    let owner = handler.owner.get(..32)?.to_vec();
    let rounds = if handler.revision == 2 { 0..1 } else { 0..20 };
    rc4_rounds(key.get(..length)?, owner, rounds.rev())
}

/// RC4 once for each of `rounds`, which changes every byte of the key.
fn rc4_rounds(key: &[u8], text: Vec<u8>, rounds: impl Iterator<Item = u8>) -> Option<Vec<u8>> {
    rounds.into_iter().try_fold(text, |text, round| {
        let key: Vec<u8> = key.iter().map(|byte| byte ^ round).collect();
        rc4(&key, &text)
    })
}

/// Algorithm 2.A: revisions 5 and 6.
fn open_with_sha(handler: &Handler) -> Option<Vec<u8>> {
    let user = handler.user.get(..48)?;
    sha_key(handler.revision, user, &[], &handler.user_key)
        .or_else(|| sha_key(handler.revision, &handler.owner, user, &handler.owner_key))
}

/// The key in `sealed`, when the empty password matches the first 32 bytes of `entry`.
fn sha_key(revision: i64, entry: &[u8], user: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let hash = if revision == 5 { sha_hash } else { hardened_hash };
    let (digest, salts) = entry.split_at_checked(32)?;
    let (validation_salt, salts) = salts.split_at_checked(8)?;
    if hash(validation_salt, user)? != digest {
        return None;
    }
    let cipher = Aes256::new_from_slice(&hash(salts.get(..8)?, user)?).ok()?;
    let mut key = Vec::with_capacity(32);
    let mut before = [0; 16];
    for block in sealed.get(..32)?.chunks_exact(16) {
        let block: [u8; 16] = block.try_into().ok()?;
        let mut text = block.into();
        cipher.decrypt_block(&mut text);
        key.extend(text.iter().zip(before).map(|(a, b)| a ^ b));
        before = block;
    }
    Some(key)
}

/// Revision 5: a digest of the empty password, the salt and the user entry.
fn sha_hash(salt: &[u8], user: &[u8]) -> Option<Vec<u8>> {
    Some(Sha256::new().chain_update(salt).chain_update(user).finalize().to_vec())
}

/// Algorithm 2.B with the empty password. The number of rounds depends on the text, but cannot
/// pass 288: the last byte of a round is at most 255.
fn hardened_hash(salt: &[u8], user: &[u8]) -> Option<Vec<u8>> {
    let mut key = sha_hash(salt, user)?;
    let mut round = 0_u32;
    let mut last = 0_u8;
    while round < 64 || u32::from(last) > round - 32 {
        let text = encrypt_repeated(&key, user)?;
        let remainder = text.iter().take(16).map(|&b| u32::from(b)).sum::<u32>() % 3;
        key = match remainder {
            0 => Sha256::digest(&text).to_vec(),
            1 => Sha384::digest(&text).to_vec(),
            _ => Sha512::digest(&text).to_vec(),
        };
        last = text.last().copied()?;
        round += 1;
    }
    key.truncate(32);
    Some(key)
}

/// AES-128 in CBC mode over 64 times `key` and `user`; the first 32 bytes of `key` are the cipher's
/// key and start vector.
fn encrypt_repeated(key: &[u8], user: &[u8]) -> Option<Vec<u8>> {
    let cipher = Aes128::new_from_slice(key.get(..16)?).ok()?;
    let mut before: [u8; 16] = key.get(16..32)?.try_into().ok()?;
    let mut text = [key, user].concat().repeat(64);
    for block in text.chunks_exact_mut(16) {
        block.iter_mut().zip(before).for_each(|(a, b)| *a ^= b);
        let mut sealed = <[u8; 16]>::try_from(&*block).ok()?.into();
        cipher.encrypt_block(&mut sealed);
        before = sealed.into();
        block.copy_from_slice(&before);
    }
    Some(text)
}

fn rc4(key: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    let mut out = text.to_vec();
    Rc4::new_from_slice(key).ok()?.apply_keystream(&mut out);
    Some(out)
}
