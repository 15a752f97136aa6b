//! The one error shape of the API: RFC 9457 problem details, for every error there is.
//!
//! A handler returns an [`ApiError`]; the exchange layer renders it, because only there the
//! request id and the reader's language are known.

mod from_app;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use dossier_domain::{
    Bound, ByteCount, Code, Language, Variant, Violation, Violations, user_message,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::exchange::Remark;

/// Seconds after which a client should ask again when a dependency is down.
pub(crate) const RETRY_AFTER_UNAVAILABLE: u32 = 5;

/// An error on its way to a client. The public part is code and text; `source` is for the log.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    // Boxed, so that an error is cheap to hand on.
    first: Box<Entry>,
    rest: Vec<Entry>,
    headers: Vec<(HeaderName, HeaderValue)>,
    source: Option<String>,
}

/// One entry of `errors`.
#[derive(Clone, Debug)]
struct Entry {
    code: Code,
    detail: String,
    pointer: Option<String>,
    permitted: Vec<&'static str>,
    declared: Option<String>,
    detected: Option<&'static str>,
    bound: Option<Bound>,
    message: Variant,
    unlike_its_name: bool,
}

impl ApiError {
    /// An error of one entry.
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        let first = Entry {
            code,
            detail: detail.into(),
            pointer: None,
            permitted: Vec::new(),
            declared: None,
            detected: None,
            bound: None,
            message: Variant::Only,
            unlike_its_name: false,
        };
        Self { first: Box::new(first), rest: Vec::new(), headers: Vec::new(), source: None }
    }

    /// All broken rules in one answer.
    pub(crate) fn violations(violations: Violations) -> Self {
        let (first, rest) = violations.split_first();
        let rest = rest.into_iter().map(Entry::from).collect();
        Self { first: Box::new(first.into()), rest, headers: Vec::new(), source: None }
    }

    /// Names the member or part that the first entry is about.
    pub(crate) fn at(mut self, pointer: impl Into<String>) -> Self {
        self.first.pointer = Some(pointer.into());
        self
    }

    /// Adds the number that was crossed to the first entry.
    pub(crate) fn bounded(mut self, limit: u64, actual: u64) -> Self {
        self.first.bound = Some(Bound { limit, actual });
        self
    }

    /// Adds a header to the answer.
    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Says when to ask again (RFC 9110, section 10.2.3), in seconds.
    pub(crate) fn retry_after(self, seconds: u32) -> Self {
        self.with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// Closes the connection after the answer.
    pub(crate) fn closing(self) -> Self {
        self.with_header(header::CONNECTION, HeaderValue::from_static("close"))
    }

    /// Keeps a private reason for the operator's log.
    pub(crate) fn because(mut self, source: impl Into<String>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Joins the entries of several errors; the first one's status is the answer's.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.rest.push(*other.first);
        self.rest.extend(other.rest);
        self
    }

    /// The code and the private reason.
    pub(crate) fn remark(&self) -> Remark {
        Remark { code: self.code().name(), reason: self.source.clone().unwrap_or_default() }
    }

    /// The code of the first entry.
    pub(crate) const fn code(&self) -> Code {
        self.first.code
    }

    /// The entries as clients read them.
    pub(crate) fn entries(&self, language: Language) -> Vec<ErrorEntry> {
        std::iter::once(&*self.first).chain(&self.rest).map(|e| e.render(language)).collect()
    }

    /// The answer itself.
    pub(crate) fn render(self, request_id: &str, language: Language) -> Response {
        let errors = self.entries(language);
        let code = self.code();
        let problem = Problem {
            r#type: format!("/docs/errors#{code}"),
            title: code.title(),
            status: code.status(),
            code: code.name(),
            detail: self.first.detail.clone(),
            request_id: request_id.to_owned(),
            errors,
        };
        let body = serde_json::to_vec(&problem).expect("a problem is plain data");
        let status = StatusCode::from_u16(code.status()).expect("codes have HTTP statuses");
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let json = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        for (name, value) in self.headers {
            response.headers_mut().append(name, value);
        }
        response
    }
}

/// Hands the error to the exchange layer, which renders it.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() =
            StatusCode::from_u16(self.code().status()).expect("codes have HTTP statuses");
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Violation> for Entry {
    fn from(violation: Violation) -> Self {
        Self {
            code: violation.code,
            detail: violation.detail,
            pointer: Some(violation.pointer.as_str().to_owned()),
            permitted: violation.permitted,
            declared: violation.declared,
            detected: violation.detected,
            bound: violation.bound,
            message: violation.message,
            unlike_its_name: violation.unlike_its_name,
        }
    }
}

impl Entry {
    fn render(&self, language: Language) -> ErrorEntry {
        let limit = self.bound.map(|b| ByteCount(b.limit));
        let found = self.detected.filter(|_| self.unlike_its_name);
        ErrorEntry {
            status: self.code.status(),
            code: self.code.name(),
            title: self.code.title(),
            detail: self.detail.clone(),
            pointer: self.pointer.clone(),
            permitted: self.permitted.clone(),
            declared: self.declared.clone(),
            detected: self.detected,
            limit: self.bound.map(|b| b.limit),
            actual: self.bound.map(|b| b.actual),
            user_message: user_message(self.code, self.message, limit, found, language),
            retryable: self.code.retryable(),
        }
    }
}

/// Problem details (RFC 9457); the top level repeats the first entry of `errors`.
#[derive(Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Where the code is explained, relative to the server.
    r#type: String,
    /// Short title of the code.
    title: &'static str,
    /// HTTP status.
    status: u16,
    /// Stable, lower-case, dotted.
    code: &'static str,
    /// What is wrong, for the engineer.
    detail: String,
    /// The `X-Request-Id` of this exchange.
    request_id: String,
    /// One entry for every broken rule; never empty.
    errors: Vec<ErrorEntry>,
}

/// One broken rule.
#[derive(Serialize, ToSchema)]
pub(crate) struct ErrorEntry {
    /// HTTP status that this rule alone would have.
    status: u16,
    /// Stable, lower-case, dotted.
    code: &'static str,
    /// Short title of the code.
    title: &'static str,
    /// What is wrong, for the engineer.
    detail: String,
    /// The part or member, as a JSON pointer (RFC 6901).
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<String>,
    /// What would have been right.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    permitted: Vec<&'static str>,
    /// The media type that was declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    declared: Option<String>,
    /// The media type that was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    detected: Option<&'static str>,
    /// The bound that was crossed.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u64>,
    /// The number that crossed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    actual: Option<u64>,
    /// A sentence for the person who uploads, in the language of `Accept-Language`.
    user_message: String,
    /// Whether the same request can succeed later.
    retryable: bool,
}
