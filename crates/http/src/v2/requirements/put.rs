//! `PUT /v2/requirements`: what the caller's client asks of all its users beside the document.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use dossier_app::Administer;
use utoipa::ToSchema;

use super::PolicyView;
use crate::Api;
use crate::auth::Signed;
use crate::object::ObjectBody;
use crate::problem::{ApiError, Problem};
use crate::schema::AddedPurpose;
use crate::v2::users::BODY_MAX;
use crate::view::Data;

/// What a client adds.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the body for the OpenAPI document")]
pub(crate) struct PolicyBody {
    /// `proof_of_address` and `selfie_video`, or one of them, or none.
    added: BTreeSet<AddedPurpose>,
}

/// Say what all users need beside the document.
///
/// A client can ask for more than the document, never for less.
#[utoipa::path(
    put, path = "/v2/requirements", tag = "users", operation_id = "putRequirementPolicy",
    request_body = PolicyBody,
    responses(
        (status = 200, description = "What completes a verification", body = Data<PolicyView>),
        (status = 400, description = "Malformed request", body = Problem),
        (status = 401, description = "No valid key", body = Problem),
        (status = 403, description = "Missing scope `admin`", body = Problem),
        (status = 413, description = "Body too large", body = Problem),
        (status = 415, description = "Not application/json", body = Problem),
        (status = 422, description = "Members not valid", body = Problem),
        (status = 429, description = "Too many requests", body = Problem),
        (status = 503, description = "A dependency is down", body = Problem),
        (status = 507, description = "Storage is full", body = Problem),
    ),
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    Signed(permit): Signed<Administer>,
    ObjectBody(members): ObjectBody<BODY_MAX>,
) -> Result<Json<Data<PolicyView>>, ApiError> {
    let added = api.app.put_requirement_policy(permit, members).await?;
    Ok(Json(Data { data: PolicyView::new(&added) }))
}
