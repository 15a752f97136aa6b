//! `GET /v2/requirements`: what completes a verification.

use axum::Json;
use axum::extract::State;
use dossier_app::UsersRead;

use super::PolicyView;
use crate::Api;
use crate::auth::Signed;
use crate::problem::{ApiError, Problem};
use crate::view::Data;

/// Read what completes a verification.
#[utoipa::path(
    get, path = "/v2/requirements", tag = "users", operation_id = "getRequirementPolicy",
    responses(
        (status = 200, description = "What completes a verification", body = Data<PolicyView>),
        (status = 401, description = "No valid key", body = Problem),
        (status = 403, description = "Missing scope `users:read`", body = Problem),
        (status = 429, description = "Too many requests", body = Problem),
        (status = 503, description = "A dependency is down", body = Problem),
    ),
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    Signed(permit): Signed<UsersRead>,
) -> Result<Json<Data<PolicyView>>, ApiError> {
    let added = api.app.get_requirement_policy(permit).await?;
    Ok(Json(Data { data: PolicyView::new(&added) }))
}
