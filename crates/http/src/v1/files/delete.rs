//! `DELETE /v1/files/{id}`: erases a file that is part of no verification.

use axum::extract::State;
use axum::http::StatusCode;
use dossier_app::FilesDelete;
use dossier_domain::FileId;

use crate::Api;
use crate::auth::Signed;
use crate::path::IdInPath;
use crate::problem::{ApiError, Problem};
use crate::schema::Id;

/// Delete a file.
///
/// The row and the key are gone when the answer comes; the bytes at once or soon after.
#[utoipa::path(
    delete, path = "/v1/files/{id}", tag = "files", operation_id = "deleteFile",
    params(("id" = inline(Id), Path, description = "The file's id")),
    responses(
        (status = 204, description = "Deleted"),
        (status = 401, description = "No valid key", body = Problem),
        (status = 403, description = "Missing scope `files:delete`", body = Problem),
        (status = 404, description = "No such file", body = Problem),
        (status = 409, description = "Part of a user's verification", body = Problem),
        (status = 429, description = "Too many requests", body = Problem),
        (status = 503, description = "A dependency is down", body = Problem),
        (status = 507, description = "Storage is full", body = Problem),
    ),
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    Signed(permit): Signed<FilesDelete>,
    id: IdInPath<FileId>,
) -> Result<StatusCode, ApiError> {
    api.app.delete_file(permit, id.get()?).await?;
    Ok(StatusCode::NO_CONTENT)
}
