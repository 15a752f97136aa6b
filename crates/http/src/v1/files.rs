//! `/v1/files`

pub(crate) mod check;
pub(crate) mod contents;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod preview;
pub(crate) mod upload;

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use dossier_domain::FileId;

use crate::Api;
use crate::problem::ApiError;

/// The id in a path. It is judged after the caller is: whoever may not read learns nothing of it.
pub(crate) struct IdInPath(Option<FileId>);

impl IdInPath {
    /// The id; what is no id cannot be the id of a file.
    fn get(self) -> Result<FileId, ApiError> {
        self.0.ok_or_else(|| dossier_app::ReadError::NotFound.into())
    }
}

impl FromRequestParts<Api> for IdInPath {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Infallible> {
        let text = Path::<String>::from_request_parts(parts, api).await;
        Ok(Self(text.ok().and_then(|Path(text)| text.parse().ok())))
    }
}
