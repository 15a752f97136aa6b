//! `POST /v2/users`: creates a user, with the files that verify it.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use dossier_app::UsersWrite;

use super::BODY_MAX;
use super::schema::NewUserBody;
use super::view::UserIdView;
use crate::Api;
use crate::auth::Signed;
use crate::object::ObjectBody;
use crate::problem::{ApiError, Problem};
use crate::view::Data;

/// Create a user.
///
/// The files that its verification names become the user's, all of them or none.
#[utoipa::path(
    post, path = "/v2/users", tag = "users", operation_id = "createUser",
    request_body = NewUserBody,
    responses(
        (status = 201, description = "Created", body = Data<UserIdView>),
        (status = 400, description = "Malformed request", body = Problem),
        (status = 401, description = "No valid key", body = Problem),
        (status = 403, description = "Missing scope `users:write`", body = Problem),
        (status = 409, description = "The external id is taken", body = Problem),
        (status = 413, description = "Body too large", body = Problem),
        (status = 415, description = "Not application/json", body = Problem),
        (status = 422, description = "Members or references not valid", body = Problem),
        (status = 429, description = "Too many requests", body = Problem),
        (status = 503, description = "A dependency is down", body = Problem),
        (status = 507, description = "Storage is full", body = Problem),
    ),
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    Signed(permit): Signed<UsersWrite>,
    ObjectBody(members): ObjectBody<BODY_MAX>,
) -> Result<impl IntoResponse, ApiError> {
    let id = api.app.create_user(permit, members).await?;
    let location = [(header::LOCATION, format!("/v2/users/{id}"))];
    Ok((StatusCode::CREATED, location, Json(Data { data: UserIdView::from(id) })))
}
