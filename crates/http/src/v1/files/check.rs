//! `POST /v1/files/check`: judges a file before it is uploaded; stores nothing.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dossier_app::{CheckFile, FilesWrite};
use dossier_domain::ByteCount;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Api;
use crate::auth::Signed;
use crate::exchange::language;
use crate::object::{Object, ObjectBody};
use crate::problem::{ApiError, ErrorEntry, Problem};
use crate::schema::{Base64, Size};
use crate::view::Data;

/// The most bytes of the JSON body.
const BODY_MAX: usize = 64 * 1024;

/// What is known of a file before its upload.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the body for the OpenAPI document")]
pub(crate) struct CheckRequest {
    /// One of the purposes of `GET /v1/purposes`.
    purpose: String,
    /// The filename.
    name: String,
    /// The size in bytes.
    size: Size,
    /// The media type that would be declared.
    r#type: Option<String>,
    /// The first bytes of the file, base64; 2 KiB are enough.
    head: Option<Base64>,
}

/// The judgement.
#[derive(Serialize, ToSchema)]
pub(crate) struct CheckAnswer {
    /// Whether the upload would be accepted, as far as can be told.
    acceptable: bool,
    /// Every broken rule.
    errors: Vec<ErrorEntry>,
    /// Codes of what an answer to the upload would warn of.
    warnings: Vec<&'static str>,
}

/// Judge a file before it is uploaded.
///
/// Name, size and first bytes are judged by the rules of the upload; only the upload itself sees
/// the whole structure.
#[utoipa::path(
    post, path = "/v1/files/check", tag = "files", operation_id = "checkFile",
    request_body = CheckRequest,
    responses(
        (status = 200, description = "The judgement", body = Data<CheckAnswer>),
        (status = 400, description = "Malformed request", body = Problem),
        (status = 401, description = "No valid key", body = Problem),
        (status = 403, description = "Missing scope `files:write`", body = Problem),
        (status = 413, description = "Body too large", body = Problem),
        (status = 415, description = "Not application/json", body = Problem),
        (status = 422, description = "Member not valid", body = Problem),
        (status = 429, description = "Too many requests", body = Problem),
        (status = 503, description = "A dependency is down", body = Problem),
    ),
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    Signed(permit): Signed<FilesWrite>,
    headers: HeaderMap,
    ObjectBody(members): ObjectBody<BODY_MAX>,
) -> Result<Json<Data<CheckAnswer>>, ApiError> {
    let check = check(Object::new(members))?;
    let language = language(&headers);
    let answer = match api.app.check_file(permit, &check) {
        Ok(warnings) => CheckAnswer {
            acceptable: true,
            errors: Vec::new(),
            warnings: warnings.iter().map(|c| c.name()).collect(),
        },
        Err(violations) => CheckAnswer {
            acceptable: false,
            errors: ApiError::violations(violations).entries(language),
            warnings: Vec::new(),
        },
    };
    Ok(Json(Data { data: answer }))
}

fn check(mut members: Object) -> Result<CheckFile, ApiError> {
    let purpose = members.text("purpose");
    let name = members.text("name");
    let size = ByteCount(members.number("size"));
    let declared = members.optional_text("type").map(|t| essence(&t));
    let head = match members.optional_text("head").map(|text| STANDARD.decode(text)) {
        None => None,
        Some(Ok(bytes)) => Some(bytes),
        Some(Err(_)) => {
            members.wrong("head", "must be base64 (RFC 4648, section 4)");
            None
        }
    };
    members.finish()?;
    Ok(CheckFile { purpose, name, size, declared, head })
}

fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
