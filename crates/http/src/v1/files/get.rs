//! `GET /v1/files/{id}`: what is known of a file.

use axum::Json;
use axum::extract::State;
use dossier_app::FilesRead;
use dossier_domain::FileId;

use crate::Api;
use crate::auth::Signed;
use crate::path::IdInPath;
use crate::problem::{ApiError, Problem};
use crate::schema::Id;
use crate::view::{Data, FileView};

/// Read what is known of a file.
#[utoipa::path(
    get, path = "/v1/files/{id}", tag = "files", operation_id = "getFile",
    params(("id" = inline(Id), Path, description = "The file's id")),
    responses(
        (status = 200, description = "The file", body = Data<FileView>),
        (status = 401, description = "No valid key", body = Problem),
        (status = 403, description = "Missing scope `files:read`", body = Problem),
        (status = 404, description = "No such file", body = Problem),
        (status = 429, description = "Too many requests", body = Problem),
        (status = 503, description = "A dependency is down", body = Problem),
    ),
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    Signed(permit): Signed<FilesRead>,
    id: IdInPath<FileId>,
) -> Result<Json<Data<FileView>>, ApiError> {
    let file = api.app.get_file(permit, id.get()?).await?;
    Ok(Json(Data { data: FileView::whole(&file) }))
}
