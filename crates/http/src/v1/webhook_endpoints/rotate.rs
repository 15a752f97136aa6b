//! `POST /v1/webhook_endpoints/{id}/secret`: exchanges the secret of an endpoint.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use dossier_app::WebhooksWrite;
use dossier_domain::EndpointId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Api;
use crate::auth::Signed;
use crate::path::IdInPath;
use crate::problem::{ApiError, Problem};
use crate::schema::{Id, Time};
use crate::view::Data;

/// A secret that was just made.
#[derive(Serialize, ToSchema)]
pub(crate) struct SecretView {
    /// The new secret, `whsec_…`. It is told this once.
    secret: String,
    /// Until when the one before signs too, RFC 3339.
    #[schema(value_type = Time)]
    previous_secret_ends_at: String,
}

/// Rotate the secret of a webhook endpoint.
///
/// For a day each webhook carries two signatures, by the new secret and by the one before. A secret
/// before that one ends at once.
#[utoipa::path(
    post, path = "/v1/webhook_endpoints/{id}/secret", tag = "webhooks",
    operation_id = "rotateWebhookSecret",
    params(("id" = inline(Id), Path, description = "The endpoint's id")),
    responses(
        (status = 201, description = "The new secret, told this once", body = Data<SecretView>),
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
) -> Result<impl IntoResponse, ApiError> {
    let rotated = api.app.rotate_endpoint_secret(permit, id.get()?).await?;
    let data = SecretView {
        secret: rotated.secret.to_string(),
        previous_secret_ends_at: rotated.previous_ends_at.to_string(),
    };
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], Json(Data { data })))
}
