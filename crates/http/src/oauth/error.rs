//! The one error shape of the token endpoints (RFC 6749, section 5.2).

use axum::Json;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use dossier_app::{ClientAuthError, TokenError};
use dossier_domain::{OAuthError, RequestFault};
use serde::Serialize;
use utoipa::ToSchema;

use crate::exchange::Remark;
use crate::problem::RETRY_AFTER_UNAVAILABLE;
use crate::rate::TooFast;

/// What a client that did not prove who it is should do (RFC 7617, section 2).
const CHALLENGE: HeaderValue = HeaderValue::from_static("Basic realm=\"dossier\"");

/// An error on its way to a client.
#[derive(Debug)]
pub(crate) struct OAuthProblem {
    status: StatusCode,
    error: OAuthError,
    description: &'static str,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// For the log.
    reason: String,
}

/// Why there is no token.
#[derive(Serialize, ToSchema)]
pub(crate) struct OAuthErrorAnswer {
    /// One of the codes of RFC 6749, section 5.2, or `temporarily_unavailable`.
    error: &'static str,
    /// What is wrong, for the engineer.
    error_description: &'static str,
}

impl OAuthProblem {
    /// A request that cannot be read.
    pub(super) fn invalid_request(status: StatusCode, description: &'static str) -> Self {
        Self::new(status, OAuthError::InvalidRequest, description)
    }

    fn new(status: StatusCode, error: OAuthError, description: &'static str) -> Self {
        Self { status, error, description, headers: Vec::new(), reason: String::new() }
    }

    /// 503; the reason goes to the log.
    pub(super) fn unavailable(reason: impl Into<String>) -> Self {
        let description = "A dependency does not answer now. Ask again later.";
        let status = StatusCode::SERVICE_UNAVAILABLE;
        let mut problem = Self::new(status, OAuthError::TemporarilyUnavailable, description);
        problem.headers.push((header::RETRY_AFTER, RETRY_AFTER_UNAVAILABLE.into()));
        Self { reason: reason.into(), ..problem }
    }

    /// Closes the connection after the answer.
    pub(super) fn closing(mut self) -> Self {
        self.headers.push((header::CONNECTION, HeaderValue::from_static("close")));
        self
    }

    /// The client did not prove who it is. Always the same, whatever was wrong, and with the
    /// challenge also for credentials in the body.
    fn invalid_client() -> Self {
        let description = "The client is unknown, or its secret is missing, wrong or expired.";
        let status = StatusCode::UNAUTHORIZED;
        let mut problem = Self::new(status, OAuthError::InvalidClient, description);
        problem.headers.push((header::WWW_AUTHENTICATE, CHALLENGE));
        problem
    }
}

impl IntoResponse for OAuthProblem {
    fn into_response(self) -> Response {
        let Self { status, error, description, headers, reason } = self;
        let body = OAuthErrorAnswer { error: error.name(), error_description: description };
        let mut response = (status, not_stored(), Json(body)).into_response();
        response.headers_mut().extend(headers);
        response.extensions_mut().insert(Remark { code: error.name(), reason });
        response
    }
}

impl From<RequestFault> for OAuthProblem {
    fn from(fault: RequestFault) -> Self {
        Self::new(StatusCode::BAD_REQUEST, fault.error(), fault.description())
    }
}

impl From<TooFast> for OAuthProblem {
    fn from(error: TooFast) -> Self {
        let description = "There were too many requests. Ask again later.";
        let status = StatusCode::TOO_MANY_REQUESTS;
        let mut problem = Self::new(status, OAuthError::TemporarilyUnavailable, description);
        problem.headers.extend(error.headers());
        problem
    }
}

impl From<ClientAuthError> for OAuthProblem {
    fn from(error: ClientAuthError) -> Self {
        match error {
            ClientAuthError::Invalid => Self::invalid_client(),
            ClientAuthError::TooManyGuesses { limit, retry_after } => {
                let reason = "too many wrong client secrets".to_owned();
                Self { reason, ..TooFast { limit, wait: retry_after }.into() }
            }
            ClientAuthError::Unavailable(source) => Self::unavailable(source),
        }
    }
}

impl From<TokenError> for OAuthProblem {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Refused(fault) => fault.into(),
            TokenError::Grant => {
                let description =
                    "The refresh token is unknown, expired, used, revoked or of another client.";
                Self::new(StatusCode::BAD_REQUEST, OAuthError::InvalidGrant, description)
            }
            TokenError::Unavailable(source) => Self::unavailable(source),
        }
    }
}

/// Nothing of these endpoints may be kept by anybody on the way (RFC 6749, section 5.1).
pub(super) fn not_stored() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    headers
}
