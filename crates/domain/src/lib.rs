//! Nouns and rules of document intake: no `async`, no I/O, no clock, no randomness.

mod id;
mod scope;
mod size;
mod time;

pub use id::{BlobId, ClientId, FileId, KeyId, UserId};
pub use scope::{Scope, Scopes, UnknownScope};
pub use size::ByteCount;
pub use time::Timestamp;
