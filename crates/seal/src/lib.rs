//! Chunked authenticated encryption of one blob, and its envelope keys.
//!
//! This crate holds all cryptography of the project and is the only one that names `ring`. Only
//! SHA-256 has a second form, which hashes two texts in step. The crate never waits, reads no
//! clock and takes its randomness from an [`Entropy`] that is handed in.
//! The format of a sealed blob is written down in `docs/sealed-format.md`.

mod entropy;
mod envelope;
mod hash;
mod hex;
mod keyring;
mod keys;
mod layout;
mod opener;
mod sealer;
mod sha256;

pub use entropy::{Entropy, SystemEntropy};
pub use envelope::{UnwrapError, WrapContext, WrappedKey, unwrap_key, wrap_key};
pub use hash::{Digest, HmacKey, Label, chain_link, same_text};
pub use keyring::{KeyringError, RootKeyring, RootVersion};
pub use keys::{ClientKey, FileKey, RootKey, SecretKey, ServiceSecret, UserKey, WebhookSecret};
pub use layout::{HEADER_LEN, Header, Layout, ROW_LEN, TAG_LEN, TextPlace, row_text_start};
pub use opener::{OpenError, Opener, RowOpener};
pub use sealer::{SealError, Sealer};
pub use sha256::Sha256;
