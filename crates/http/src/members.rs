//! Strict JSON bodies: every unknown, missing or wrong member in one answer, with its pointer.

use std::error::Error;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use dossier_domain::Code;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::{Map, Value};

use crate::body::PaceError;
use crate::problem::ApiError;

/// The members of a JSON object, taken one by one.
pub(crate) struct Members {
    members: Map<String, Value>,
    known: Vec<&'static str>,
    errors: Option<ApiError>,
}

impl Members {
    /// Reads a body of at most `limit` bytes that must be one JSON object.
    pub(crate) async fn read(
        headers: &HeaderMap,
        body: Body,
        limit: usize,
    ) -> Result<Self, ApiError> {
        check_headers(headers)?;
        let bytes = match Limited::new(body, limit).collect().await {
            Ok(collected) => collected.to_bytes(),
            Err(error) => return Err(unread(&*error, limit as u64)),
        };
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(members)) => Ok(Self { members, known: Vec::new(), errors: None }),
            Ok(_) | Err(_) => {
                Err(ApiError::new(Code::RequestMalformed, "The body is not one JSON object."))
            }
        }
    }

    /// A text member that must be there.
    pub(crate) fn text(&mut self, name: &'static str) -> String {
        self.known.push(name);
        match self.members.get(name) {
            Some(Value::String(text)) => return text.clone(),
            Some(_) => self.wrong(name, "must be a string"),
            None => self.wrong(name, "is missing"),
        }
        String::new()
    }

    /// A text member that may be absent or null.
    pub(crate) fn optional_text(&mut self, name: &'static str) -> Option<String> {
        self.known.push(name);
        match self.members.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(_) => {
                self.wrong(name, "must be a string");
                None
            }
        }
    }

    /// A whole number that must be there and is not negative.
    pub(crate) fn number(&mut self, name: &'static str) -> u64 {
        self.known.push(name);
        match self.members.get(name).map(Value::as_u64) {
            Some(Some(number)) => number,
            Some(None) => {
                self.wrong(name, "must be a whole number that is not negative");
                0
            }
            None => {
                self.wrong(name, "is missing");
                0
            }
        }
    }

    /// Notes that a member breaks a rule of its own.
    pub(crate) fn wrong(&mut self, name: &str, rule: &str) {
        let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        let error = ApiError::new(Code::RequestMember, format!("This member {rule}.")).at(pointer);
        self.errors = Some(match self.errors.take() {
            Some(before) => before.and(error),
            None => error,
        });
    }

    /// Every wrong and unknown member, if there is one.
    pub(crate) fn finish(mut self) -> Result<(), ApiError> {
        let unknown: Vec<_> =
            self.members.keys().filter(|k| !self.known.contains(&k.as_str())).cloned().collect();
        for name in unknown.iter().take(Self::UNKNOWN_MAX) {
            self.wrong(name, "is not known here");
        }
        self.errors.map_or(Ok(()), Err)
    }

    /// No more unknown members than this are named.
    const UNKNOWN_MAX: usize = 100;
}

/// Why a body was not read to its end.
fn unread(error: &(dyn Error + Send + Sync + 'static), limit: u64) -> ApiError {
    if error.is::<LengthLimitError>() {
        let detail = format!("This route reads at most {limit} bytes.");
        // The rest is not counted: one more is all that is known.
        let error = ApiError::new(Code::RequestTooLarge, detail).bounded(limit, limit + 1);
        return error.closing();
    }
    match PaceError::of(error) {
        Some(pace) => pace.into(),
        None => {
            let detail = "The body ended before its end.";
            ApiError::new(Code::RequestMalformed, detail).closing()
        }
    }
}

fn check_headers(headers: &HeaderMap) -> Result<(), ApiError> {
    if headers.contains_key(header::CONTENT_ENCODING) {
        let detail = "Send the body without Content-Encoding.";
        return Err(ApiError::new(Code::RequestContentEncoding, detail));
    }
    let value = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let essence = value.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(ApiError::new(Code::RequestMediaType, "Send `Content-Type: application/json`."))
    }
}
