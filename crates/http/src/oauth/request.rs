//! What the token and the revocation endpoint have in common: a form or a JSON object, from a
//! client that proves who it is.

use axum::extract::Request;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dossier_app::ProvenClient;
use dossier_domain::{Authorization, ClientCredentials, Parameters, RequestId};

use super::error::OAuthProblem;
use crate::Api;
use crate::body::{Unread, read_whole};
use crate::exchange::OnBehalf;
use crate::listener::Peer;
use crate::media_type::essence;

/// The most bytes of a body: many times what any request needs.
const BODY_MAX: usize = 16 * 1024;

/// The media types of a body.
#[derive(Clone, Copy)]
enum Encoding {
    Form,
    Json,
}

/// Reads the parameters and finds the client, if it is not too fast.
pub(super) async fn read(
    api: &Api,
    request: Request,
) -> Result<(ProvenClient, Parameters), OAuthProblem> {
    let (head, body) = request.into_parts();
    let encoding = encoding(&head.headers)?;
    let body = read_whole(&head.headers, body, BODY_MAX).await.map_err(unread)?;
    let parameters = match encoding {
        Encoding::Form => Parameters::from_form(&body)?,
        Encoding::Json => Parameters::from_json(&body)?,
    };
    let credentials = ClientCredentials::of(authorization(&head.headers), &parameters)?;
    let address = head.extensions.get::<Peer>().and_then(|peer| peer.address);
    let client = api.app.authenticate_client(credentials.as_ref(), address).await?;
    if let Some(on_behalf) = head.extensions.get::<OnBehalf>() {
        on_behalf.note(client.client_id());
    }
    api.rate.admit(client.client_id())?;
    let request_id = head.extensions.get::<RequestId>().cloned();
    let client = match request_id {
        Some(id) => client.in_request(id),
        None => client,
    };
    Ok((client, parameters))
}

fn encoding(headers: &HeaderMap) -> Result<Encoding, OAuthProblem> {
    let unsupported = |description| {
        OAuthProblem::invalid_request(StatusCode::UNSUPPORTED_MEDIA_TYPE, description)
    };
    let essence = essence(headers).map_err(|fault| unsupported(fault.detail()))?;
    if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        Ok(Encoding::Form)
    } else if essence.eq_ignore_ascii_case("application/json") {
        Ok(Encoding::Json)
    } else {
        Err(unsupported("Send application/x-www-form-urlencoded or application/json."))
    }
}

/// What a body is on the wire that was not read to its end.
fn unread(error: Unread) -> OAuthProblem {
    let (status, description) = match error {
        Unread::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "The body is too large."),
        Unread::TooSlow(_) => (StatusCode::REQUEST_TIMEOUT, "The body came too slowly."),
        Unread::BrokenOff => (StatusCode::BAD_REQUEST, "The body ended before its end."),
    };
    OAuthProblem::invalid_request(status, description).closing()
}

/// What the one `Authorization` header proves, if there is one.
fn authorization(headers: &HeaderMap) -> Authorization {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        let absent = !headers.contains_key(AUTHORIZATION);
        return if absent { Authorization::Absent } else { Authorization::Unusable };
    };
    let (scheme, encoded) =
        value.to_str().ok().map(|v| v.split_once(' ').unwrap_or((v, ""))).unwrap_or_default();
    if !scheme.eq_ignore_ascii_case("basic") {
        return Authorization::Absent;
    }
    match STANDARD.decode(encoded.trim_matches(' ')) {
        Ok(decoded) => Authorization::from_basic(&decoded),
        Err(_) => Authorization::Unusable,
    }
}
