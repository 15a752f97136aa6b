//! Ids in paths.

use std::convert::Infallible;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use dossier_domain::{Code, EndpointId, FileId, UserId};

use crate::Api;
use crate::problem::ApiError;

/// What an id in a path can name.
pub(crate) trait InPath: FromStr {
    /// The answer when nothing has the id.
    fn not_found() -> ApiError;
}

impl InPath for FileId {
    fn not_found() -> ApiError {
        ApiError::new(Code::FileNotFound, "There is no file with this id.")
    }
}

impl InPath for UserId {
    fn not_found() -> ApiError {
        ApiError::new(Code::UserNotFound, "There is no user with this id.")
    }
}

impl InPath for EndpointId {
    fn not_found() -> ApiError {
        ApiError::new(Code::WebhookNotFound, "There is no webhook endpoint with this id.")
    }
}

/// The id in a path. It is judged after the caller is: whoever may not read learns nothing of it.
pub(crate) struct IdInPath<T>(Option<T>);

impl<T: InPath> IdInPath<T> {
    /// The id; what is no id cannot be the id of anything.
    pub(crate) fn get(self) -> Result<T, ApiError> {
        self.0.ok_or_else(T::not_found)
    }
}

impl<T: InPath> FromRequestParts<Api> for IdInPath<T> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Infallible> {
        let text = Path::<String>::from_request_parts(parts, api).await;
        Ok(Self(text.ok().and_then(|Path(text)| text.parse().ok())))
    }
}
