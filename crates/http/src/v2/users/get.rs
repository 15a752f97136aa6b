//! `GET /v2/users/{id}`: one user.

use axum::extract::State;
use axum::response::Response;
use dossier_app::UsersRead;
use dossier_domain::UserId;

use super::schema::UserView;
use super::view;
use crate::Api;
use crate::auth::Signed;
use crate::path::IdInPath;
use crate::problem::{ApiError, Problem};
use crate::schema::Id;
use crate::view::Data;

/// Read a user.
#[utoipa::path(
    get, path = "/v2/users/{id}", tag = "users", operation_id = "getUser",
    params(("id" = inline(Id), Path, description = "The user's id")),
    responses(
        (status = 200, description = "The user", body = Data<UserView>),
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
) -> Result<Response, ApiError> {
    let user = api.app.get_user(permit, id.get()?).await?;
    Ok(view::data(view::UserText(&user)))
}
