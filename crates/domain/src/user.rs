//! Users: the persons whose identity is verified, what may be said of them, and in which order.

mod document_type;
mod field;
mod members;
mod profile;
mod reason;
mod references;
mod requirements;
mod review;
mod standards;
mod status;
mod verification;

pub use document_type::{DOCUMENT_TYPES, DocumentType, DocumentTypeRow};
pub use profile::{ExternalId, Profile, UserPatch};
pub use reason::{ReasonCode, reason_message};
pub use references::{Place, Reference, ReferencedFile, judge_references};
pub use requirements::{ADDED_PURPOSES, Missing, Wanted, Why, missing, read_policy};
pub use review::{Decision, DocumentRequest, Outcome};
pub use status::{NotPending, VerificationStatus, VerificationStep};
pub use verification::{Change, Files, Verification, read_files};

/// The name and value of each member of a JSON object, in the order of their table.
pub type Members = Vec<(String, crate::Json)>;
