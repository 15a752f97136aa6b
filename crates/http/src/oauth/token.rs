//! `POST /oauth/token`: tokens for a client's secret or for a refresh token.

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use dossier_app::IssuedTokens;
use dossier_domain::TokenRequest;
use serde::Serialize;
use utoipa::ToSchema;

use super::error::{OAuthErrorAnswer, OAuthProblem, not_stored};
use super::request;
use crate::Api;
use crate::schema::ScopeList;

/// A request for tokens.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes the body for the OpenAPI document")]
pub(crate) enum TokenForm {
    /// For the client's secret alone.
    Credentials(CredentialsForm),
    /// For a refresh token.
    Refresh(RefreshForm),
}

/// A request for tokens for the client's secret alone.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body for the OpenAPI document")]
pub(crate) struct CredentialsForm {
    /// The grant.
    grant_type: CredentialsGrant,
    /// Scopes, separated by spaces; all that there are when it is missing.
    scope: Option<ScopeList>,
    /// The client's id, unless it stands in the header.
    client_id: Option<String>,
    /// The client's secret, unless it stands in the header.
    client_secret: Option<String>,
}

/// A request for tokens for a refresh token.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body for the OpenAPI document")]
pub(crate) struct RefreshForm {
    /// The grant.
    grant_type: RefreshGrant,
    /// The refresh token.
    #[schema(min_length = 1)]
    refresh_token: String,
    /// Scopes, separated by spaces; all that there are when it is missing.
    scope: Option<ScopeList>,
    /// The client's id, unless it stands in the header.
    client_id: Option<String>,
    /// The client's secret, unless it stands in the header.
    client_secret: Option<String>,
}

/// A grant.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes the body for the OpenAPI document")]
pub(crate) enum CredentialsGrant {
    /// For the client's secret alone.
    ClientCredentials,
}

/// A grant.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes the body for the OpenAPI document")]
pub(crate) enum RefreshGrant {
    /// For a refresh token.
    RefreshToken,
}

/// A pair of tokens.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenAnswer {
    /// For `Authorization: Bearer` on the API.
    access_token: String,
    /// For a new pair, once.
    refresh_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// Seconds until the access token expires.
    expires_in: u64,
    /// Seconds until the refresh token expires.
    refresh_expires_in: u64,
    /// What the access token permits, separated by spaces.
    scope: String,
}

/// Get an access token.
///
/// The client proves who it is with its secret for every grant, in the header or in the body. A
/// refresh token is good for one use: its second use revokes it and every token that followed
/// from it.
#[utoipa::path(
    post, path = "/oauth/token", tag = "tokens", operation_id = "issueTokens",
    security(("client" = []), ()),
    request_body(content(
        (TokenForm = "application/x-www-form-urlencoded"), (TokenForm = "application/json"),
    )),
    responses(
        (status = 200, description = "The tokens", body = TokenAnswer),
        (status = 400, description = "Request, grant or scope not valid", body = OAuthErrorAnswer),
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
    let request = TokenRequest::read(&parameters)?;
    let issued = api.app.issue_tokens(&client, &request).await?;
    let answer = TokenAnswer {
        access_token: issued.access_token.to_string(),
        refresh_token: issued.refresh_token.to_string(),
        token_type: "Bearer",
        expires_in: IssuedTokens::ACCESS_LIFE.as_secs(),
        refresh_expires_in: IssuedTokens::REFRESH_LIFE.as_secs(),
        scope: issued.scopes.to_string(),
    };
    Ok((not_stored(), Json(answer)).into_response())
}
