//! Which path leads to which handler.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::EXPECT;
use axum::http::{HeaderValue, Method, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use dossier_domain::Code;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::body::{Held, IntakeBody, Linger};
use crate::problem::ApiError;
use crate::v1::users::inactivate;
use crate::v1::{audit, events, files, purposes, webhook_endpoints};
use crate::v2::{requirements, users};
use crate::{Api, MetricsPlace, docs, exchange, oauth, openapi, service};

/// The whole API, ready to be served.
pub fn router(api: Api) -> Router {
    let documented = match api.settings.metrics {
        MetricsPlace::Here => documented(),
        MetricsPlace::Elsewhere => documented_without_metrics(),
    };
    let (router, _) = documented.split_for_parts();
    router
        .route("/openapi.json", get(docs::openapi))
        .route("/", get(docs::front))
        .route("/docs", get(docs::page))
        .route("/docs/", get(docs::page))
        .route("/docs/errors", get(docs::errors))
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .layer(middleware::from_fn_with_state(api.clone(), guard))
        .layer(middleware::from_fn_with_state(api.clone(), exchange::run))
        .with_state(api)
}

/// Only the metrics, for an address of their own.
pub fn metrics_router(api: Api) -> Router {
    Router::new()
        .route("/metrics", get(service::metrics))
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .layer(middleware::from_fn_with_state(api.clone(), exchange::run))
        .with_state(api)
}

/// The routes that the OpenAPI document names.
pub(crate) fn documented() -> OpenApiRouter<Api> {
    documented_without_metrics().routes(routes!(service::metrics))
}

fn documented_without_metrics() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(openapi::frame())
        .routes(routes!(files::upload::handler, files::list::handler))
        .routes(routes!(files::check::handler))
        .routes(routes!(files::get::handler, files::delete::handler))
        .routes(routes!(files::contents::handler))
        .routes(routes!(files::preview::handler))
        .routes(routes!(purposes::handler))
        .routes(routes!(events::handler))
        .routes(routes!(webhook_endpoints::create::handler, webhook_endpoints::list::handler))
        .routes(routes!(
            webhook_endpoints::get::handler,
            webhook_endpoints::patch::handler,
            webhook_endpoints::delete::handler
        ))
        .routes(routes!(webhook_endpoints::rotate::handler))
        .routes(routes!(webhook_endpoints::test::handler))
        .routes(routes!(webhook_endpoints::replay::handler))
        .routes(routes!(users::create::handler, users::list::handler))
        .routes(routes!(users::get::handler, users::patch::handler))
        .routes(routes!(inactivate::handler))
        .routes(routes!(users::append::handler))
        .routes(routes!(users::history::handler))
        .routes(routes!(users::decide::handler))
        .routes(routes!(users::request_documents::handler))
        .routes(routes!(users::requirements::handler))
        .routes(routes!(requirements::get::handler, requirements::put::handler))
        .routes(routes!(audit::handler))
        .routes(routes!(oauth::token::handler))
        .routes(routes!(oauth::revoke::handler))
        .routes(routes!(oauth::metadata::handler))
        .routes(routes!(service::health))
        .routes(routes!(service::ready))
}

/// Puts the body under its pace and refuses expectations that nobody can meet.
async fn guard(
    axum::extract::State(api): axum::extract::State<Api>,
    mut request: Request,
    next: Next,
) -> Response {
    let expects = request.headers().get(EXPECT).map(HeaderValue::as_bytes);
    let linger = match expects {
        None => Linger::Drain,
        Some(value) if value.eq_ignore_ascii_case(b"100-continue") => Linger::Unsent,
        Some(_) => {
            let detail = "`Expect` may only be `100-continue`.";
            return ApiError::new(Code::RequestExpectation, detail).closing().into_response();
        }
    };
    let pace = api.settings.pace;
    let held = request.extensions_mut().remove::<Held>().unwrap_or_default();
    let intake = |body| Body::new(IntakeBody::new(body, pace, linger).held(held));
    next.run(request.map(intake)).await
}

async fn no_route() -> ApiError {
    ApiError::new(Code::RouteNotFound, "The API has no such path.")
}

async fn no_method(method: Method) -> Response {
    let detail = format!("The path does not take {}.", known(&method));
    let mut response = ApiError::new(Code::MethodNotAllowed, detail).into_response();
    // The method router adds `Allow` to what a fallback answers only when it is not there yet.
    response.headers_mut().remove(header::ALLOW);
    response
}

/// A method may be any token: only those of RFC 9110 are repeated.
fn known(method: &Method) -> &str {
    let known = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH];
    let more = [Method::DELETE, Method::OPTIONS, Method::TRACE, Method::CONNECT];
    if known.contains(method) || more.contains(method) { method.as_str() } else { "this method" }
}
