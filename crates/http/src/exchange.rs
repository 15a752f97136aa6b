//! What surrounds every request: its id, its error body, its log line, its metrics.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use dossier_domain::{ClientId, Code, Language, RequestId};
use futures_util::FutureExt;

use crate::Api;
use crate::problem::ApiError;

/// The header that names an exchange, in both directions.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Whose request it is, for the log: empty until the caller is known.
#[derive(Clone, Default)]
pub(crate) struct OnBehalf(Arc<OnceLock<ClientId>>);

impl OnBehalf {
    /// Notes the client; a request has one.
    pub(crate) fn note(&self, client: ClientId) {
        self.0.get_or_init(|| client);
    }
}

/// What a response says of itself in the log and the metrics, when its body is no problem
/// document.
#[derive(Clone, Debug)]
pub(crate) struct Remark {
    /// The code of the error.
    pub(crate) code: &'static str,
    /// Why, for the operator alone.
    pub(crate) reason: String,
}

/// Runs one exchange.
pub(crate) async fn run(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request_id(&api, request.headers());
    let language = language(request.headers());
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = matched.as_ref().map_or("unmatched", MatchedPath::as_str);

    let on_behalf = OnBehalf::default();
    request.extensions_mut().insert(on_behalf.clone());
    request.extensions_mut().insert(id.clone());
    let _open = api.metrics.request_started();
    let mut response = unless_it_panics(next.run(request)).await;
    let error = response.extensions_mut().remove::<ApiError>();
    let remark = error.as_ref().map(ApiError::remark);
    let remark = remark.or_else(|| response.extensions_mut().remove());
    let Remark { code, reason } = remark.unwrap_or(Remark { code: "", reason: String::new() });
    if let Some(error) = error {
        response = error.render(id.as_str(), language);
    }
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }

    let status = response.status().as_u16();
    let took = started.elapsed();
    api.metrics.request_finished((method.as_str(), route), (status, code), took);
    let client = on_behalf.0.get().map(ClientId::to_string).unwrap_or_default();
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(
        target: "dossier::request", request_id = %id, %method, route, status, code, ms, client,
        reason, "request"
    );
    response
}

/// The answer of a handler, or 500 for one that panicked. What a panic says may hold anything, so
/// it is not repeated.
async fn unless_it_panics(handler: impl Future<Output = Response>) -> Response {
    // What a handler shares is made to be left by a panic: locks are taken over when poisoned.
    AssertUnwindSafe(handler).catch_unwind().await.unwrap_or_else(|_panic| {
        let error = ApiError::new(Code::ServiceInternal, "A fault of the service.");
        error.because("a handler panicked").into_response()
    })
}

/// The caller's id when it is one, else one of ours.
fn request_id(api: &Api, headers: &HeaderMap) -> RequestId {
    let given = headers.get(REQUEST_ID).and_then(|v| v.to_str().ok());
    given.and_then(RequestId::parse).unwrap_or_else(|| api.app.random_id())
}

/// The language that the reader asks for.
pub(crate) fn language(headers: &HeaderMap) -> Language {
    let header = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok());
    header.map(Language::accepted).unwrap_or_default()
}
