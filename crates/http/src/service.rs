//! What operators and their machines read: health, readiness, metrics.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use dossier_app::{Operator, Readiness, Tide};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Api;
use crate::problem::RETRY_AFTER_UNAVAILABLE;

/// How the service stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`, or `unavailable`.
    status: &'static str,
    /// Each dependency: `ok`, or what is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    dependencies: Option<Dependencies>,
    /// What works and needs the operator all the same.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<&'static str>,
    /// How much of the content is checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    content_check: Option<&'static str>,
}

/// The dependencies.
#[derive(Serialize, ToSchema)]
pub(crate) struct Dependencies {
    /// Where the rows are.
    database: &'static str,
    /// Where the bytes are.
    storage: &'static str,
}

/// Tell that the process is alive.
#[utoipa::path(
    get, path = "/healthz", tag = "service", operation_id = "getHealth", security(()),
    responses((status = 200, description = "Alive", body = Health)),
)]
pub(crate) async fn health() -> Json<Health> {
    Json(Health { status: "ok", dependencies: None, warnings: Vec::new(), content_check: None })
}

/// Tell whether files can be taken in now.
#[utoipa::path(
    get, path = "/readyz", tag = "service", operation_id = "getReadiness", security(()),
    responses(
        (status = 200, description = "Ready", body = Health),
        (status = 503, description = "Not ready", body = Health),
    ),
)]
pub(crate) async fn ready(State(api): State<Api>) -> Response {
    let readiness = api.app.readiness().await;
    for (dependency, state) in [("database", &readiness.database), ("storage", &readiness.storage)]
    {
        if let Err(reason) = state {
            tracing::warn!(dependency, reason, "not ready");
        }
    }
    let word = |state: &Result<(), String>| if state.is_ok() { "ok" } else { "unavailable" };
    let dependencies =
        Dependencies { database: word(&readiness.database), storage: word(&readiness.storage) };
    let fine = readiness.database.is_ok() && readiness.storage.is_ok();
    let health = Health {
        status: if fine { "ok" } else { "unavailable" },
        dependencies: Some(dependencies),
        warnings: warnings(&readiness),
        content_check: Some(readiness.content_check.name()),
    };
    if fine {
        return Json(health).into_response();
    }
    let later = [(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_UNAVAILABLE))];
    (StatusCode::SERVICE_UNAVAILABLE, later, Json(health)).into_response()
}

fn warnings(readiness: &Readiness) -> Vec<&'static str> {
    match readiness.tide {
        Tide::InStep => Vec::new(),
        Tide::Apart => vec!["the database is older than the storage, or another one"],
    }
}

/// Read the metrics.
#[utoipa::path(
    get, path = "/metrics", tag = "service", operation_id = "getMetrics", security(()),
    responses((status = 200, description = "OpenMetrics text",
        content_type = "application/openmetrics-text",
               body = String)),
)]
pub(crate) async fn metrics(State(api): State<Api>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    api.metrics.tide_apart.set(i64::from(api.app.last_tide(Operator) == Tide::Apart));
    // Without the database the last number stays.
    if let Ok(age) = api.app.oldest_job_age(Operator).await {
        api.metrics.oldest_job_seconds.set(age.map_or(0.0, |age| age.as_secs_f64()));
    }
    ([(header::CONTENT_TYPE, kind)], api.metrics.text()).into_response()
}
