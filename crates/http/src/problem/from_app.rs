//! What each outcome of a use case is on the wire.

use axum::http::{HeaderValue, header};
use dossier_app::{
    AuthError, ListError, MissingScope, ReadError, UploadError, UserError, WebhookError,
};
use dossier_domain::{Code, EndpointId, FileId, UserId};

use super::{ApiError, RETRY_AFTER_UNAVAILABLE};
use crate::path::InPath;
use crate::rate::TooFast;

/// Seconds after which an upload that still runs should be asked for again.
const RETRY_AFTER_RUNNING: u32 = 2;
/// Seconds after which no test of a webhook runs any more that runs now.
const RETRY_AFTER_TEST: u32 = 15;

impl ApiError {
    /// 401 with the challenge that RFC 6750, section 3 asks for.
    pub(crate) fn unauthorized(code: Code) -> Self {
        let detail = if code == Code::AuthMissing {
            "Send `Authorization: Bearer` with an API key or an access token."
        } else {
            "The API key or access token is unknown, malformed, revoked or expired."
        };
        let challenge = HeaderValue::from_static("Bearer");
        Self::new(code, detail).with_header(header::WWW_AUTHENTICATE, challenge)
    }

    /// 503; the reason goes to the log.
    pub(crate) fn unavailable(source: impl Into<String>) -> Self {
        Self::new(Code::ServiceUnavailable, "A dependency does not answer now. Ask again later.")
            .retry_after(RETRY_AFTER_UNAVAILABLE)
            .because(source)
    }

    fn storage_full() -> Self {
        Self::new(Code::StorageFull, "There is no room. Nothing was stored.")
            .retry_after(RETRY_AFTER_UNAVAILABLE)
            .because("storage is full")
    }

    fn strange_cursor() -> Self {
        Self::new(Code::RequestCursor, "The cursor was not made for this list.")
    }
}

impl From<MissingScope> for ApiError {
    fn from(MissingScope(scope): MissingScope) -> Self {
        Self::new(Code::AuthScope, format!("The key or token lacks the scope `{}`.", scope.name()))
    }
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Invalid => Self::unauthorized(Code::AuthInvalid),
            AuthError::Unavailable => Self::unavailable("keys and tokens cannot be read"),
        }
    }
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::NotFound => FileId::not_found(),
            ReadError::NotReady => {
                Self::new(Code::FileNotReady, "A check of this file still runs, or it failed.")
            }
            ReadError::InUse => {
                Self::new(Code::FileInUse, "The file is part of a user's verification.")
            }
            ReadError::Integrity => {
                Self::new(Code::FileIntegrity, "The stored bytes failed verification.")
                    .because("stored bytes failed verification")
            }
            ReadError::StorageFull => Self::storage_full(),
            ReadError::Unavailable(source) => Self::unavailable(source),
        }
    }
}

impl From<ListError> for ApiError {
    fn from(error: ListError) -> Self {
        match error {
            ListError::Cursor => Self::strange_cursor(),
            ListError::Unavailable(source) => Self::unavailable(source),
        }
    }
}

impl From<UserError> for ApiError {
    fn from(error: UserError) -> Self {
        match error {
            UserError::Refused(violations) => Self::violations(violations),
            UserError::NotFound => UserId::not_found(),
            UserError::Inactive => {
                Self::new(Code::UserInactive, "The user is inactive and cannot be changed.")
            }
            UserError::Changed => {
                Self::new(Code::UserChanged, "The user is not as `If-Match` says any more.")
            }
            UserError::ExternalIdTaken => {
                let detail = "Another user has this `external_id`, whatever its case.";
                Self::new(Code::UserExternalIdTaken, detail).at("/external_id")
            }
            UserError::NotPending => Self::new(
                Code::VerificationNotPending,
                "Only a pending verification can be decided.",
            ),
            UserError::Cursor => Self::strange_cursor(),
            UserError::StorageFull => Self::storage_full(),
            UserError::Unavailable(source) => Self::unavailable(source),
        }
    }
}

impl From<WebhookError> for ApiError {
    fn from(error: WebhookError) -> Self {
        match error {
            WebhookError::Refused(violations) => Self::violations(violations),
            WebhookError::NotFound => EndpointId::not_found(),
            WebhookError::EventNotFound => {
                let detail = "No event with this id was sent to the endpoint.";
                Self::new(Code::EventNotFound, detail)
            }
            WebhookError::TooMany(limit) => {
                let detail = format!("A client has at most {limit} webhook endpoints.");
                let limit = limit as u64;
                Self::new(Code::WebhookTooMany, detail).bounded(limit, limit + 1)
            }
            WebhookError::TooManyTests(limit) => {
                let detail = format!("At most {limit} tests of your endpoints run at a time.");
                let limit = u32::try_from(limit).unwrap_or(u32::MAX);
                TooFast { limit, wait: RETRY_AFTER_TEST }.refuse(detail)
            }
            WebhookError::StorageFull => Self::storage_full(),
            WebhookError::Unavailable(source) => Self::unavailable(source),
        }
    }
}

impl<E: Into<Self>> From<UploadError<E>> for ApiError {
    fn from(error: UploadError<E>) -> Self {
        match error {
            UploadError::Door(door) => door.into(),
            UploadError::PartMissing(part) => {
                let detail = format!("The part `{}` is missing.", part.as_str());
                Self::new(Code::MultipartPartMissing, detail).at(format!("/{}", part.as_str()))
            }
            UploadError::PartRepeated(part) => {
                let detail = format!("The part `{}` came twice.", part.as_str());
                Self::new(Code::MultipartPartRepeated, detail).at(format!("/{}", part.as_str()))
            }
            UploadError::Refused(violations) => Self::violations(violations),
            UploadError::IdempotencyRunning => {
                let detail = "An upload with this Idempotency-Key is still under way.";
                Self::new(Code::IdempotencyRunning, detail).retry_after(RETRY_AFTER_RUNNING)
            }
            UploadError::IdempotencyConflict => Self::new(
                Code::IdempotencyConflict,
                "This Idempotency-Key answered an upload of other content.",
            ),
            UploadError::CredentialRevoked => Self::unauthorized(Code::AuthInvalid),
            UploadError::StorageFull => Self::storage_full(),
            UploadError::Unavailable(source) => Self::unavailable(source),
        }
    }
}
