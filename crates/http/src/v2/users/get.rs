//! `GET /v2/users/{id}`: one user.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, ETAG};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use dossier_app::UsersRead;
use dossier_domain::UserId;

use super::schema::UserView;
use super::view;
use crate::Api;
use crate::auth::Signed;
use crate::path::IdInPath;
use crate::precondition::{is_known_copy, user_tag};
use crate::problem::{ApiError, Problem};
use crate::schema::Id;
use crate::view::Data;

/// Read a user.
#[utoipa::path(
    get, path = "/v2/users/{id}", tag = "users", operation_id = "getUser",
    params(
        ("id" = inline(Id), Path, description = "The user's id"),
        ("If-None-Match" = Option<String>, Header, nullable = false,
         description = "The `ETag` of a known copy"),
    ),
    responses(
        (status = 200, description = "The user", body = Data<UserView>,
         headers(("ETag" = String, description = "This state of the user, for `If-Match`"))),
        (status = 304, description = "The known copy is current"),
        (status = 401, description = "No valid key", body = Problem),
        (status = 403, description = "Missing scope `users:read`", body = Problem),
        (status = 404, description = "No such user", body = Problem),
        (status = 429, description = "Too many requests", body = Problem),
        (status = 503, description = "A dependency is down", body = Problem),
    ),
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    Signed(permit): Signed<UsersRead>,
    id: IdInPath<UserId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let user = api.app.get_user(permit, id.get()?).await?;
    let tag = user_tag(user.revision);
    let known = is_known_copy(&headers, &tag);
    let caching = [(ETAG, tag), (CACHE_CONTROL, "private, no-cache".to_owned())];
    if known {
        return Ok((StatusCode::NOT_MODIFIED, caching).into_response());
    }
    Ok((caching, view::data(view::UserText(&user))).into_response())
}
