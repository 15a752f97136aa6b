//! Preconditions of a request: `If-None-Match` of a reader, `If-Match` of a writer.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::{IF_MATCH, IF_NONE_MATCH};
use axum::http::request::Parts;
use dossier_app::{MeantFor, UserRevision};
use dossier_domain::{Code, UserId};

use crate::Api;
use crate::path::IdInPath;
use crate::problem::ApiError;

/// Whether `If-None-Match` names this representation, by the weak comparison that RFC 9110,
/// section 13.1.2 asks for: proxies weaken tags.
pub(crate) fn is_known_copy(headers: &HeaderMap, etag: &str) -> bool {
    headers.get_all(IF_NONE_MATCH).iter().filter_map(|v| v.to_str().ok()).any(|value| {
        let mut tags = value.split(',').map(str::trim);
        tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
    })
}

/// The tag of a user in one state.
pub(crate) fn user_tag(revision: UserRevision) -> String {
    format!("\"{revision}\"")
}

/// The user in the path, and the states of it that `If-Match` says the request is meant for.
pub(crate) struct UserToWrite {
    id: IdInPath<UserId>,
    /// Told when it is asked for: what the headers say of the body comes first.
    meant_for: Result<MeantFor, ApiError>,
}

impl UserToWrite {
    /// Both; what is no id cannot be the id of a user.
    pub(crate) fn get(self) -> Result<(UserId, MeantFor), ApiError> {
        let meant_for = self.meant_for?;
        Ok((self.id.get()?, meant_for))
    }
}

impl FromRequestParts<Api> for UserToWrite {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Infallible> {
        let meant_for = if_match(&parts.headers);
        let Ok(id) = IdInPath::from_request_parts(parts, api).await;
        Ok(Self { id, meant_for })
    }
}

/// The states that `If-Match` names, by the strong comparison that RFC 9110, section 13.1.1 asks
/// for: a tag that a proxy has weakened names none.
fn if_match(headers: &HeaderMap) -> Result<MeantFor, ApiError> {
    let mut values = headers.get_all(IF_MATCH).iter().peekable();
    if values.peek().is_none() {
        return Ok(MeantFor::Any);
    }
    let malformed = || {
        let detail = "If-Match takes `*`, or the ETag of what was read, in its quotation marks.";
        ApiError::new(Code::RequestMalformed, detail)
    };
    let mut states = Vec::new();
    for value in values {
        let value = value.to_str().map_err(|_| malformed())?.trim();
        if value == "*" {
            return Ok(MeantFor::Any);
        }
        if !value.starts_with(['"', 'W']) || !value.ends_with('"') {
            return Err(malformed());
        }
        let tags = value.split(',').map(str::trim);
        let ours = tags.filter_map(|tag| tag.strip_prefix('"')?.strip_suffix('"'));
        states.extend(ours.map(str::to_owned));
    }
    Ok(MeantFor::OneOf(states))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn read(values: &[&'static str]) -> Option<MeantFor> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(IF_MATCH, HeaderValue::from_static(value));
        }
        if_match(&headers).ok()
    }

    #[test]
    fn strong_tags_name_states_and_weak_ones_name_none() {
        let states = |all: &[&str]| {
            Some(MeantFor::OneOf(all.iter().map(|state| (*state).to_owned()).collect()))
        };
        assert_eq!(read(&[]), Some(MeantFor::Any));
        assert_eq!(read(&["*"]), Some(MeantFor::Any));
        assert_eq!(read(&["\"1\""]), states(&["1"]));
        assert_eq!(read(&["\"1\", \"x\"", "\"3\""]), states(&["1", "x", "3"]));
        assert_eq!(read(&["W/\"1\""]), states(&[]));
    }

    #[test]
    fn what_is_no_tag_is_told_and_not_passed_over() {
        for value in ["1", "", "\"1", "1\"", "**"] {
            assert_eq!(read(&[value]), None, "{value}");
        }
    }
}
