//! `GET /v1/webhook_endpoints`: the endpoints of the caller's client.

use axum::Json;
use axum::extract::{RawQuery, State};
use dossier_app::WebhooksWrite;

use super::view::EndpointView;
use crate::Api;
use crate::auth::Signed;
use crate::problem::{ApiError, Problem};
use crate::query::Query;
use crate::view::{Page, PageMeta};

/// List webhook endpoints, oldest first.
///
/// They are so few that all are on one page.
#[utoipa::path(
    get, path = "/v1/webhook_endpoints", tag = "webhooks", operation_id = "listWebhookEndpoints",
    responses(
        (status = 200, description = "All of them", body = Page<EndpointView>),
        (status = 400, description = "Malformed request", body = Problem),
        (status = 401, description = "No valid key", body = Problem),
        (status = 403, description = "Missing scope `webhooks:write`", body = Problem),
        (status = 429, description = "Too many requests", body = Problem),
        (status = 503, description = "A dependency is down", body = Problem),
    ),
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    Signed(permit): Signed<WebhooksWrite>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<EndpointView>>, ApiError> {
    Query::parse(query.as_deref(), &[])?;
    let endpoints = api.app.list_endpoints(permit).await?;
    let data = endpoints.into_iter().map(EndpointView::from).collect();
    Ok(Json(Page { data, meta: PageMeta { next: None } }))
}
