//! The kinds of key. Each is 32 secret bytes, wiped when dropped and never printed.

use std::fmt;

use zeroize::Zeroizing;

use crate::entropy::Entropy;

mod sealed {
    /// Keeps [`super::SecretKey`] to the key types of this crate.
    pub trait Sealed {}
}

/// A key of this crate: 32 bytes for AES-256.
pub trait SecretKey: sealed::Sealed + Sized {
    /// The key with these bytes. The caller wipes his own copy.
    fn from_secret(bytes: [u8; 32]) -> Self;

    /// The bytes of the key.
    fn secret(&self) -> &[u8; 32];

    /// A new random key.
    #[must_use]
    fn generate(entropy: &dyn Entropy) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        entropy.fill(bytes.as_mut());
        Self::from_secret(*bytes)
    }
}

macro_rules! keys {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(Zeroizing<[u8; 32]>);

        impl sealed::Sealed for $name {}

        impl SecretKey for $name {
            fn from_secret(bytes: [u8; 32]) -> Self {
                Self(Zeroizing::new(bytes))
            }

            fn secret(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(redacted)"))
            }
        }
    )+};
}

keys! {
    /// One version of the root key, which wraps client keys. It lives outside the database.
    RootKey;
    /// What the keyed hashes of the service are derived from. Made once and never changed, so that
    /// a hash in a row outlives every rotation of the root key.
    ServiceSecret;
    /// The key of one client, which wraps the keys of his users and of files not yet attached.
    ClientKey;
    /// The key of one user, which wraps the keys of the files attached to that user.
    UserKey;
    /// The key of one blob, used for one write.
    FileKey;
    /// What the webhooks to one endpoint are signed with. Its receiver has it too.
    WebhookSecret;
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting;
    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.iter_mut().zip(0..).for_each(|(byte, n)| *byte = n);
        }
    }

    #[test]
    fn a_key_is_all_entropy_and_does_not_print_itself() {
        let key = FileKey::generate(&Counting);
        assert_eq!(key.secret().to_vec(), (0..32).collect::<Vec<u8>>());
        assert_eq!(format!("{key:?}"), "FileKey(redacted)");
        assert_eq!(format!("{:?}", RootKey::generate(&Counting)), "RootKey(redacted)");
    }
}
