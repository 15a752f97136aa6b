//! Nouns and rules of document intake: no `async`, no I/O, no clock, no randomness.

mod code;
mod file_name;
mod id;
mod judge;
mod message;
mod purpose;
mod scope;
mod size;
mod time;
mod type_name;
mod violation;

pub use code::Code;
pub use file_name::{FileName, NameFault};
pub use id::{BlobId, ClientId, FileId, KeyId, UserId};
pub use judge::{Accepted, Claim, ContentCheck, Evidence, Limits, judge};
pub use message::{Language, Variant, user_message};
pub use purpose::{Attachments, PURPOSES, Purpose, PurposeRow, UnknownPurpose};
pub use scope::{Scope, Scopes, UnknownScope};
pub use size::ByteCount;
pub use time::Timestamp;
pub use violation::{Bound, Pointer, Violation, too_large};
