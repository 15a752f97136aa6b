//! `POST /oauth/revoke`: ends a token before its time (RFC 7009).

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use dossier_domain::RevocationRequest;
use utoipa::ToSchema;

use super::error::{OAuthErrorAnswer, OAuthProblem, not_stored};
use super::request;
use crate::Api;

/// A token to revoke. Other parameters, such as `token_type_hint`, are ignored: a token says what
/// it is.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body for the OpenAPI document")]
pub(crate) struct RevocationForm {
    /// The access token or refresh token.
    #[schema(min_length = 1)]
    token: String,
    /// The client's id, unless it stands in the header.
    client_id: Option<String>,
    /// The client's secret, unless it stands in the header.
    client_secret: Option<String>,
}

/// Revoke a token.
///
/// A refresh token takes all tokens of its family with it, an access token nothing. It takes
/// effect within a second. A token that is unknown, or another client's, is answered alike.
#[utoipa::path(
    post, path = "/oauth/revoke", tag = "tokens", operation_id = "revokeToken",
    security(("client" = []), ()),
    request_body(content(
        (RevocationForm = "application/x-www-form-urlencoded"),
        (RevocationForm = "application/json"),
    )),
    responses(
        (status = 200, description = "The token is worth nothing, now or since earlier"),
        (status = 400, description = "Request not valid", body = OAuthErrorAnswer),
        (status = 401, description = "Client not known by that secret", body = OAuthErrorAnswer),
        (status = 408, description = "Body too slow", body = OAuthErrorAnswer),
        (status = 413, description = "Body too large", body = OAuthErrorAnswer),
        (status = 415, description = "Neither a form nor JSON", body = OAuthErrorAnswer),
        (status = 429, description = "Too many requests", body = OAuthErrorAnswer),
        (status = 503, description = "A dependency is down", body = OAuthErrorAnswer),
    ),
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    request: Request,
) -> Result<Response, OAuthProblem> {
    let (client, parameters) = request::read(&api, request).await?;
    let request = RevocationRequest::read(&parameters)?;
    let revoked = api.app.revoke_token(&client, &request).await;
    revoked.map_err(|error| OAuthProblem::unavailable(error.to_string()))?;
    Ok((StatusCode::OK, not_stored()).into_response())
}
