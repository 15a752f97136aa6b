//! `POST /v1/files`: takes one file in.

use axum::extract::{Request, State};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use dossier_app::{FilesWrite, IdempotencyKey, TakenIn, Upload, UploadError};
use dossier_domain::{ByteCount, Code, too_large};
use dossier_multipart::{Boundary, BoundaryError, content_digest_sha256};

use crate::Api;
use crate::auth::Signed;
use crate::door::{DoorError, MultipartDoor, overhead_max};
use crate::media_type::TypeFault;
use crate::problem::{ApiError, Problem};
use crate::schema::PurposeName;
use crate::view::{Data, FileView};

/// The form that the body carries.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "describes the form for the OpenAPI document")]
pub(crate) struct UploadForm {
    /// One of the purposes of `GET /v1/purposes`.
    purpose: PurposeName,
    /// The document, with a filename.
    #[schema(format = Binary, content_media_type = "application/octet-stream")]
    file: String,
}

/// Take one file in.
///
/// Two parts in either order: `purpose` (text) and `file` (with a filename). 201 means that the
/// bytes are on stable storage and verified, and that the row is committed.
#[utoipa::path(
    post, path = "/v1/files", tag = "files", operation_id = "uploadFile",
    request_body(content = inline(UploadForm), content_type = "multipart/form-data"),
    params(
        ("Idempotency-Key" = Option<String>, Header, nullable = false, min_length = 1,
         max_length = 255, pattern = "^[!-~]+$",
         description = "1 to 255 visible ASCII characters, kept for 24 hours"),
        ("Content-Digest" = Option<String>, Header, nullable = false,
         pattern = "^sha-256=:[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=:$",
         description = "SHA-256 of the whole body (RFC 9530)"),
    ),
    responses(
        (status = 201, description = "Taken in", body = Data<Vec<FileView>>,
         headers(("Location" = String, description = "The file"))),
        (status = 400, description = "Malformed request", body = Problem),
        (status = 401, description = "No valid key", body = Problem),
        (status = 403, description = "Missing scope `files:write`", body = Problem),
        (status = 408, description = "Body too slow", body = Problem),
        (status = 409, description = "First request still running", body = Problem),
        (status = 413, description = "File too large", body = Problem),
        (status = 415, description = "Not multipart/form-data", body = Problem),
        (status = 422, description = "Rules broken, all of them", body = Problem),
        (status = 429, description = "Too many requests", body = Problem),
        (status = 503, description = "A dependency is down", body = Problem),
        (status = 507, description = "Storage full", body = Problem),
    ),
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    Signed(permit): Signed<FilesWrite>,
    request: Request,
) -> Result<Response, ApiError> {
    let (head, body) = request.into_parts();
    let form = form_type(&head.headers)?;
    announced_length(&head.headers, api.app.limits().size_max)?;
    let boundary = form.map_err(malformed_boundary)?;
    let digest = digest(&head.headers)?;
    let idempotency_key = idempotency_key(&head.headers)?;
    // The headers keep the receive buffer that they came in; a slow body is slow for long.
    drop(head);
    // Boxed, because each future that it is handed on to would have room for it.
    let parts = Box::new(MultipartDoor::new(body, &boundary, digest));

    // In a task of its own: a client that leaves ends the stream of parts, not the use case.
    let upload = Upload { parts, idempotency_key };
    let task = tokio::spawn(async move {
        let taken = api.app.upload_file(permit, upload).await?;
        if let TakenIn::Now(file) = &taken {
            api.metrics.file_taken_in(file.size.get());
        }
        Ok::<_, UploadError<DoorError>>(taken.file())
    });
    let file = task.await.map_err(fault)??;

    let location =
        HeaderValue::from_str(&format!("/v1/files/{}", file.id)).expect("an id is visible ASCII");
    let body = axum::Json(Data { data: [FileView::brief(&file)] });
    Ok((StatusCode::CREATED, [(LOCATION, location)], body).into_response())
}

/// The use case panicked, or was stopped with the runtime. What a panic says may hold anything,
/// so it is not repeated.
fn fault(_: tokio::task::JoinError) -> ApiError {
    let detail = "A fault of the service.";
    ApiError::new(Code::ServiceInternal, detail).because("the task of an upload ended early")
}

/// The boundary of the form, or what is wrong with it: that is judged after the length. The outer
/// error is a body that is no form at all.
fn form_type(headers: &HeaderMap) -> Result<Result<Boundary, BoundaryError>, ApiError> {
    if headers.contains_key(CONTENT_ENCODING) {
        return Err(TypeFault::Encoded.into());
    }
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let value = values.next().map(HeaderValue::as_bytes).unwrap_or_default();
    match Boundary::from_content_type(value) {
        Err(BoundaryError::NotMultipart) => {
            let detail = BoundaryError::NotMultipart.detail();
            Err(ApiError::new(Code::RequestMediaType, detail))
        }
        Ok(_) if values.next().is_some() => Ok(Err(BoundaryError::Repeated)),
        judged => Ok(judged),
    }
}

fn malformed_boundary(error: BoundaryError) -> ApiError {
    ApiError::new(Code::MultipartBoundary, error.detail())
}

/// Refuses a body that cannot but hold too large a file, before a byte of it is read.
fn announced_length(headers: &HeaderMap, size_max: ByteCount) -> Result<(), ApiError> {
    let length = headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    match length.filter(|length| *length > size_max.get() + overhead_max()) {
        Some(length) => Err(ApiError::violations(too_large(size_max, ByteCount(length)).into())),
        None => Ok(()),
    }
}

/// The SHA-256 that the whole body must have: `Content-Digest`, or `Repr-Digest`, which says the
/// same of a request without content coding.
fn digest(headers: &HeaderMap) -> Result<Option<[u8; 32]>, ApiError> {
    let names = [HeaderName::from_static("content-digest"), HeaderName::from_static("repr-digest")];
    let mut found = None;
    for name in names {
        let Some(value) = one_value(headers, name)? else { continue };
        let digest = content_digest_sha256(value.as_bytes()).map_err(|_| {
            let detail = "A digest header is not a dictionary of byte sequences (RFC 9530).";
            ApiError::new(Code::RequestMalformed, detail)
        })?;
        if let (Some(before), Some(now)) = (found, digest)
            && before != now
        {
            let detail = "The digest headers contradict each other.";
            return Err(ApiError::new(Code::RequestMalformed, detail));
        }
        found = found.or(digest);
    }
    Ok(found)
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, ApiError> {
    let malformed = || {
        let detail = "Idempotency-Key takes 1 to 255 visible ASCII characters, once.";
        ApiError::new(Code::IdempotencyKey, detail)
    };
    let mut values = headers.get_all("idempotency-key").iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => {
            let text = value.to_str().map_err(|_| malformed())?;
            IdempotencyKey::parse(text).map(Some).ok_or_else(malformed)
        }
        (Some(_), Some(_)) => Err(malformed()),
    }
}

/// The value of a header that may come once.
fn one_value(headers: &HeaderMap, name: HeaderName) -> Result<Option<&HeaderValue>, ApiError> {
    let mut values = headers.get_all(&name).iter();
    let first = values.next();
    if values.next().is_some() {
        let detail = format!("The header `{name}` came twice.");
        return Err(ApiError::new(Code::RequestMalformed, detail));
    }
    Ok(first)
}
