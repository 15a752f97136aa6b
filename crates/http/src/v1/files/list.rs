//! `GET /v1/files`: the files of the caller's client, page by page.

use axum::Json;
use axum::extract::{RawQuery, State};
use dossier_app::{FileFilter, FileStatus, FilesRead, ListFiles, Order, PageSize};
use dossier_domain::{Code, Timestamp};

use crate::Api;
use crate::auth::Signed;
use crate::problem::{ApiError, Problem};
use crate::query::Query;
use crate::view::{FileView, Page, PageMeta};

const PARAMETERS: [&str; 8] =
    ["purpose", "status", "user_id", "created_after", "created_before", "size", "after", "order"];

/// List files, newest first.
#[utoipa::path(
    get, path = "/v1/files", tag = "files", operation_id = "listFiles",
    params(
        ("purpose" = Option<String>, Query, description = "Only of this purpose"),
        ("status" = Option<String>, Query, description = "`ready`, `processing` or `rejected`"),
        ("user_id" = Option<String>, Query, description = "Only of this user"),
        ("created_after" = Option<String>, Query, description = "Made after this, RFC 3339"),
        ("created_before" = Option<String>, Query, description = "Made before this, RFC 3339"),
        ("size" = Option<u8>, Query, description = "Files of a page: 1 to 100, 50 by default"),
        ("after" = Option<String>, Query, description = "`meta.next` of the page before"),
        ("order" = Option<String>, Query, description = "`desc` (default) or `asc`"),
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
        status: query.take("status", "`ready`, `processing` or `rejected`", |v| {
            FileStatus::ALL.into_iter().find(|s| s.name() == v)
        })?,
        user_id: query.take("user_id", "a UUID", |v| v.parse().ok())?,
        created_after: time(query, "created_after")?,
        created_before: time(query, "created_before")?,
    };
    let order = query.take("order", "`asc` or `desc`", |v| match v {
        "asc" => Some(Order::Ascending),
        "desc" => Some(Order::Descending),
        _ => None,
    })?;
    let size = query.take("size", "a number", |v| Some(page_size(v)))?;
    let size = size.unwrap_or_else(|| Ok(PageSize::default()))?;
    let after = query.take("after", "a cursor", |v| Some(v.to_owned()))?;
    Ok(ListFiles { filter, order: order.unwrap_or_default(), size, after })
}

fn page_size(text: &str) -> Result<PageSize, ApiError> {
    text.parse().ok().and_then(PageSize::new).ok_or_else(|| {
        let (min, max) = (PageSize::MIN, PageSize::MAX);
        let detail = format!("The query parameter `size` takes a number from {min} to {max}.");
        ApiError::new(Code::RequestCursor, detail)
    })
}

fn time(query: &Query, name: &str) -> Result<Option<Timestamp>, ApiError> {
    query.take(name, "an RFC 3339 time with its offset, percent-encoded", |v| {
        Timestamp::parse_rfc3339(v)
    })
}
