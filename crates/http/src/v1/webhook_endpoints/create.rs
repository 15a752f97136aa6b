//! `POST /v1/webhook_endpoints`: makes an endpoint and tells its secret, this once.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use dossier_app::WebhooksWrite;

use super::BODY_MAX;
use super::view::{EndpointBody, EndpointView};
use crate::Api;
use crate::auth::Signed;
use crate::object::ObjectBody;
use crate::problem::{ApiError, Problem};
use crate::view::Data;

/// Create a webhook endpoint.
///
/// It is sent what happens from now on. A client has at most 16 endpoints.
#[utoipa::path(
    post, path = "/v1/webhook_endpoints", tag = "webhooks", operation_id = "createWebhookEndpoint",
    request_body = EndpointBody,
    responses(
        (status = 201, description = "Created; the secret is told this once",
         body = Data<EndpointView>),
        (status = 400, description = "Malformed request", body = Problem),
        (status = 401, description = "No valid key", body = Problem),
        (status = 403, description = "Missing scope `webhooks:write`", body = Problem),
        (status = 409, description = "Too many endpoints", body = Problem),
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
    ObjectBody(members): ObjectBody<BODY_MAX>,
) -> Result<impl IntoResponse, ApiError> {
    let new = api.app.create_endpoint(permit, members).await?;
    let location = (header::LOCATION, format!("/v1/webhook_endpoints/{}", new.endpoint.id));
    let private = (header::CACHE_CONTROL, "no-store".to_owned());
    Ok((StatusCode::CREATED, [location, private], Json(Data { data: EndpointView::from(new) })))
}
