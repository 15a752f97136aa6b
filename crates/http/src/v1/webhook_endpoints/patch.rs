//! `PATCH /v1/webhook_endpoints/{id}`: changes where events are sent, or which.

use axum::Json;
use axum::extract::State;
use dossier_app::WebhooksWrite;
use dossier_domain::EndpointId;

use super::BODY_MAX;
use super::view::{EndpointChangeBody, EndpointView};
use crate::Api;
use crate::auth::Signed;
use crate::object::ObjectBody;
use crate::path::IdInPath;
use crate::problem::{ApiError, Problem};
use crate::schema::Id;
use crate::view::Data;

/// Change a webhook endpoint.
#[utoipa::path(
    patch, path = "/v1/webhook_endpoints/{id}", tag = "webhooks",
    operation_id = "changeWebhookEndpoint",
    params(("id" = inline(Id), Path, description = "The endpoint's id")),
    request_body = EndpointChangeBody,
    responses(
        (status = 200, description = "The endpoint as it is now", body = Data<EndpointView>),
        (status = 400, description = "Malformed request", body = Problem),
        (status = 401, description = "No valid key", body = Problem),
        (status = 403, description = "Missing scope `webhooks:write`", body = Problem),
        (status = 404, description = "No such endpoint", body = Problem),
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
    Signed(permit): Signed<WebhooksWrite>,
    id: IdInPath<EndpointId>,
    ObjectBody(members): ObjectBody<BODY_MAX>,
) -> Result<Json<Data<EndpointView>>, ApiError> {
    let endpoint = api.app.change_endpoint(permit, id.get()?, members).await?;
    Ok(Json(Data { data: endpoint.into() }))
}
