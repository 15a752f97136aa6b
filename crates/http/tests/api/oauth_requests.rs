//! What the token endpoints refuse, how they say so, and what is stored afterwards: nothing.

use std::time::Duration;

use axum::body::Body as AxumBody;
use axum::http::{Method, Request};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dossier_http::Settings;
use insta::assert_snapshot;
use serde_json::json;

use crate::support::oauth::{FORM, OAuthClient, Tokens, head, refusal};
use crate::support::{Answer, Body, Options, Service};

const GRANT: &str = "grant_type=client_credentials";

async fn send(service: &Service, headers: &[(&str, &str)], body: &str) -> Answer {
    let head =
        headers.iter().fold(head("/oauth/token"), |h, (name, value)| h.header(*name, *value));
    service.send_body(head, body.as_bytes().to_vec()).await
}

fn assert_no_tokens(service: &Service) {
    assert_eq!((service.rows("grants"), service.rows("token_pairs")), (0, 0));
}

#[tokio::test]
async fn credentials_may_stand_in_the_header_or_the_body_and_the_body_may_be_json() {
    let service = Service::start().await;
    let client = OAuthClient::new(&service, "partner", "files:read").await;
    let OAuthClient { id, secret } = &client;
    let body = format!("{GRANT}&client_id={id}&client_secret={secret}");
    let simple_id = id.replace('-', "").to_uppercase();
    let other_form = format!("{GRANT}&client_id={simple_id}&client_secret=dss%5F{}", &secret[4..]);
    let json = json!({
        "grant_type": "client_credentials", "client_id": id, "client_secret": secret,
        "scope": null, "audience": ["ignored"],
    });
    let encoded = STANDARD.encode(format!("{id}:{}", secret.replace('_', "%5F")));
    let encoded = format!("bASIC  {encoded}");
    for (headers, body) in [
        (vec![("content-type", FORM)], body.clone()),
        (vec![("content-type", FORM)], other_form),
        (vec![("content-type", "Application/JSON; charset=utf-8")], json.to_string()),
        (vec![("content-type", FORM), ("authorization", &client.basic())], GRANT.to_owned()),
        (vec![("content-type", FORM), ("authorization", &encoded)], GRANT.to_owned()),
        (
            vec![("content-type", FORM), ("authorization", &client.basic())],
            format!("{GRANT}&client_id={id}&resource=a&resource=b&"),
        ),
        // Many clients send the token that they have with every request.
        (vec![("content-type", FORM), ("authorization", "Bearer dsa_old")], body),
    ] {
        Tokens::of(&send(&service, &headers, &body).await);
    }
    assert_eq!(service.rows("grants"), 7);
    // Never from the query string.
    let query = format!("/oauth/token?client_id={id}&client_secret={secret}");
    let head = head(&query).header("content-type", FORM);
    let answer = service.send_body(head, GRANT.as_bytes().to_vec()).await;
    assert_eq!(refusal(&answer), "401 invalid_client");
}

