//! `GET /v1/files/{id}/preview`: no file has a preview yet, and the answer says so.

use axum::extract::State;
use dossier_app::FilesRead;
use dossier_domain::{Code, FileId};

use crate::Api;
use crate::auth::Signed;
use crate::path::IdInPath;
use crate::problem::{ApiError, Problem};
use crate::schema::Id;

/// Read an image of a file.
#[utoipa::path(
    get, path = "/v1/files/{id}/preview", tag = "files", operation_id = "getPreview",
    params(("id" = inline(Id), Path, description = "The file's id")),
    responses(
        (status = 401, description = "No valid key", body = Problem),
        (status = 403, description = "Missing scope `files:read`", body = Problem),
        (status = 404, description = "No such file, or no preview of it", body = Problem),
        (status = 429, description = "Too many requests", body = Problem),
        (status = 503, description = "A dependency is down", body = Problem),
    ),
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    Signed(permit): Signed<FilesRead>,
    id: IdInPath<FileId>,
) -> Result<(), ApiError> {
    api.app.get_file(permit, id.get()?).await?;
    Err(ApiError::new(Code::FileNoPreview, "This version of the service makes no previews."))
}
