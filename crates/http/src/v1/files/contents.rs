//! `GET /v1/files/{id}/contents`: the exact bytes, with headers that keep a browser from
//! doing anything but saving them.

use std::fmt::Write as _;
use std::ops::Range;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_RANGE, RANGE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dossier_app::{ContentStream, File, FilesRead};
use dossier_domain::{Code, FileId};
use futures_util::StreamExt;
use tokio::time::Instant;

use crate::Api;
use crate::auth::Signed;
use crate::path::IdInPath;
use crate::precondition::is_known_copy;
use crate::problem::{ApiError, Problem};
use crate::schema::Id;
use crate::view::hex;

/// Read the bytes of a file.
///
/// One byte range may be asked for; a request for several is answered whole, as RFC 9110,
/// section 14.2 permits.
#[utoipa::path(
    get, path = "/v1/files/{id}/contents", tag = "files", operation_id = "getContents",
    params(
        ("id" = inline(Id), Path, description = "The file's id"),
        ("Range" = Option<String>, Header, nullable = false, description = "One byte range"),
        ("If-None-Match" = Option<String>, Header, nullable = false,
         description = "The `ETag` of a known copy"),
    ),
    responses(
        (status = 200, description = "The bytes", content_type = "application/octet-stream",
         body = Vec<u8>),
        (status = 206, description = "The range", content_type = "application/octet-stream",
         body = Vec<u8>),
        (status = 304, description = "The known copy is the file"),
        (status = 401, description = "No valid key", body = Problem),
        (status = 403, description = "Missing scope `files:read`", body = Problem),
        (status = 404, description = "No such file", body = Problem),
        (status = 409, description = "Not ready", body = Problem),
        (status = 416, description = "Range not satisfiable", body = Problem),
        (status = 429, description = "Too many requests", body = Problem),
        (status = 500, description = "Stored bytes are damaged", body = Problem),
        (status = 503, description = "A dependency is down", body = Problem),
        (status = 507, description = "Storage is full, and the read cannot be noted",
         body = Problem),
    ),
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    Signed(permit): Signed<FilesRead>,
    id: IdInPath<FileId>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let contents = api.app.open_contents(permit, id.get()?).await?;
    let file = &contents.file;
    let etag = format!("\"{}\"", hex(&file.sha256));
    if is_known_copy(&headers, &etag) {
        return Ok(answer(StatusCode::NOT_MODIFIED, file, &etag, Body::empty()));
    }
    let size = file.size.get();
    // Ranges are defined for GET alone (RFC 9110, section 14.2).
    let ranges = method == Method::GET;
    let range = if ranges { wanted_range(&headers, &etag, size)? } else { None };
    let span = range.clone().unwrap_or(0..size);
    let body = if method == Method::HEAD {
        Body::empty()
    } else {
        let bytes = api.app.read_contents(&contents, span.clone()).await?;
        expiring(bytes, api.settings.pace.request_max)
    };
    let status = if range.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let mut response = answer(status, file, &etag, body);
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(span.end - span.start));
    if range.is_some() {
        let value = format!("bytes {}-{}/{size}", span.start, span.end.saturating_sub(1));
        response.headers_mut().insert(CONTENT_RANGE, ascii(&value));
    }
    Ok(response)
}

/// A body that breaks off, when it is read slowly, once its request may live no longer.
fn expiring(bytes: ContentStream, request_max: Duration) -> Body {
    let expiry = Instant::now() + request_max;
    Body::from_stream(bytes.map(move |read| {
        let read = read.map_err(|error| error.to_string())?;
        if Instant::now() < expiry { Ok(read) } else { Err("the request is too old".to_owned()) }
    }))
}

