//! `GET /v1/webhook_endpoints/{id}`: one endpoint, without its secret.

use axum::Json;
use axum::extract::State;
use dossier_app::WebhooksWrite;
use dossier_domain::EndpointId;

use super::view::EndpointView;
use crate::Api;
use crate::auth::Signed;
use crate::path::IdInPath;
use crate::problem::{ApiError, Problem};
use crate::schema::Id;
use crate::view::Data;

/// Read a webhook endpoint.
#[utoipa::path(
    get, path = "/v1/webhook_endpoints/{id}", tag = "webhooks",
    operation_id = "getWebhookEndpoint",
    params(("id" = inline(Id), Path, description = "The endpoint's id")),
    responses(
        (status = 200, description = "The endpoint", body = Data<EndpointView>),
        (status = 401, description = "No valid key", body = Problem),
        (status = 403, description = "Missing scope `webhooks:write`", body = Problem),
        (status = 404, description = "No such endpoint", body = Problem),
        (status = 429, description = "Too many requests", body = Problem),
        (status = 503, description = "A dependency is down", body = Problem),
    ),
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    Signed(permit): Signed<WebhooksWrite>,
    id: IdInPath<EndpointId>,
) -> Result<Json<Data<EndpointView>>, ApiError> {
    let endpoint = api.app.get_endpoint(permit, id.get()?).await?;
    Ok(Json(Data { data: endpoint.into() }))
}
