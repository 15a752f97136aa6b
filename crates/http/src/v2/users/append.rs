//! `POST /v2/users/{id}/verification`: adds files to the verification of a user.

use axum::extract::State;
use axum::http::StatusCode;
use dossier_app::UsersWrite;

use super::BODY_MAX;
use super::schema::FilesBody;
use crate::Api;
use crate::auth::Signed;
use crate::object::ObjectBody;
use crate::precondition::UserToWrite;
use crate::problem::{ApiError, Problem};
use crate::schema::Id;

/// Add files to a verification.
///
/// The verification is made when there is none, and becomes pending. Files that it names already
/// change nothing.
#[utoipa::path(
    post, path = "/v2/users/{id}/verification", tag = "users",
    operation_id = "appendVerificationFiles",
    params(
        ("id" = inline(Id), Path, description = "The user's id"),
        ("If-Match" = Option<String>, Header, nullable = false,
         pattern = "^(\\*|\"[0-9]+\")$",
         description = "The `ETag` of the user as it was read: the write is meant for that state"),
    ),
    request_body = FilesBody,
    responses(
        (status = 202, description = "Added"),
        (status = 400, description = "Malformed request", body = Problem),
        (status = 401, description = "No valid key", body = Problem),
        (status = 403, description = "Missing scope `users:write`, or inactive user",
         body = Problem),
        (status = 404, description = "No such user", body = Problem),
        (status = 412, description = "The user is not as `If-Match` says", body = Problem),
        (status = 413, description = "Body too large", body = Problem),
        (status = 415, description = "Not application/json", body = Problem),
        (status = 422, description = "References not valid", body = Problem),
        (status = 429, description = "Too many requests", body = Problem),
        (status = 503, description = "A dependency is down", body = Problem),
        (status = 507, description = "Storage is full", body = Problem),
    ),
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    Signed(permit): Signed<UsersWrite>,
    user: UserToWrite,
    ObjectBody(members): ObjectBody<BODY_MAX>,
) -> Result<StatusCode, ApiError> {
    api.app.append_files(permit, user.get()?, members).await?;
    Ok(StatusCode::ACCEPTED)
}
