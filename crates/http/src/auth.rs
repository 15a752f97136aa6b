//! Who calls: `Authorization: Bearer`, and nothing else (RFC 6750, section 2.1).

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use dossier_app::{Permission, Permit};
use dossier_domain::{Code, RequestId};

use crate::Api;
use crate::exchange::OnBehalf;
use crate::problem::ApiError;

/// A request whose caller is known (401), has the scope of `S` (403) and is not too fast (429).
///
/// It is the first parameter of a handler after the state, so these come before anything that
/// the request's other headers or its body could be refused for.
pub(crate) struct Signed<S>(pub(crate) Permit<S>);

impl<S: Permission> FromRequestParts<Api> for Signed<S> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        let token = bearer(&parts.headers)?;
        let caller = api.app.authenticate(token).await?;
        if let Some(on_behalf) = parts.extensions.get::<OnBehalf>() {
            on_behalf.note(caller.client_id);
        }
        let permit: Permit<S> = caller.permit()?;
        api.rate.admit(caller.client_id)?;
        let request_id = parts.extensions.get::<RequestId>().cloned();
        Ok(Self(match request_id {
            Some(id) => permit.in_request(id),
            None => permit,
        }))
    }
}

/// The token of the one `Authorization` header.
fn bearer(headers: &HeaderMap) -> Result<&str, ApiError> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => return Err(ApiError::unauthorized(Code::AuthMissing)),
        (Some(value), None) => value,
        (Some(_), Some(_)) => return Err(ApiError::unauthorized(Code::AuthInvalid)),
    };
    let text = value.to_str().map_err(|_| ApiError::unauthorized(Code::AuthInvalid))?;
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    let token = token.trim_matches(' ');
    if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() {
        Ok(token)
    } else {
        Err(ApiError::unauthorized(Code::AuthInvalid))
    }
}
