//! Who may do what: keys, scopes, revocation, and the order of the checks.

use std::time::Duration;

use axum::body::Body as AxumBody;
use axum::http::{Method, Request, StatusCode};
use dossier_app::{ChosenSecret, Operator};
use dossier_http::Settings;
use insta::assert_snapshot;

use crate::support::{Answer, BOUNDARY, Body, Options, Service, form, json_of};

fn report() -> Vec<u8> {
    form("verification_report", "report.json", "application/json", &json_of(30)).build()
}

fn upload_head(key: &str) -> axum::http::request::Builder {
    Request::post("/v1/files")
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"))
        .header("x-request-id", "test")
}

async fn get_with(service: &Service, headers: &[(&str, &str)]) -> Answer {
    let request = Request::get("/v1/files").header("x-request-id", "test");
    let request = headers.iter().fold(request, |r, (name, value)| r.header(*name, *value));
    service.send(request.body(AxumBody::empty()).unwrap()).await
}

#[tokio::test]
async fn without_a_token_nothing_is_answered() {
    let service = Service::start().await;
    assert_snapshot!(get_with(&service, &[]).await.whole(), @r#"
    401
    {
      "code": "auth.missing",
      "detail": "Send `Authorization: Bearer` with an API key or an access token.",
      "errors": [
        {
          "code": "auth.missing",
          "detail": "Send `Authorization: Bearer` with an API key or an access token.",
          "retryable": false,
          "status": 401,
          "title": "No credentials",
          "user_message": "Something went wrong. Please try again later."
        }
      ],
      "request_id": "test",
      "status": 401,
      "title": "No credentials",
      "type": "/docs/errors#auth.missing"
    }
    "#);
    let key = &service.key;
    let query = format!("/v1/files?access_token={key}");
    let request = Request::get(&query).header("cookie", format!("session={key}; key={key}"));
    let answer = service.send(request.body(AxumBody::empty()).unwrap()).await;
    assert_eq!(answer.brief(), "401 auth.missing");
    let cookie = format!("authorization=Bearer {key}");
    let origin = [("cookie", cookie.as_str()), ("origin", "https://evil.example")];
    let answer = get_with(&service, &origin).await;
    assert_eq!(answer.brief(), "401 auth.missing");
    assert_eq!(answer.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn tokens_that_are_not_valid_are_refused_alike() {
    let service = Service::start().await;
    let key = service.key.clone();
    let long = format!("Bearer dsk_{}", "a".repeat(10_000));
    for value in [
        String::new(),
        "Bearer".into(),
        "Bearer ".into(),
        key.clone(),
        format!("Basic {key}"),
        format!("Token {key}"),
        format!("Bearer {key}x"),
        format!("Bearer {key} x"),
        format!("Bearer x{key}"),
        format!("Bearer {}", &key[..key.len() - 1]),
        format!("Bearer {}", key.to_uppercase()),
        "Bearer dsk_".into(),
        "Bearer dsk_0000000000000000000000000000000000000000000000000000000000000000".into(),
        "Bearer eyJhbGciOiJub25lIn0.e30.".into(),
        "Bearer \u{fc}".into(),
        long,
    ] {
        let answer = get_with(&service, &[("authorization", &value)]).await;
        assert_eq!(answer.brief(), "401 auth.invalid", "{value}");
    }
    let bearer = format!("Bearer {key}");
    let twice = [("authorization", bearer.as_str()), ("authorization", bearer.as_str())];
    assert_snapshot!(get_with(&service, &twice).await.whole(), @r#"
    401
    {
      "code": "auth.invalid",
      "detail": "The API key or access token is unknown, malformed, revoked or expired.",
      "errors": [
        {
          "code": "auth.invalid",
          "detail": "The API key or access token is unknown, malformed, revoked or expired.",
          "retryable": false,
          "status": 401,
          "title": "Credentials not valid",
          "user_message": "Something went wrong. Please try again later."
        }
      ],
      "request_id": "test",
      "status": 401,
      "title": "Credentials not valid",
      "type": "/docs/errors#auth.invalid"
    }
    "#);
    for value in [format!("bearer {key}"), format!("BEARER  {key} ")] {
        let answer = get_with(&service, &[("authorization", &value)]).await;
        assert_eq!(answer.status, StatusCode::OK, "{value}");
    }
}

#[tokio::test]
async fn each_operation_needs_its_scope_and_says_which() {
    let service = Service::start().await;
    let id = service.send_body(service.post(), report()).await.id();
    for (method, path, scope) in [
        (Method::POST, "/v1/files".to_owned(), "files:write"),
        (Method::POST, "/v1/files/check".to_owned(), "files:write"),
        (Method::GET, "/v1/files".to_owned(), "files:read"),
        (Method::GET, format!("/v1/files/{id}"), "files:read"),
        (Method::GET, format!("/v1/files/{id}/contents"), "files:read"),
        (Method::GET, format!("/v1/files/{id}/preview"), "files:read"),
        (Method::GET, "/v1/files/nonsense".to_owned(), "files:read"),
        (Method::GET, "/v1/files?nonsense=1".to_owned(), "files:read"),
        (Method::DELETE, format!("/v1/files/{id}"), "files:delete"),
        (Method::DELETE, "/v1/files/nonsense".to_owned(), "files:delete"),
    ] {
        let all = ["files:write", "files:read", "files:delete", "users:write", "admin"];
        let others: Vec<_> = all.into_iter().filter(|s| *s != scope).collect();
        let key = service.key_of("tests", &others.join(",")).await;
        let request = service.request_by(&key, method.clone(), &path);
        let answer = service.send(request.body(AxumBody::empty()).unwrap()).await;
        assert_eq!(answer.brief(), "403 auth.scope", "{method} {path}");
        assert_eq!(answer.json()["detail"], format!("The key or token lacks the scope `{scope}`."));
    }
    service.assert_stored(1);
}

#[tokio::test]
async fn a_revoked_key_is_refused_within_a_second() {
    let service = Service::start().await;
    let key = service.key_of("partner", "files:read").await;
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str())];
    assert_eq!(get_with(&service, &headers).await.status, StatusCode::OK);
    revoke_keys_of(&service, "partner").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(get_with(&service, &headers).await.brief(), "401 auth.invalid");
}

#[tokio::test]
async fn a_key_that_is_revoked_in_the_middle_of_an_upload_stores_nothing() {
    let service = Service::start().await;
    let key = service.key_of("partner", "files:write").await;
    let (body, go_on) = Body::paused(&report(), 100);
    let request = upload_head(&key).header("idempotency-key", "k").body(body.0).unwrap();
    let upload = service.send(request);
    tokio::pin!(upload);
    tokio::select! {
        answer = &mut upload => panic!("{}", answer.brief()),
        () = service.until_rows("idempotency", 1) => {}
    }
    revoke_keys_of(&service, "partner").await;
    go_on.send(()).unwrap();
    assert_eq!(upload.await.brief(), "401 auth.invalid");
    service.assert_nothing_stored();
}

async fn revoke_keys_of(service: &Service, client: &str) {
    for key in service.app.list_keys(Operator, None).await.unwrap().keys {
        if key.client == client {
            service.app.revoke_key(Operator, key.key_id).await.unwrap();
        }
    }
}

fn chosen(secret: &str) -> ChosenSecret {
    ChosenSecret::parse(secret).unwrap()
}

#[tokio::test]
async fn the_bootstrap_key_may_do_everything() {
    let service = Service::start().await;
    let secret = format!("dsk_{}", "b".repeat(32));
    service.app.ensure_bootstrap_key(Operator, &chosen(&secret)).await.unwrap();
    service.app.ensure_bootstrap_key(Operator, &chosen(&secret)).await.unwrap();
    let id = service.send_body(upload_head(&secret), report()).await.id();
    for (method, status) in [(Method::GET, 200), (Method::DELETE, 204)] {
        let request = service.request_by(&secret, method, &format!("/v1/files/{id}"));
        let answer = service.send(request.body(AxumBody::empty()).unwrap()).await;
        assert_eq!(answer.status.as_u16(), status);
    }
}

#[tokio::test]
async fn a_bootstrap_key_that_was_revoked_stays_revoked() {
    let service = Service::start().await;
    let secret = format!("dsk_{}", "b".repeat(32));
    service.app.ensure_bootstrap_key(Operator, &chosen(&secret)).await.unwrap();
    revoke_keys_of(&service, "bootstrap").await;
    service.app.ensure_bootstrap_key(Operator, &chosen(&secret)).await.unwrap();
    let answer = service.send_body(upload_head(&secret), report()).await;
    assert_eq!(answer.status.as_u16(), 401);
    service.assert_nothing_stored();
}

#[tokio::test]
async fn checks_come_in_their_order() {
    let settings = Settings { requests_per_minute: Some(1), ..Settings::default() };
    let service = Service::with(Options { settings, ..Options::default() }).await;
    let reader = service.key_of("reader", "files:read").await;
    let writer = service.key_of("writer", "files:write").await;
    let other = service.key_of("other", "files:write").await;
    // All of it is wrong; what is said is what comes first.
    let wrong = |key: &str| {
        Request::post("/v1/files")
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "text/plain")
            .header("content-length", "999999999999")
            .header("idempotency-key", "")
            .body(AxumBody::empty())
            .unwrap()
    };
    assert_eq!(service.send(wrong("dsk_unknown")).await.brief(), "401 auth.invalid");
    assert_eq!(service.send(wrong(&reader)).await.brief(), "403 auth.scope");
    assert_eq!(service.send(wrong(&reader)).await.brief(), "403 auth.scope");
    assert_eq!(service.send(wrong(&writer)).await.brief(), "415 request.media_type");
    assert_eq!(service.send(wrong(&writer)).await.brief(), "429 request.rate_limited");
    let mut too_large = wrong(&other);
    let no_boundary = "multipart/form-data".parse().unwrap();
    too_large.headers_mut().insert("content-type", no_boundary);
    assert_eq!(service.send(too_large).await.codes(), ["file.size.too_large"]);
    service.assert_nothing_stored();
}

#[tokio::test]
async fn a_client_over_its_rate_is_told_when_to_come_back() {
    let settings = Settings { requests_per_minute: Some(2), ..Settings::default() };
    let service = Service::with(Options { settings, ..Options::default() }).await;
    for forged in ["1.1.1.1", "2.2.2.2"] {
        let bearer = format!("Bearer {}", service.key);
        let headers = [("authorization", bearer.as_str()), ("x-forwarded-for", forged)];
        assert_eq!(get_with(&service, &headers).await.status, StatusCode::OK);
    }
    let bearer = format!("Bearer {}", service.key);
    let headers = [("authorization", bearer.as_str()), ("x-forwarded-for", "3.3.3.3")];
    let answer = get_with(&service, &headers).await;
    assert_snapshot!(answer.whole(), @r#"
    429
    {
      "code": "request.rate_limited",
      "detail": "The limit is 2 requests a minute.",
      "errors": [
        {
          "code": "request.rate_limited",
          "detail": "The limit is 2 requests a minute.",
          "retryable": true,
          "status": 429,
          "title": "Too many requests",
          "user_message": "There are too many requests right now. Please wait a moment and
    try again."
        }
      ],
      "request_id": "test",
      "status": 429,
      "title": "Too many requests",
      "type": "/docs/errors#request.rate_limited"
    }
    "#);
    let wait = answer.header("retry-after");
    assert!((1..=30).contains(&wait.parse::<u32>().unwrap()), "{wait}");
    for prefix in ["ratelimit", "x-ratelimit"] {
        assert_eq!(answer.header(&format!("{prefix}-limit")), "2");
        assert_eq!(answer.header(&format!("{prefix}-remaining")), "0");
        assert_eq!(answer.header(&format!("{prefix}-reset")), wait);
    }
    let stranger = service.key_of("stranger", "files:read").await;
    let bearer = format!("Bearer {stranger}");
    let answer = get_with(&service, &[("authorization", &bearer)]).await;
    assert_eq!(answer.status, StatusCode::OK);
}
