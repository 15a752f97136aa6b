//! Who calls: `Authorization: Bearer`, and nothing else (RFC 6750, section 2.1).

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use dossier_app::Caller;
use dossier_domain::{Code, Scope};

use crate::Api;
use crate::exchange::OnBehalf;
use crate::problem::ApiError;

/// The authenticated caller of a request.
pub(crate) struct Signed(pub(crate) Caller);

impl Signed {
    /// The caller, if it may do this and is not too fast.
    pub(crate) fn allowed(self, api: &Api, scope: Scope) -> Result<Caller, ApiError> {
        self.0.require(scope)?;
        self.any(api)
    }

    /// The caller, whatever it may do, if it is not too fast.
    pub(crate) fn any(self, api: &Api) -> Result<Caller, ApiError> {
        api.rate.admit(&self.0)?;
        Ok(self.0)
    }
}

impl FromRequestParts<Api> for Signed {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        let token = bearer(&parts.headers)?;
        let caller = api.app.authenticate(token).await?;
        if let (Some(on_behalf), Caller::Key { client_id, .. }) =
            (parts.extensions.get::<OnBehalf>(), caller)
        {
            on_behalf.note(client_id);
        }
        Ok(Self(caller))
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
