//! `POST /v2/users/{id}/verification/decision`: approves or rejects a verification.

use axum::Json;
use axum::extract::State;
use dossier_app::ReviewsWrite;
use serde::Serialize;
use utoipa::ToSchema;

use super::BODY_MAX;
use super::schema::DecisionBody;
use crate::Api;
use crate::auth::Signed;
use crate::object::ObjectBody;
use crate::precondition::UserToWrite;
use crate::problem::{ApiError, Problem};
use crate::schema::{Id, VerificationStatusName};
use crate::view::Data;

/// What became of the verification.
#[derive(Serialize, ToSchema)]
pub(crate) struct DecidedView {
    /// The user's id.
    #[schema(value_type = Id)]
    id: String,
    /// Whether the user is verified now.
    verified: bool,
    /// `approved` or `rejected`.
    #[schema(value_type = VerificationStatusName)]
    verification_status: &'static str,
}

/// Approve or reject a verification.
///
/// Only a pending one can be decided.
#[utoipa::path(
    post, path = "/v2/users/{id}/verification/decision", tag = "reviews",
    operation_id = "decideVerification",
    params(
        ("id" = inline(Id), Path, description = "The user's id"),
        ("If-Match" = Option<String>, Header, nullable = false,
         pattern = "^(\\*|\"[0-9]+\")$",
         description = "The `ETag` of the user as it was read: the write is meant for that state"),
    ),
    request_body = DecisionBody,
    responses(
        (status = 200, description = "Decided", body = Data<DecidedView>),
        (status = 400, description = "Malformed request", body = Problem),
        (status = 401, description = "No valid key", body = Problem),
        (status = 403, description = "Missing scope `reviews:write`, or inactive user",
         body = Problem),
        (status = 404, description = "No such user", body = Problem),
        (status = 409, description = "The verification is not pending", body = Problem),
        (status = 412, description = "The user is not as `If-Match` says", body = Problem),
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
    Signed(permit): Signed<ReviewsWrite>,
    user: UserToWrite,
    ObjectBody(members): ObjectBody<BODY_MAX>,
) -> Result<Json<Data<DecidedView>>, ApiError> {
    let (id, meant_for) = user.get()?;
    let status = api.app.decide_verification(permit, (id, meant_for), members).await?;
    let data = DecidedView {
        id: id.to_string(),
        verified: status.verified(),
        verification_status: status.name(),
    };
    Ok(Json(Data { data }))
}
