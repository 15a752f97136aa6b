//! `PATCH /v1/users/{id}/inactivate`: makes a user inactive, for good.

use axum::Json;
use axum::extract::State;
use dossier_app::UsersWrite;
use dossier_domain::UserId;

use crate::Api;
use crate::auth::Signed;
use crate::path::IdInPath;
use crate::problem::{ApiError, Problem};
use crate::schema::Id;
use crate::v2::users::view::UserIdView;
use crate::view::Data;

/// Make a user inactive.
///
/// An inactive user can be read but not changed. Doing it again changes nothing. The body is not
/// read.
#[utoipa::path(
    patch, path = "/v1/users/{id}/inactivate", tag = "users", operation_id = "inactivateUser",
    params(("id" = inline(Id), Path, description = "The user's id")),
    responses(
        (status = 200, description = "Inactive", body = Data<UserIdView>),
        (status = 401, description = "No valid key", body = Problem),
        (status = 403, description = "Missing scope `users:write`", body = Problem),
        (status = 404, description = "No such user", body = Problem),
        (status = 429, description = "Too many requests", body = Problem),
        (status = 503, description = "A dependency is down", body = Problem),
        (status = 507, description = "Storage is full", body = Problem),
    ),
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    Signed(permit): Signed<UsersWrite>,
    id: IdInPath<UserId>,
) -> Result<Json<Data<UserIdView>>, ApiError> {
    let id = id.get()?;
    api.app.inactivate_user(permit, id).await?;
    Ok(Json(Data { data: UserIdView::from(id) }))
}
