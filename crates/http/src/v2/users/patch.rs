//! `PATCH /v2/users/{id}`: changes a user.

use axum::Json;
use axum::extract::State;
use dossier_app::UsersWrite;

use super::BODY_MAX;
use super::schema::UserBody;
use super::view::UserIdView;
use crate::Api;
use crate::auth::Signed;
use crate::object::ObjectBody;
use crate::precondition::UserToWrite;
use crate::problem::{ApiError, Problem};
use crate::schema::Id;
use crate::view::Data;

/// Change a user.
///
/// Given members replace, null removes, the rest stays. `verification` is replaced as a whole;
/// files that it names no more stay the user's.
#[utoipa::path(
    patch, path = "/v2/users/{id}", tag = "users", operation_id = "patchUser",
    params(
        ("id" = inline(Id), Path, description = "The user's id"),
        ("If-Match" = Option<String>, Header, nullable = false,
         pattern = "^(\\*|\"[0-9]+\")$",
         description = "The `ETag` of the user as it was read: the write is meant for that state"),
    ),
    request_body = UserBody,
    responses(
        (status = 200, description = "Changed", body = Data<UserIdView>),
        (status = 400, description = "Malformed request", body = Problem),
        (status = 401, description = "No valid key", body = Problem),
        (status = 403, description = "Missing scope `users:write`, or inactive user",
         body = Problem),
        (status = 404, description = "No such user", body = Problem),
        (status = 409, description = "The external id is taken", body = Problem),
        (status = 412, description = "The user is not as `If-Match` says", body = Problem),
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
    user: UserToWrite,
    ObjectBody(members): ObjectBody<BODY_MAX>,
) -> Result<Json<Data<UserIdView>>, ApiError> {
    let (id, meant_for) = user.get()?;
    api.app.patch_user(permit, (id, meant_for), members).await?;
    Ok(Json(Data { data: UserIdView::from(id) }))
}
