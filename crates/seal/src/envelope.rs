//! Wraps one key under another: root key, client key, user key, file key.
//!
//! A wrapped key is 61 bytes: format (1), nonce (12), sealed key (32), tag (16). Nonces are
//! random, so one key may wrap at most 2³² others (NIST SP 800-38D, section 8.3).

use std::fmt;

use ring::aead;
use zeroize::Zeroizing;

use crate::entropy::Entropy;
use crate::keyring::RootVersion;
use crate::keys::SecretKey;
use crate::sealer::gcm_key;

const FORMAT: u8 = 1;
const NONCE_LEN: usize = 12;
const WRAPPED_LEN: usize = 1 + NONCE_LEN + 32 + 16;

/// What a wrapped key is bound to. It opens only under the same values, which are not stored
/// with it, so a key moved to another row is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrapContext {
    /// A client key under the root key.
    ClientUnderRoot {
        /// The client whose key is wrapped.
        client: [u8; 16],
        /// The version of the root key that wraps.
        root: RootVersion,
    },
    /// A user key under the key of the client that owns the user.
    UserUnderClient {
        /// The user whose key is wrapped.
        user: [u8; 16],
        /// The client whose key wraps.
        client: [u8; 16],
        /// The id of that client's key.
        key: [u8; 16],
    },
    /// A file key under the key of the client that uploaded the file.
    FileUnderClient {
        /// The blob whose key is wrapped.
        blob: [u8; 16],
        /// The client whose key wraps.
        client: [u8; 16],
        /// The id of that client's key.
        key: [u8; 16],
    },
    /// A file key under the key of the user that the file is attached to.
    FileUnderUser {
        /// The blob whose key is wrapped.
        blob: [u8; 16],
        /// The user whose key wraps.
        user: [u8; 16],
        /// The id of that user's key.
        key: [u8; 16],
    },
    /// The secret of a webhook endpoint under the key of the client that owns it.
    WebhookUnderClient {
        /// The endpoint whose secret is wrapped.
        endpoint: [u8; 16],
        /// The client whose key wraps.
        client: [u8; 16],
        /// The id of that client's key.
        key: [u8; 16],
    },
    /// The secret of the service under the root key.
    ServiceUnderRoot {
        /// The version of the root key that wraps.
        root: RootVersion,
    },
}

impl WrapContext {
    /// The associated data: a number for the kind, then fields of fixed width, so that no two
    /// contexts are written alike.
    fn encode(self) -> Vec<u8> {
        let mut out = b"dossier wrapped key\0".to_vec();
        let (kind, fields): (u8, [[u8; 16]; 3]) = match self {
            Self::ClientUnderRoot { client, root } => (1, [client, root_field(root), [0; 16]]),
            Self::UserUnderClient { user, client, key } => (2, [user, client, key]),
            Self::FileUnderClient { blob, client, key } => (3, [blob, client, key]),
            Self::FileUnderUser { blob, user, key } => (4, [blob, user, key]),
            Self::ServiceUnderRoot { root } => (5, [root_field(root), [0; 16], [0; 16]]),
            Self::WebhookUnderClient { endpoint, client, key } => (6, [endpoint, client, key]),
        };
        out.push(kind);
        out.extend(fields.as_flattened());
        out
    }
}

fn root_field(root: RootVersion) -> [u8; 16] {
    u128::from(root.get()).to_be_bytes()
}

/// A wrapped key as it is stored. Without the wrapping key it is noise.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey(Vec<u8>);

impl WrappedKey {
    /// A wrapped key as it was stored. It is judged when it is unwrapped.
    #[must_use]
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for WrappedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WrappedKey({} bytes)", self.0.len())
    }
}

/// The wrapped key was damaged, moved, or wrapped under another key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the wrapped key does not open under this key for this use")]
pub struct UnwrapError;

/// Wraps `key` under `wrapping`, bound to `context`.
#[must_use]
pub fn wrap_key(
    wrapping: &impl SecretKey,
    entropy: &dyn Entropy,
    context: WrapContext,
    key: &impl SecretKey,
) -> WrappedKey {
    let mut nonce = [0; NONCE_LEN];
    entropy.fill(&mut nonce);
    let mut text = Zeroizing::new(*key.secret());
    let tag = gcm_key(wrapping.secret())
        .seal_in_place_separate_tag(
            aead::Nonce::assume_unique_for_key(nonce),
            aead::Aad::from(context.encode()),
            text.as_mut(),
        )
        .expect("a key is far below the 64 GiB that GCM permits");
    let mut out = Vec::with_capacity(WRAPPED_LEN);
    out.push(FORMAT);
    out.extend(nonce);
    out.extend(text.iter());
    out.extend(tag.as_ref());
    WrappedKey(out)
}

