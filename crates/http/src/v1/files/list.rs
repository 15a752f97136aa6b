//! `GET /v1/files`: the files of the caller's client, page by page.

use axum::Json;
use axum::extract::{RawQuery, State};
use dossier_app::{FileFilter, FileStatus, FilesRead, ListFiles};

use crate::Api;
use crate::auth::Signed;
use crate::problem::{ApiError, Problem};
use crate::query::Query;
use crate::schema::{FileStatusName, Id, OrderName, PurposeName, Time};
use crate::view::{FileView, Page, PageMeta};

const PARAMETERS: [&str; 8] =
    ["purpose", "status", "user_id", "created_after", "created_before", "size", "after", "order"];

/// List files, newest first.
#[utoipa::path(
    get, path = "/v1/files", tag = "files", operation_id = "listFiles",
    params(
        ("purpose" = inline(Option<PurposeName>), Query, description = "Only of this purpose"),
        ("status" = inline(Option<FileStatusName>), Query,
         description = "`ready`, `processing` or `rejected`"),
        ("user_id" = inline(Option<Id>), Query, description = "Only of this user"),
        ("created_after" = inline(Option<Time>), Query, description = "Made after this, RFC 3339"),
        ("created_before" = inline(Option<Time>), Query,
         description = "Made before this, RFC 3339"),
        ("size" = Option<u8>, Query, minimum = 1, maximum = 100,
         description = "Files of a page: 1 to 100, 50 by default"),
        ("after" = Option<String>, Query, description = "`meta.next` of the page before"),
        ("order" = inline(Option<OrderName>), Query, description = "`desc` (default) or `asc`"),
    ),
    responses(
        (status = 200, description = "One page", body = Page<FileView>),
        (status = 400, description = "Malformed parameter or cursor", body = Problem),
        (status = 401, description = "No valid key", body = Problem),
        (status = 403, description = "Missing scope `files:read`", body = Problem),
        (status = 429, description = "Too many requests", body = Problem),
        (status = 503, description = "A dependency is down", body = Problem),
    ),
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    Signed(permit): Signed<FilesRead>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<FileView>>, ApiError> {
    let list = list(&Query::parse(query.as_deref(), &PARAMETERS)?)?;
    let page = api.app.list_files(permit, &list).await?;
    let data = page.files.iter().map(FileView::whole).collect();
    Ok(Json(Page { data, meta: PageMeta { next: page.next } }))
}

fn list(query: &Query) -> Result<ListFiles, ApiError> {
    let filter = FileFilter {
        purpose: query.take("purpose", "a purpose of GET /v1/purposes", |v| v.parse().ok())?,
        status: query.take(
            "status",
            "`ready`, `processing` or `rejected`",
            FileStatus::from_name,
        )?,
        user_id: query.take("user_id", "a UUID", |v| v.parse().ok())?,
        created_after: query.time_after("created_after")?,
        created_before: query.time_before("created_before")?,
    };
    let (order, size, after) = (query.order()?, query.size()?, query.after()?);
    Ok(ListFiles { filter, order, size, after })
}
