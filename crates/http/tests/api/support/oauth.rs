//! A client of the token endpoints.

use axum::body::Body;
use axum::http::Request;
use axum::http::request::Builder;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dossier_app::Operator;
use serde_json::Value;

use super::{Answer, Service};

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// A client and its secret.
#[derive(Clone, Debug)]
pub(crate) struct OAuthClient {
    pub(crate) id: String,
    pub(crate) secret: String,
}

/// A pair of tokens.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl OAuthClient {
    /// A new secret of the client with this name.
    pub(crate) async fn new(service: &Service, name: &str, scopes: &str) -> Self {
        let scopes = scopes.parse().unwrap();
        let made = service.app.create_client_secret(Operator, name, scopes).await.unwrap();
        Self { id: made.client_id.to_string(), secret: made.secret.to_string() }
    }

    pub(crate) fn basic(&self) -> String {
        format!("Basic {}", STANDARD.encode(format!("{}:{}", self.id, self.secret)))
    }

    /// Posts a form, with the credentials in the header.
    pub(crate) async fn post(&self, service: &Service, path: &str, form: &str) -> Answer {
        let head = head(path).header("authorization", self.basic()).header("content-type", FORM);
        service.send_body(head, form.as_bytes().to_vec()).await
    }

    /// Asks for tokens.
    pub(crate) async fn ask(&self, service: &Service, form: &str) -> Answer {
        self.post(service, "/oauth/token", form).await
    }

    /// Gets a first pair.
    pub(crate) async fn tokens(&self, service: &Service) -> Tokens {
        Tokens::of(&self.ask(service, "grant_type=client_credentials").await)
    }

    /// Trades a refresh token.
    pub(crate) async fn refresh(&self, service: &Service, token: &str) -> Answer {
        let form = format!("grant_type=refresh_token&refresh_token={token}");
        self.ask(service, &form).await
    }

    /// Revokes a token.
    pub(crate) async fn revoke(&self, service: &Service, token: &str) -> Answer {
        self.post(service, "/oauth/revoke", &format!("token={token}")).await
    }
}

impl Tokens {
    pub(crate) fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status.as_u16(), 200, "{answer:?}");
        let body = answer.json();
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        Self { access: text("access_token"), refresh: text("refresh_token") }
    }
}

/// The head of a request to a token endpoint.
pub(crate) fn head(path: &str) -> Builder {
    Request::post(path).header("x-request-id", "test")
}

/// Status and error of an answer, after asserting its form (RFC 6749, section 5.2).
pub(crate) fn refusal(answer: &Answer) -> String {
    assert_eq!(answer.header("content-type"), "application/json", "{answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("pragma"), "no-cache");
    let body = answer.json();
    let members: Vec<_> = body.as_object().unwrap().keys().cloned().collect();
    assert_eq!(members, ["error", "error_description"]);
    let status = answer.status.as_u16();
    if status == 401 {
        assert_eq!(answer.header("www-authenticate"), "Basic realm=\"dossier\"");
    }
    if status == 429 || status == 503 {
        assert!(answer.header("retry-after").parse::<u32>().unwrap() > 0);
    }
    format!("{status} {}", body["error"].as_str().unwrap())
}

/// What `GET /v1/files` answers to a token.
pub(crate) async fn list_with(service: &Service, token: &str) -> u16 {
    let request = Request::get("/v1/files").header("authorization", format!("Bearer {token}"));
    service.send(request.body(Body::empty()).unwrap()).await.status.as_u16()
}

/// The members of an answer that do not change from one to the next.
pub(crate) fn steady(answer: &Answer) -> Value {
    let mut body = answer.json();
    for name in ["access_token", "refresh_token"] {
        let token = body[name].as_str().unwrap().to_owned();
        let (prefix, random) = token.split_at(4);
        assert_eq!(random.len(), 64);
        assert!(random.bytes().all(|b| b.is_ascii_hexdigit()));
        body[name] = format!("{prefix}…").into();
    }
    body
}
