//! `GET /v1/purposes`: the purpose table, with limits and help texts.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use dossier_app::{AnyKey, Sha256};
use dossier_domain::{FileName, PURPOSES};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Api;
use crate::auth::Signed;
use crate::precondition::is_known_copy;
use crate::problem::{ApiError, Problem};
use crate::view::Data;

/// What may be uploaded for a purpose.
#[derive(Serialize, ToSchema)]
pub(crate) struct PurposeView {
    /// The name to send, compared exactly.
    purpose: &'static str,
    /// What people call it.
    title: &'static str,
    /// Permitted media types.
    permitted: &'static [&'static str],
    /// The fewest bytes of a file.
    size_min: u64,
    /// The most bytes of a file.
    size_max: u64,
    /// The fewest characters of a filename.
    name_length_min: usize,
    /// The most characters of a filename.
    name_length_max: usize,
    /// Help for the person who chooses the file.
    guidance: &'static str,
}

/// Read the purposes.
#[utoipa::path(
    get, path = "/v1/purposes", tag = "files", operation_id = "listPurposes",
    responses(
        (status = 200, description = "The purposes", body = Data<Vec<PurposeView>>),
        (status = 304, description = "The known copy is current"),
        (status = 401, description = "No valid key", body = Problem),
        (status = 429, description = "Too many requests", body = Problem),
        (status = 503, description = "A dependency is down", body = Problem),
    ),
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    _: Signed<AnyKey>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let limits = api.app.limits();
    let rows: Vec<_> = PURPOSES
        .iter()
        .map(|row| PurposeView {
            purpose: row.name,
            title: row.title,
            permitted: row.permitted,
            size_min: limits.size_min.get(),
            size_max: limits.size_max_of(row.purpose).get(),
            name_length_min: FileName::CHARS_MIN,
            name_length_max: FileName::CHARS_MAX,
            guidance: row.guidance,
        })
        .collect();
    let body = serde_json::to_vec(&Data { data: rows }).expect("the table is plain data");
    let etag = etag(&body);
    let known = is_known_copy(&headers, &etag);
    let caching = [(ETAG, etag), (CACHE_CONTROL, "private, no-cache".to_owned())];
    Ok(if known {
        (StatusCode::NOT_MODIFIED, caching).into_response()
    } else {
        (caching, [(CONTENT_TYPE, "application/json")], body).into_response()
    })
}

/// The same on every node and after every build, as long as the table is.
fn etag(body: &[u8]) -> String {
    format!("\"{}\"", Sha256::of(body))
}