/// Opens a key that was wrapped under `wrapping` for the same `context`.
pub fn unwrap_key<K: SecretKey>(
    wrapping: &impl SecretKey,
    context: WrapContext,
    wrapped: &WrappedKey,
) -> Result<K, UnwrapError> {
    let (format, rest) = wrapped.0.split_first().ok_or(UnwrapError)?;
    let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>().ok_or(UnwrapError)?;
    if *format != FORMAT {
        return Err(UnwrapError);
    }
    let mut text = Zeroizing::new(sealed.to_vec());
    let opened = gcm_key(wrapping.secret()).open_in_place(
        aead::Nonce::assume_unique_for_key(*nonce),
        aead::Aad::from(context.encode()),
        &mut text,
    );
    let opened: &[u8] = opened.map_err(|ring::error::Unspecified| UnwrapError)?;
    Ok(K::from_secret(*opened.as_array::<32>().ok_or(UnwrapError)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{ClientKey, FileKey, RootKey};

    struct Fixed(u8);
    impl Entropy for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    const BLOB: WrapContext =
        WrapContext::FileUnderClient { blob: [1; 16], client: [2; 16], key: [3; 16] };

    #[test]
    fn a_key_opens_for_the_use_it_was_wrapped_for_and_for_no_other() {
        let client = ClientKey::from_secret([9; 32]);
        let wrapped = wrap_key(&client, &Fixed(5), BLOB, &FileKey::from_secret([8; 32]));
        assert_eq!(wrapped.as_bytes().len(), WRAPPED_LEN);
        let stored = WrappedKey::from_bytes(wrapped.as_bytes().to_vec());
        let back: FileKey = unwrap_key(&client, BLOB, &stored).unwrap();
        assert_eq!(back.secret(), &[8; 32]);

        let (a, b, c) = ([1; 16], [2; 16], [3; 16]);
        for other in [
            WrapContext::FileUnderClient { blob: b, client: b, key: c },
            WrapContext::FileUnderClient { blob: a, client: a, key: c },
            WrapContext::FileUnderClient { blob: a, client: b, key: b },
            WrapContext::FileUnderClient { blob: b, client: a, key: c },
            WrapContext::FileUnderUser { blob: a, user: b, key: c },
            WrapContext::UserUnderClient { user: a, client: b, key: c },
            WrapContext::WebhookUnderClient { endpoint: a, client: b, key: c },
            WrapContext::ClientUnderRoot { client: a, root: RootVersion::FIRST },
            WrapContext::ServiceUnderRoot { root: RootVersion::FIRST },
        ] {
            assert_eq!(unwrap_key::<FileKey>(&client, other, &wrapped).err(), Some(UnwrapError));
        }
        let stranger = ClientKey::from_secret([7; 32]);
        assert!(unwrap_key::<FileKey>(&stranger, BLOB, &wrapped).is_err());
    }

    #[test]
    fn every_damaged_bit_and_every_cut_of_a_wrapped_key_is_found() {
        let root = RootKey::from_secret([9; 32]);
        let context = WrapContext::ClientUnderRoot { client: [1; 16], root: RootVersion::FIRST };
        let wrapped = wrap_key(&root, &Fixed(5), context, &ClientKey::from_secret([8; 32]));
        let open = |bytes: Vec<u8>| {
            unwrap_key::<ClientKey>(&root, context, &WrappedKey::from_bytes(bytes))
        };
        assert!(open(wrapped.as_bytes().to_vec()).is_ok());
        for bit in 0..WRAPPED_LEN * 8 {
            let mut bytes = wrapped.as_bytes().to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(open(bytes).is_err(), "bit {bit}");
        }
        for len in 0..WRAPPED_LEN {
            assert!(open(wrapped.as_bytes()[..len].to_vec()).is_err(), "cut at {len}");
        }
        assert!(open([wrapped.as_bytes(), &[0]].concat()).is_err());
    }
}
