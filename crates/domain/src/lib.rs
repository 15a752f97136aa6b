//! Nouns and rules of document intake: no `async`, no I/O, no clock, no randomness.

mod audit;
mod code;
mod content_check;
mod endpoint;
mod event;
mod file_name;
mod form;
mod id;
mod json;
mod judge;
mod message;
mod oauth;
mod object;
mod purpose;
mod request_id;
mod scope;
mod size;
mod time;
mod type_name;
pub mod user;
mod violation;

pub use audit::{AuditAction, AuditActor, AuditObject, AuditRecord};
pub use code::Code;
pub use content_check::ContentCheck;
pub use endpoint::EndpointPatch;
pub use event::{EventFilter, EventKind, UnknownEvent};
pub use file_name::{FileName, NameFault};
pub use form::form_pairs;
pub use id::{
    ActorId, AuditEntryId, BlobId, ClientId, ClientSecretId, Credential, EndpointId, EventId,
    FileId, GrantId, JobId, KeyId, ObjectId, TideMark, TokenPairId, UserId,
};
pub use json::{Json, JsonFault, JsonMembers, Members, ObjectText};
pub use judge::{Accepted, Claim, Evidence, Limits, Outline, judge, judge_digest, judge_outline};
pub use message::{Language, Variant, user_message};
pub use oauth::{
    Authorization, ClientCredentials, OAuthError, Parameters, RequestFault, RevocationRequest,
    TokenRequest, grant_scopes,
};
pub use purpose::{Attachments, PURPOSES, Purpose, PurposeRow, UnknownPurpose};
pub use request_id::RequestId;
pub use scope::{Scope, Scopes, UnknownScope};
pub use size::ByteCount;
pub use time::Timestamp;
pub use violation::{Bound, Pointer, Violation, Violations, too_large};