/// The one satisfiable byte range that is asked for; `None` when the whole is to be sent
/// (RFC 9110, sections 13.1.5 and 14.2).
fn wanted_range(
    headers: &HeaderMap,
    etag: &str,
    size: u64,
) -> Result<Option<Range<u64>>, ApiError> {
    let stale = headers.get(IF_RANGE).is_some_and(|v| v.as_bytes() != etag.as_bytes());
    let mut values = headers.get_all(RANGE).iter();
    let (Some(value), None, false) = (values.next(), values.next(), stale) else {
        return Ok(None);
    };
    let spec = value.to_str().ok().and_then(|v| v.strip_prefix("bytes="));
    let Some((first, last)) = spec.filter(|s| !s.contains(',')).and_then(|s| s.split_once('-'))
    else {
        return Ok(None);
    };
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse::<u64>().unwrap_or(u64::MAX))
    };
    let range = match (number(first), number(last)) {
        (Some(first), Some(last)) if first > last => return Ok(None),
        (Some(first), Some(last)) => first..last.saturating_add(1).min(size),
        (Some(first), None) if last.is_empty() => first..size,
        (None, Some(suffix)) if first.is_empty() => size.saturating_sub(suffix)..size,
        (Some(_) | None, None) | (None, Some(_)) => return Ok(None),
    };
    if range.start < range.end {
        return Ok(Some(range));
    }
    let detail = "The range lies outside the file.";
    let length = ascii(&format!("bytes */{size}"));
    Err(ApiError::new(Code::FileRange, detail).with_header(CONTENT_RANGE, length))
}

fn answer(status: StatusCode, file: &File, etag: &str, body: Body) -> Response {
    let digest = format!("sha-256=:{}:", STANDARD.encode(file.sha256));
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(file.media_type.essence())),
        (CONTENT_DISPOSITION, ascii(&disposition(&file.name))),
        (ETAG, ascii(etag)),
        (ACCEPT_RANGES, HeaderValue::from_static("bytes")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'")),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("same-origin"),
        ),
        (HeaderName::from_static("repr-digest"), ascii(&digest)),
    ];
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().extend(headers);
    response
}

/// `attachment` with an ASCII fallback and the exact name (RFC 6266, RFC 8187).
fn disposition(name: &str) -> String {
    let fallback: String = name
        .chars()
        .map(|c| match c {
            ' '..='~' if !matches!(c, '"' | '\\' | '%') => c,
            _ => '_',
        })
        .collect();
    let mut value = format!("attachment; filename=\"{fallback}\"; filename*=UTF-8''");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            value.push(char::from(byte));
        } else {
            write!(value, "%{byte:02X}").expect("writing to a string cannot fail");
        }
    }
    value
}

fn ascii(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).expect("the value is visible ASCII by construction")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(value: &'static str) -> Result<Option<Range<u64>>, Code> {
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, HeaderValue::from_static(value));
        wanted_range(&headers, "\"e\"", 100).map_err(|e| e.code())
    }

    #[test]
    fn one_satisfiable_range_is_taken_and_strange_ones_are_ignored() {
        for (value, want) in [
            ("bytes=0-0", Some(0..1)),
            ("bytes=10-", Some(10..100)),
            ("bytes=-10", Some(90..100)),
            ("bytes=-1000", Some(0..100)),
            ("bytes=90-18446744073709551616", Some(90..100)),
            ("bytes=5-3", None),
            ("bytes=0-0,2-3", None),
            ("bytes=a-b", None),
            ("bytes=-", None),
            ("items=0-1", None),
        ] {
            assert_eq!(ranges(value), Ok(want), "{value}");
        }
        for value in ["bytes=100-", "bytes=100-200", "bytes=-0"] {
            assert_eq!(ranges(value), Err(Code::FileRange), "{value}");
        }
    }

    #[test]
    fn a_name_is_inert_in_the_disposition() {
        let value = disposition("a\"b\\c;ü%41.pdf");
        assert_eq!(
            value,
            "attachment; filename=\"a_b_c;__41.pdf\"; filename*=UTF-8''a%22b%5Cc%3B%C3%BC%2541.pdf"
        );
    }
}
