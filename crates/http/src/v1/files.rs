//! `/v1/files`

pub(crate) mod check;
pub(crate) mod contents;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod preview;
pub(crate) mod upload;

use dossier_domain::FileId;

use crate::problem::ApiError;

/// The id in a path; what is no id cannot be the id of a file.
fn file_id(text: &str) -> Result<FileId, ApiError> {
    text.parse().map_err(|_| dossier_app::ReadError::NotFound.into())
}