#[tokio::test]
async fn whoever_does_not_prove_who_he_is_is_told_the_same() {
    let service = Service::start().await;
    let client = OAuthClient::new(&service, "partner", "files:read").await;
    let other = OAuthClient::new(&service, "other", "files:read").await;
    let key = service.key_of("partner", "files:read").await;
    let with = |id: &str, secret: &str| {
        let client = OAuthClient { id: id.to_owned(), secret: secret.to_owned() };
        client.basic()
    };
    let wrong_secret = with(&client.id, &format!("dss_{}", "0".repeat(64)));
    let headers = [("content-type", FORM), ("authorization", wrong_secret.as_str())];
    let wrong = send(&service, &headers, GRANT).await;
    assert_snapshot!(wrong.whole(), @r#"
    401
    {
      "error": "invalid_client",
      "error_description": "The client is unknown, or its secret is missing, wrong or
    expired."
    }
    "#);
    for authorization in [
        with("0198c0de-1111-7222-8333-444455556666", &client.secret),
        with(&other.id, &client.secret),
        with("partner", &client.secret),
        with(&client.id, ""),
        with(&client.id, &key),
        with(&client.id, &client.secret.to_uppercase()),
        with(&client.id, &format!("{} ", client.secret)),
        with(&client.id, &"x".repeat(7_000)),
        with("", ""),
        "Basic".into(),
        "Basic *".into(),
        format!("Basic {}", STANDARD.encode("no colon")),
        format!("Basic {}", STANDARD.encode(format!("{}:%zz", client.id))),
        format!("Bearer {}", client.secret),
        format!("Digest {}", client.secret),
    ] {
        let headers = [("content-type", FORM), ("authorization", authorization.as_str())];
        let answer = send(&service, &headers, GRANT).await;
        assert_eq!(refusal(&answer), "401 invalid_client", "{authorization}");
        assert_eq!(answer.body, wrong.body);
        assert_eq!(answer.headers, wrong.headers, "{authorization}");
    }
    for body in [
        GRANT.to_owned(),
        format!("{GRANT}&client_id={}", client.id),
        format!("{GRANT}&client_secret={}", client.secret),
        format!("{GRANT}&client_id={}&client_secret=", client.id),
    ] {
        let answer = send(&service, &[("content-type", FORM)], &body).await;
        assert_eq!(refusal(&answer), "401 invalid_client", "{body}");
        assert_eq!(answer.headers, wrong.headers);
    }
    assert_no_tokens(&service);
}

#[tokio::test]
async fn requests_that_break_a_rule_are_refused_with_its_error() {
    let service = Service::start().await;
    let client = OAuthClient::new(&service, "partner", "files:read").await;
    for (form, error) in [
        ("", "400 invalid_request"),
        ("grant_type=", "400 invalid_request"),
        ("grant_type=client_credentials&grant_type=client_credentials", "400 invalid_request"),
        ("grant_type=client_credentials&client_secret=dss_x", "400 invalid_request"),
        ("grant_type=client_credentials&client_id=someone", "400 invalid_request"),
        ("grant_type=client_credentials&scope=%", "400 invalid_request"),
        ("grant_type=client_credentials&scope=%ff", "400 invalid_request"),
        ("grant_type=client_credentials&scope=a&scope=b", "400 invalid_request"),
        ("grant_type=refresh_token", "400 invalid_request"),
        ("grant_type=refresh_token&refresh_token=", "400 invalid_request"),
        ("grant_type=refresh_token&refresh_token=dsr_x", "400 invalid_grant"),
        ("grant_type=password&username=a&password=b", "400 unsupported_grant_type"),
        ("grant_type=authorization_code&code=x", "400 unsupported_grant_type"),
        ("grant_type=client_credentials&scope=files:write", "400 invalid_scope"),
        ("grant_type=client_credentials&scope=files:read+files:write", "400 invalid_scope"),
        ("grant_type=client_credentials&scope=files:read,files:read", "400 invalid_scope"),
        ("grant_type=client_credentials&scope=%00", "400 invalid_scope"),
    ] {
        assert_eq!(refusal(&client.ask(&service, form).await), error, "{form}");
    }
    let json = [("content-type", "application/json"), ("authorization", &client.basic())];
    for (body, error) in [
        ("", "400 invalid_request"),
        ("[]", "400 invalid_request"),
        ("{\"grant_type\":7}", "400 invalid_request"),
        ("{\"grant_type\":\"client_credentials\",\"grant_type\":\"x\"}", "400 invalid_request"),
        (
            "{\"grant_type\":\"client_credentials\",\"scope\":[\"files:read\"]}",
            "400 invalid_request",
        ),
        ("{\"grant_type\":\"client_credentials\"", "400 invalid_request"),
        ("grant_type=client_credentials", "400 invalid_request"),
        ("{\"grant_type\":\"implicit\"}", "400 unsupported_grant_type"),
    ] {
        assert_eq!(refusal(&send(&service, &json, body).await), error, "{body}");
    }
    let revoked = client.post(&service, "/oauth/revoke", "token_type_hint=access_token").await;
    assert_eq!(refusal(&revoked), "400 invalid_request");
    assert_no_tokens(&service);
}

#[tokio::test]
async fn bodies_of_another_kind_too_large_or_cut_off_are_refused() {
    let service = Service::start().await;
    let client = OAuthClient::new(&service, "partner", "files:read").await;
    let basic = client.basic();
    let auth = ("authorization", basic.as_str());
    for headers in [
        vec![auth],
        vec![auth, ("content-type", "")],
        vec![auth, ("content-type", "text/plain")],
        vec![auth, ("content-type", "multipart/form-data; boundary=x")],
        vec![auth, ("content-type", FORM), ("content-type", FORM)],
        vec![auth, ("content-type", FORM), ("content-encoding", "gzip")],
    ] {
        let answer = send(&service, &headers, GRANT).await;
        assert_eq!(refusal(&answer), "415 invalid_request", "{headers:?}");
    }
    let headers = [auth, ("content-type", FORM)];
    let filled = format!("{GRANT}&padding={}", "x".repeat(16 * 1024 - GRANT.len() - 9));
    Tokens::of(&send(&service, &headers, &filled).await);
    for size in [filled.len() + 1, 1 << 20] {
        let answer = send(&service, &headers, &"x".repeat(size)).await;
        assert_eq!(refusal(&answer), "413 invalid_request");
        assert_eq!(answer.header("connection"), "close");
    }
    let many = "&=".repeat(8_000);
    assert_eq!(refusal(&send(&service, &headers, &many).await), "400 invalid_request");
    let head = head("/oauth/token").header(auth.0, auth.1).header("content-type", FORM);
    let cut = service.send(head.body(Body::broken_after(GRANT.as_bytes()).0).unwrap()).await;
    assert_eq!(refusal(&cut), "400 invalid_request");
    assert_eq!(service.rows("grants"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stalls_is_given_up() {
    let service = Service::start().await;
    let client = OAuthClient::new(&service, "partner", "files:read").await;
    let head = head("/oauth/token").header("authorization", client.basic());
    let head = head.header("content-type", FORM);
    let answer = service.send(head.body(Body::stalled_after(b"grant").0).unwrap()).await;
    assert_eq!(refusal(&answer), "408 invalid_request");
    assert_no_tokens(&service);
}

#[tokio::test]
async fn guesses_are_limited_and_a_client_that_was_let_in_before_is_not_locked_out() {
    let service = Service::start().await;
    let client = OAuthClient::new(&service, "partner", "files:read").await;
    let known = OAuthClient::new(&service, "known", "files:read").await;
    known.tokens(&service).await;
    let guess = async |client: &OAuthClient| {
        let wrong = OAuthClient { secret: "dss_wrong".into(), ..client.clone() };
        wrong.ask(&service, GRANT).await
    };
    for _ in 0..20 {
        assert_eq!(refusal(&guess(&client).await), "401 invalid_client");
    }
    let limited = guess(&client).await;
    assert_snapshot!(limited.whole(), @r#"
    429
    {
      "error": "temporarily_unavailable",
      "error_description": "There were too many requests. Ask again later."
    }
    "#);
    assert_eq!(refusal(&limited), "429 temporarily_unavailable");
    for prefix in ["ratelimit", "x-ratelimit"] {
        assert_eq!(limited.header(&format!("{prefix}-limit")), "20");
        assert_eq!(limited.header(&format!("{prefix}-remaining")), "0");
        assert_eq!(limited.header(&format!("{prefix}-reset")), limited.header("retry-after"));
    }
    // Not even the right secret is looked at; another client's is.
    assert_eq!(refusal(&client.ask(&service, GRANT).await), "429 temporarily_unavailable");
    known.tokens(&service).await;
    for _ in 0..19 {
        assert_eq!(refusal(&guess(&known).await), "401 invalid_client");
    }
    known.tokens(&service).await;
    service.clock.advance(Duration::from_secs(3));
    client.tokens(&service).await;
}

#[tokio::test]
async fn the_rate_of_a_client_holds_for_its_requests_for_tokens() {
    let settings = Settings { requests_per_minute: Some(1), ..Settings::default() };
    let service = Service::with(Options { settings, ..Options::default() }).await;
    let client = OAuthClient::new(&service, "partner", "files:read").await;
    client.tokens(&service).await;
    let limited = client.ask(&service, GRANT).await;
    assert_eq!(refusal(&limited), "429 temporarily_unavailable");
    assert_eq!(limited.header("ratelimit-limit"), "1");
    assert_eq!(service.rows("grants"), 1);
}

#[tokio::test]
async fn without_a_database_nobody_gets_a_token_and_all_are_told_to_come_back() {
    let service = Service::start().await;
    let client = OAuthClient::new(&service, "partner", "files:read").await;
    let stranger = rusqlite::Connection::open(service.database()).unwrap();
    stranger.execute_batch("begin exclusive").unwrap();
    let answer = client.ask(&service, GRANT).await;
    assert_eq!(refusal(&answer), "503 temporarily_unavailable");
    stranger.execute_batch("rollback").unwrap();
    assert_no_tokens(&service);
    client.tokens(&service).await;
}

#[tokio::test]
async fn only_post_is_taken() {
    let service = Service::start().await;
    for path in ["/oauth/token", "/oauth/revoke"] {
        let request = service.request(Method::GET, path).body(AxumBody::empty()).unwrap();
        let answer = service.send(request).await;
        assert_eq!(answer.brief(), "405 route.method_not_allowed");
        assert_eq!(answer.header("allow"), "POST");
    }
}

#[tokio::test]
async fn the_metadata_name_the_service_as_it_was_addressed() {
    let service = Service::start().await;
    let get = async |headers: &[(&str, &str)]| {
        let request = Request::get("/.well-known/oauth-authorization-server");
        let request = headers.iter().fold(request, |r, (name, value)| r.header(*name, *value));
        service.send(request.body(AxumBody::empty()).unwrap()).await
    };
    let answer = get(&[("host", "dossier.example"), ("x-forwarded-proto", "https")]).await;
    assert_snapshot!(answer.whole(), @r#"
    200
    {
      "grant_types_supported": [
        "client_credentials",
        "refresh_token"
      ],
      "issuer": "https://dossier.example",
      "response_types_supported": [],
      "revocation_endpoint": "https://dossier.example/oauth/revoke",
      "revocation_endpoint_auth_methods_supported": [
        "client_secret_basic",
        "client_secret_post"
      ],
      "scopes_supported": [
        "files:write",
        "files:read",
        "files:delete",
        "users:write",
        "users:read",
        "reviews:write",
        "audit:read",
        "webhooks:write",
        "admin"
      ],
      "service_documentation": "https://dossier.example/docs",
      "token_endpoint": "https://dossier.example/oauth/token",
      "token_endpoint_auth_methods_supported": [
        "client_secret_basic",
        "client_secret_post"
      ]
    }
    "#);
    assert_eq!(answer.header("cache-control"), "no-store");
    let plain = get(&[("host", "127.0.0.1:8080"), ("x-forwarded-proto", "gopher")]).await;
    assert_eq!(plain.json()["issuer"], "http://127.0.0.1:8080");
    assert_eq!(get(&[]).await.brief(), "400 request.malformed");
}
