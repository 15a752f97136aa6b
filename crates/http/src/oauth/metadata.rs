//! `GET /.well-known/oauth-authorization-server`: where the endpoints are and what they can do
//! (RFC 8414).

use axum::Json;
use axum::extract::Request;
use axum::http::header::HOST;
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use dossier_domain::{Code, Scope, TokenRequest};
use serde::Serialize;
use utoipa::ToSchema;

use super::error::not_stored;
use crate::listener::Peer;
use crate::problem::{ApiError, Problem};

/// How a client may prove who it is.
const AUTH_METHODS: [&str; 2] = ["client_secret_basic", "client_secret_post"];
/// What a proxy that ends TLS says of the client's side.
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The description of the authorization server.
#[derive(Serialize, ToSchema)]
pub(crate) struct Metadata {
    /// This service, as the request addressed it.
    issuer: String,
    /// Where tokens are issued.
    token_endpoint: String,
    /// How a client proves there who it is.
    token_endpoint_auth_methods_supported: [&'static str; 2],
    /// Where tokens are revoked.
    revocation_endpoint: String,
    /// How a client proves there who it is.
    revocation_endpoint_auth_methods_supported: [&'static str; 2],
    /// The values of `grant_type`.
    grant_types_supported: [&'static str; 2],
    /// None: there is no authorization endpoint.
    response_types_supported: [&'static str; 0],
    /// All scopes; each client may have fewer.
    scopes_supported: Vec<&'static str>,
    /// For people.
    service_documentation: String,
}

/// Find the token endpoints.
#[utoipa::path(
    get, path = "/.well-known/oauth-authorization-server", tag = "tokens",
    operation_id = "getTokenMetadata", security(()),
    responses(
        (status = 200, description = "The description of RFC 8414", body = Metadata),
        (status = 400, description = "No Host", body = Problem),
    ),
)]
pub(crate) async fn handler(request: Request) -> Result<Response, ApiError> {
    let issuer = issuer(&request).ok_or_else(|| {
        ApiError::new(Code::RequestMalformed, "The request does not say which host it is for.")
    })?;
    let metadata = Metadata {
        token_endpoint: format!("{issuer}/oauth/token"),
        token_endpoint_auth_methods_supported: AUTH_METHODS,
        revocation_endpoint: format!("{issuer}/oauth/revoke"),
        revocation_endpoint_auth_methods_supported: AUTH_METHODS,
        grant_types_supported: TokenRequest::GRANT_TYPES,
        response_types_supported: [],
        scopes_supported: Scope::ALL.iter().map(|scope| scope.name()).collect(),
        service_documentation: format!("{issuer}/docs"),
        issuer,
    };
    Ok((not_stored(), Json(metadata)).into_response())
}

/// The service as the client addressed it. A client can only mislead itself with these headers,
/// because nobody may keep the answer for others.
fn issuer(request: &Request) -> Option<String> {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let authority = request.uri().authority().map(|authority| authority.as_str());
    let host = authority.or(host).filter(|host| !host.is_empty())?;
    let forwarded = request.headers().get(FORWARDED_PROTO).map(HeaderValue::as_bytes);
    let peer = request.extensions().get::<Peer>();
    let scheme = match forwarded {
        Some(b"https") => "https",
        Some(_) | None => peer.map_or("http", |peer| peer.scheme),
    };
    Some(format!("{scheme}://{host}"))
}
