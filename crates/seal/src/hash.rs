//! Hashes as values, and keyed hashes (HMAC-SHA-256, RFC 2104).

use std::fmt;

use ring::{hkdf, hmac};
use subtle::ConstantTimeEq;

use crate::hex;
use crate::keys::{SecretKey, ServiceSecret, WebhookSecret};
use crate::sha256::Sha256;

/// A SHA-256 or HMAC-SHA-256 value. Compared in constant time.
#[derive(Clone, Copy)]
pub struct Digest(pub [u8; 32]);

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Digest {}

/// 64 lower-case hexadecimal digits.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(&self.0, f)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// Whether two texts with a keyed hash in them are the same: the time it takes tells nothing of
/// where they differ, only whether they are of one length.
#[must_use]
pub fn same_text(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

/// The hash of an entry of a chain that comes behind one with the hash `previous`: SHA-256 of the
/// 32 bytes of `previous` and the bytes of the entry.
#[must_use]
pub fn chain_link(previous: &[u8; 32], entry: &[u8]) -> Digest {
    let mut hash = Sha256::new();
    hash.push(previous);
    hash.push(entry);
    hash.finish()
}

/// What a key that is derived from the service secret is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// API keys at rest.
    ApiKey,
    /// Cursors of lists.
    Cursor,
    /// Idempotency keys at rest.
    IdempotencyKey,
    /// Checkpoints of the audit.
    AuditCheckpoint,
}

impl Label {
    /// The info of the derivation. Rows depend on it: it never changes.
    const fn info(self) -> &'static str {
        match self {
            Self::ApiKey => "dossier api key v1",
            Self::Cursor => "dossier cursor v1",
            Self::IdempotencyKey => "dossier idempotency key v1",
            Self::AuditCheckpoint => "dossier audit checkpoint v1",
        }
    }
}

impl ServiceSecret {
    /// The key for one use. Keys for other uses are unrelated to it.
    #[must_use]
    pub fn derive(&self, label: Label) -> HmacKey {
        HmacKey::derive(self, label.info())
    }
}

/// A key for HMAC-SHA-256, derived from another key for one use.
#[derive(Clone)]
pub struct HmacKey(hmac::Key);

impl HmacKey {
    /// The key for the use that `label` names: HKDF-SHA-256 (RFC 5869) with `key` as input keying
    /// material, no salt and `label` as info. Other labels give unrelated keys.
    pub(crate) fn derive(key: &impl SecretKey, label: &'static str) -> Self {
        let pseudo_random = hkdf::Salt::new(hkdf::HKDF_SHA256, &[]).extract(key.secret());
        let info = [label.as_bytes()];
        let okm = pseudo_random
            .expand(&info, hmac::HMAC_SHA256)
            .expect("one hash length is below the 255 that RFC 5869 permits");
        Self(hmac::Key::from(okm))
    }

    /// The keyed hash of `message`.
    #[must_use]
    pub fn digest(&self, message: &[u8]) -> Digest {
        Digest(to_32(hmac::sign(&self.0, message).as_ref()))
    }
}

impl WebhookSecret {
    /// The keyed hash of `message`, by the secret itself, as its receiver computes it.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Digest {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.secret());
        Digest(to_32(hmac::sign(&key, message).as_ref()))
    }
}

impl fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HmacKey(redacted)")
    }
}

fn to_32(bytes: &[u8]) -> [u8; 32] {
    bytes.try_into().expect("SHA-256 gives 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, sections 4.2, 4.3 and 4.7 (test cases 1, 2 and 6).
    #[test]
    fn hmac_gives_the_values_of_rfc_4231() {
        for (key, message, want) in [
            (
                vec![0x0b; 20],
                "Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe".to_vec(),
                "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                vec![0xaa; 131],
                "Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ] {
            let key = HmacKey(hmac::Key::new(hmac::HMAC_SHA256, &key));
            assert_eq!(key.digest(message.as_bytes()).to_string(), want);
        }
    }

    /// RFC 5869, A.3 (no salt, no info) through the same calls as `derive`.
    #[test]
    fn hkdf_gives_the_value_of_rfc_5869() {
        struct Len(usize);
        impl hkdf::KeyType for Len {
            fn len(&self) -> usize {
                self.0
            }
        }
        let mut okm = [0; 42];
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, &[]).extract(&[0x0b; 22]);
        prk.expand(&[b""], Len(42)).unwrap().fill(&mut okm).unwrap();
        let mut text = String::new();
        hex::write(&okm, &mut text).unwrap();
        assert_eq!(
            text,
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d\
             9d201395faa4b61a96c8"
        );
    }

    /// The steps of RFC 5869 (2.2 and 2.3), written with HMAC alone.
    #[test]
    fn a_derived_key_is_hkdf_with_the_label_as_info() {
        let secret = ServiceSecret::from_secret([7; 32]);
        let sign = |key: &[u8], message: &[u8]| {
            to_32(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message).as_ref())
        };
        let mut seen: Vec<Digest> = Vec::new();
        for (label, info) in [
            (Label::ApiKey, b"dossier api key v1\x01".as_slice()),
            (Label::Cursor, b"dossier cursor v1\x01"),
            (Label::IdempotencyKey, b"dossier idempotency key v1\x01"),
            (Label::AuditCheckpoint, b"dossier audit checkpoint v1\x01"),
        ] {
            let okm = sign(&sign(&[], secret.secret()), info);
            let derived = secret.derive(label).digest(b"secret");
            assert_eq!(derived, Digest(sign(&okm, b"secret")));
            assert!(!seen.contains(&derived));
            seen.push(derived);
        }
    }

    #[test]
    fn texts_are_the_same_only_when_every_byte_and_the_length_are() {
        assert!(same_text("", "") && same_text("0123", "0123"));
        for other in ["", "012", "01234", "x123", "012x"] {
            assert!(!same_text("0123", other), "{other}");
        }
    }

    #[test]
    fn digests_are_equal_only_when_every_bit_is() {
        let zero = Digest([0; 32]);
        assert_eq!(zero, Digest([0; 32]));
        for bit in 0..256_usize {
            let mut other = [0; 32];
            other[bit / 8] = 1 << (bit % 8);
            assert_ne!(zero, Digest(other));
        }
    }
}
