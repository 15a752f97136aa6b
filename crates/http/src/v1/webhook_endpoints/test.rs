//! `POST /v1/webhook_endpoints/{id}/test`: sends an endpoint a test, once and now.

use axum::Json;
use axum::extract::State;
use dossier_app::WebhooksWrite;
use dossier_domain::EndpointId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Api;
use crate::auth::Signed;
use crate::path::IdInPath;
use crate::problem::{ApiError, Problem};
use crate::schema::Id;
use crate::view::Data;

/// What came of a test.
#[derive(Serialize, ToSchema)]
pub(crate) struct TestView {
    /// Whether the endpoint acknowledged.
    acknowledged: bool,
    /// `status` and a number, or why there was none: `timed out`, `not connected`, …
    outcome: String,
}

/// Send a test webhook.
///
/// Its `type` is `webhook.test`; it is signed as every webhook is, and not sent again. The answer
/// comes when the endpoint has answered, or after 15 seconds.
#[utoipa::path(
    post, path = "/v1/webhook_endpoints/{id}/test", tag = "webhooks",
    operation_id = "testWebhookEndpoint",
    params(("id" = inline(Id), Path, description = "The endpoint's id")),
    responses(
        (status = 200, description = "What came of it", body = Data<TestView>),
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
) -> Result<Json<Data<TestView>>, ApiError> {
    let report = api.app.test_endpoint(permit, id.get()?).await?;
    let data = TestView { acknowledged: report.acknowledged, outcome: report.outcome };
    Ok(Json(Data { data }))
}
