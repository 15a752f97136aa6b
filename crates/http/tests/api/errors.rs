//! The one shape of every error: unknown routes, methods, languages, request ids.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use dossier_domain::Code;
use insta::assert_snapshot;

use crate::support::{Answer, Service, document, form};

async fn bare(service: &Service, method: &str, path: &str) -> Answer {
    let request = Request::builder().method(method).uri(path).header("x-request-id", "test");
    service.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn unknown_routes_have_the_shape_too() {
    let service = Service::start().await;
    for path in [
        "/v1",
        "/v1/file",
        "/v1/files/",
        "//v1/files",
        "/V1/files",
        "/v1/%66iles",
        "/v1/files/..;/x",
        "/v1/files/a/b",
        "/v1/files/a/contents/",
        "/v2/user",
        "/v2/users/",
        "/v1/users",
        "/v2/users/x/verification/",
        "/healthz/",
        "/.env",
    ] {
        for method in ["GET", "POST", "DELETE", "BREW"] {
            let answer = bare(&service, method, path).await;
            assert_eq!(answer.brief(), "404 route.not_found", "{method} {path}");
        }
    }
    assert_snapshot!(bare(&service, "GET", "/v1/file").await.whole(), @r#"
    404
    {
      "code": "route.not_found",
      "detail": "The API has no such path.",
      "errors": [
        {
          "code": "route.not_found",
          "detail": "The API has no such path.",
          "retryable": false,
          "status": 404,
          "title": "No such route",
          "user_message": "Something went wrong. Please try again later."
        }
      ],
      "request_id": "test",
      "status": 404,
      "title": "No such route",
      "type": "/docs/errors#route.not_found"
    }
    "#);
}

#[tokio::test]
async fn a_method_that_a_route_lacks_is_405_with_those_it_has() {
    let service = Service::start().await;
    for (path, allow) in [
        ("/v1/files", "GET,HEAD,POST"),
        ("/v1/files/check", "POST"),
        ("/v1/files/x", "DELETE,GET,HEAD"),
        ("/v1/files/x/contents", "GET,HEAD"),
        ("/v1/files/x/preview", "GET,HEAD"),
        ("/v1/purposes", "GET,HEAD"),
        ("/v2/users", "GET,HEAD,POST"),
        ("/v2/users/x/verification", "POST"),
        ("/v2/users/x/verification/decision", "POST"),
        ("/v2/users/x/verification/request", "POST"),
        ("/v2/users/x/verification/history", "GET,HEAD"),
        ("/v2/users/x/requirements", "GET,HEAD"),
        ("/healthz", "GET,HEAD"),
        ("/readyz", "GET,HEAD"),
        ("/metrics", "GET,HEAD"),
        ("/openapi.json", "GET,HEAD"),
        ("/", "GET,HEAD"),
        ("/docs", "GET,HEAD"),
        ("/docs/errors", "GET,HEAD"),
    ] {
        for method in ["PUT", "PATCH", "TRACE", "OPTIONS", "BREW"] {
            let answer = bare(&service, method, path).await;
            assert_eq!(answer.brief(), "405 route.method_not_allowed", "{method} {path}");
            let mut methods: Vec<_> = answer.header("allow").split(',').map(str::trim).collect();
            methods.sort_unstable();
            assert_eq!(methods.join(","), allow, "{method} {path}");
            assert_eq!(answer.header("access-control-allow-origin"), "");
        }
    }
    assert_snapshot!(bare(&service, "PUT", "/v1/files").await.whole(), @r#"
    405
    {
      "code": "route.method_not_allowed",
      "detail": "The path does not take PUT.",
      "errors": [
        {
          "code": "route.method_not_allowed",
          "detail": "The path does not take PUT.",
          "retryable": false,
          "status": 405,
          "title": "Method not allowed",
          "user_message": "Something went wrong. Please try again later."
        }
      ],
      "request_id": "test",
      "status": 405,
      "title": "Method not allowed",
      "type": "/docs/errors#route.method_not_allowed"
    }
    "#);
    let odd = bare(&service, "BREW", "/v1/files").await.json();
    assert_eq!(odd["detail"], "The path does not take this method.");
}

#[tokio::test]
async fn a_method_in_a_header_overrides_nothing() {
    let service = Service::start().await;
    let photo = document("image/png");
    let upload = form("passport", "a.png", "image/png", &photo.bytes);
    let id = service.upload(&upload).await.id();
    let head = service.post().header("x-http-method-override", "DELETE");
    assert_eq!(service.send_body(head, upload.build()).await.status, StatusCode::CREATED);
    let request = service
        .request(Method::GET, &format!("/v1/files/{id}"))
        .header("x-http-method-override", "DELETE");
    let answer = service.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK);
    service.assert_stored(2);
}

#[tokio::test]
async fn messages_speak_the_language_that_the_reader_prefers() {
    let service = Service::start().await;
    let photo = document("image/png");
    let body = form("selfie_video", "a.png", "image/png", &photo.bytes).build();
    let english = "Please choose a video.";
    let german = "Bitte wählen Sie ein Video.";
    for (accepted, message) in [
        (None, english),
        (Some("de"), german),
        (Some("de-AT, en;q=0.5"), german),
        (Some("DE"), german),
        (Some("fr, de;q=0.7, en;q=0.8"), english),
        (Some("fr"), english),
        (Some("de;q=0"), english),
        (Some("*"), english),
        (Some(";;;,,,"), english),
    ] {
        let mut head = service.post();
        if let Some(accepted) = accepted {
            head = head.header("accept-language", accepted);
        }
        let answer = service.send_body(head, body.clone()).await.json();
        assert_eq!(answer["errors"][0]["user_message"], message, "{accepted:?}");
        assert_eq!(answer["detail"], "The purpose does not take files of this type.");
    }
    let head = service.request(Method::POST, "/v1/files/check").header("accept-language", "de");
    let check = br#"{"purpose":"selfie_video","name":"a.png","size":100}"#.to_vec();
    let answer = service.send_body(head.header("content-type", "application/json"), check).await;
    assert_eq!(answer.json()["data"]["errors"][0]["user_message"], german);
}

#[tokio::test]
async fn a_callers_request_id_is_taken_over_when_it_is_fit() {
    let service = Service::start().await;
    let longest = "x".repeat(128);
    for id in ["a", "~!{}\"<>", "2026-07-20/7", &longest] {
        let request = Request::get("/healthz").header("x-request-id", id);
        let answer = service.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.header("x-request-id"), id);
    }
    let mut ours = Vec::new();
    for id in [None, Some(""), Some("a b"), Some("a\tb"), Some("ü"), Some(&*"x".repeat(129))] {
        let mut request = Request::get("/v1/file");
        if let Some(id) = id {
            request = request.header("x-request-id", id);
        }
        let answer = service.send(request.body(Body::empty()).unwrap()).await;
        let made = answer.header("x-request-id").to_owned();
        assert!(made.parse::<uuid::Uuid>().is_ok(), "{id:?}: {made}");
        assert_eq!(answer.json()["request_id"], made.as_str());
        ours.push(made);
    }
    ours.sort();
    ours.dedup();
    assert_eq!(ours.len(), 6);
}

#[tokio::test]
async fn errors_echo_nothing_that_was_sent() {
    let service = Service::start().await;
    let canary = "canary7f3a";
    for path in [
        format!("/{canary}"),
        format!("/v1/files/{canary}"),
        format!("/v1/files?{canary}=1"),
        format!("/v1/files?size={canary}"),
        format!("/v1/files?purpose={canary}"),
        format!("/v1/files?after={canary}"),
    ] {
        let answer = service.get(&path).await;
        assert!(answer.status.is_client_error());
        assert!(!String::from_utf8_lossy(&answer.body).contains(canary), "{path}");
    }
    let upload = form(canary, &format!(".{canary}"), "image/png", canary.repeat(9).as_bytes());
    let answer = service.upload(&upload).await;
    assert!(!String::from_utf8_lossy(&answer.body).contains(canary), "{}", answer.brief());
}

#[tokio::test]
async fn only_100_continue_may_be_expected() {
    let service = Service::start().await;
    let head = service.post().header("expect", "200-ok");
    let answer = service.send_body(head, Vec::new()).await;
    assert_eq!(answer.brief(), "417 request.expectation");
    service.assert_nothing_stored();
}

#[tokio::test]
async fn every_code_has_its_anchor_and_its_line() {
    let service = Service::start().await;
    let page = bare(&service, "GET", "/docs/errors").await;
    assert_eq!(page.status, StatusCode::OK);
    let page = String::from_utf8(page.body.to_vec()).unwrap();
    let markdown = dossier_http::errors_markdown();
    for code in Code::ALL {
        assert!(page.contains(&format!("id=\"{code}\"")), "{code}");
        assert!(markdown.contains(&format!("| `{code}` |")), "{code}");
    }
}
