//! From the HTTP library's requests to the router's.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;

use axum::body::Body;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Version, header};
use axum::routing::future::RouteFuture;
use futures_util::future::Either;
use hyper::body::Incoming;
use tower::Service;

use super::connection::Shared;
use super::peer::Peer;
use crate::body::Held;

/// Answers the requests of one connection.
pub(super) struct Answer {
    shared: Arc<Shared>,
    peer: Peer,
    /// Of the first request only.
    held: Cell<Held>,
}

impl Answer {
    pub(super) fn new(shared: Arc<Shared>, peer: Peer) -> Self {
        Self { shared, peer, held: Cell::default() }
    }

    /// Says how long the first request was held before it was handed over.
    pub(super) fn held(self, held: Held) -> Self {
        Self { held: Cell::new(held), ..self }
    }
}

/// A refusal, or what the router answers.
pub(super) type Answering =
    Either<Ready<Result<Response<Body>, Infallible>>, RouteFuture<Infallible>>;

impl hyper::service::Service<Request<Incoming>> for Answer {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answering;

    fn call(&self, mut request: Request<Incoming>) -> Answering {
        request.extensions_mut().insert(self.peer);
        let held = self.held.take();
        if held != Held::default() {
            request.extensions_mut().insert(held);
        }
        if has_sound_host(request.version(), request.headers()) {
            Either::Right(self.shared.router.clone().call(request))
        } else {
            tracing::info!(
                target: "dossier::request", status = 400, reason = "invalid Host", "no request"
            );
            Either::Left(ready(Ok(refusal())))
        }
    }
}

fn refusal() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Exactly one valid `Host` in HTTP/1.1, at most one in other versions (RFC 9112, section 3.2).
/// An empty one is valid: the client's URI had no authority.
fn has_sound_host(version: Version, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => version != Version::HTTP_11,
        (Some(host), None) => host.is_empty() || is_authority(host.as_bytes()),
        (Some(_), Some(_)) => false,
    }
}

/// A host and perhaps a port, without user information.
fn is_authority(host: &[u8]) -> bool {
    !host.contains(&b'@') && Authority::try_from(host).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound(version: Version, hosts: &[&'static str]) -> bool {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(header::HOST, HeaderValue::from_static(host));
        }
        has_sound_host(version, &headers)
    }

    #[test]
    fn a_host_is_one_authority() {
        for host in ["a", "a.example:8080", "127.0.0.1", "[::1]:8080", "docs_api", ""] {
            assert!(sound(Version::HTTP_11, &[host]), "{host}");
        }
        for host in ["a b", "a/b", "user@a", "a, b", "a:b:c", "http://a", "a?b", "a#b"] {
            assert!(!sound(Version::HTTP_11, &[host]), "{host}");
        }
    }

    #[test]
    fn only_http_1_1_needs_a_host_and_nobody_may_have_two() {
        assert!(!sound(Version::HTTP_11, &[]));
        assert!(sound(Version::HTTP_10, &[]));
        assert!(sound(Version::HTTP_2, &[]));
        for version in [Version::HTTP_10, Version::HTTP_11, Version::HTTP_2] {
            assert!(!sound(version, &["a", "a"]));
        }
    }
}
