//! `DELETE /v1/webhook_endpoints/{id}`: deletes an endpoint and what waits for it.

use axum::extract::State;
use axum::http::StatusCode;
use dossier_app::WebhooksWrite;
use dossier_domain::EndpointId;

use crate::Api;
use crate::auth::Signed;
use crate::path::IdInPath;
use crate::problem::{ApiError, Problem};
use crate::schema::Id;

/// Delete a webhook endpoint.
///
/// What waits to be sent to it is deleted too; events stay in `GET /v1/events`.
#[utoipa::path(
    delete, path = "/v1/webhook_endpoints/{id}", tag = "webhooks",
    operation_id = "deleteWebhookEndpoint",
    params(("id" = inline(Id), Path, description = "The endpoint's id")),
    responses(
        (status = 204, description = "Deleted"),
        (status = 401, description = "No valid key", body = Problem),
        (status = 403, description = "Missing scope `webhooks:write`", body = Problem),
        (status = 404, description = "No such endpoint", body = Problem),
        (status = 429, description = "Too many requests", body = Problem),
        (status = 503, description = "A dependency is down", body = Problem),
        (status = 507, description = "Storage is full", body = Problem),
    ),
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    Signed(permit): Signed<WebhooksWrite>,
    id: IdInPath<EndpointId>,
) -> Result<StatusCode, ApiError> {
    api.app.delete_endpoint(permit, id.get()?).await?;
    Ok(StatusCode::NO_CONTENT)
}
