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
pub use standards::{COUNTRIES, LANGUAGES};
pub use status::{NotPending, VerificationStatus, VerificationStep};
pub use verification::{Change, Files, Verification, read_files};

/// What is said of a person never reaches a log by way of `Debug`: it shows no more than the type.
macro_rules! opaque_debug {
    ($($name:ident)+) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+};
}

opaque_debug! { Decision DocumentRequest ExternalId Profile UserPatch Verification }

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Json, Timestamp};

    #[test]
    fn nothing_that_is_said_of_a_person_shows_in_debug_output() {
        let body = |text: &str| Json::parse(text.as_bytes()).unwrap().into_members().unwrap();
        let now = Timestamp::default();
        let user = r#"{"external_id":"qanary","email":"qanary@b.de",
            "verification":{"national_id":"qanary","address":{"street":"qanary"}}}"#;
        let patch = UserPatch::read(body(user), now);
        let profile = Profile::default().patched(&patch).unwrap();
        let decision = r#"{"decision":"approved","note":"qanary"}"#;
        let wanted = r#"{"purposes":["other"],"reason_codes":["under_age"],"note":"qanary"}"#;
        for shown in [
            format!("{patch:?}"),
            format!("{profile:?}"),
            format!("{:?}", profile.external_id()),
            format!("{:?}", patch.verification),
            format!("{:?}", Decision::read(body(decision))),
            format!("{:?}", DocumentRequest::read(body(wanted), now)),
        ] {
            assert!(shown.contains("(…)") && !shown.contains("qanary"), "{shown}");
        }
    }
}
