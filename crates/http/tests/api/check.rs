//! `POST /v1/files/check`: the rules before the upload; nothing is stored.

use axum::http::{Method, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dossier_domain::ContentCheck;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Answer, Body, Options, Service, document};

async fn checked(service: &Service, body: &Value) -> Answer {
    raw(service, body.to_string().into_bytes()).await
}

async fn raw(service: &Service, body: Vec<u8>) -> Answer {
    let head = service.request(Method::POST, "/v1/files/check");
    service.send_body(head.header("content-type", "application/json"), body).await
}

fn passport() -> Value {
    json!({"purpose": "passport", "name": "passport.png", "size": 100_000})
}

fn with(members: Value) -> Value {
    let mut body = passport();
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    body
}

#[tokio::test]
async fn what_the_upload_would_take_is_acceptable() {
    let service = Service::start().await;
    let acceptable = json!({"data": {"acceptable": true, "errors": [], "warnings": []}});
    let head = STANDARD.encode(document("image/png").bytes);
    for body in [
        passport(),
        with(json!({"type": "image/png"})),
        with(json!({"type": "IMAGE/PNG; q=1", "head": head})),
        with(json!({"type": null, "head": null})),
        with(json!({"size": 15})),
        with(json!({"size": 209_715_200})),
    ] {
        let answer = checked(&service, &body).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.json(), acceptable, "{body}");
    }
    let head = STANDARD.encode(document("image/jpeg").bytes);
    let answer = checked(&service, &with(json!({"head": head}))).await.json();
    assert_eq!(answer["data"]["warnings"], json!(["file.type.mismatch"]));
    service.assert_nothing_stored();
}

#[tokio::test]
async fn every_broken_rule_is_told() {
    let service = Service::start().await;
    let body = json!({
        "purpose": "selfie", "name": "./x", "size": 14, "type": "image/png",
    });
    let answer = checked(&service, &body).await;
    assert_eq!(answer.json()["data"]["acceptable"], false);
    assert_snapshot!(answer.entries(), @r#"
    file.purpose.unknown pointer=/purpose
    file.name.leading_dot pointer=/file/name
    file.name.character pointer=/file/name
    file.size.too_small pointer=/file limit=15 actual=14
    "#);
    let pdf = STANDARD.encode(document("application/pdf").bytes);
    for (members, codes) in [
        (json!({"size": 209_715_201}), vec!["file.size.too_large"]),
        (json!({"type": "application/pdf"}), vec!["file.type.disagrees"]),
        (json!({"head": pdf}), vec!["file.type.disagrees"]),
        (
            json!({"head": STANDARD.encode(b"GIF89a\x01\0\x01\0")}),
            vec!["file.type.not_permitted", "file.type.disagrees"],
        ),
        (json!({"purpose": "selfie_video"}), vec!["file.type.not_permitted"]),
    ] {
        let answer = checked(&service, &with(members.clone())).await.json();
        assert_eq!(answer["data"]["acceptable"], false, "{members}");
        let errors = answer["data"]["errors"].as_array().unwrap();
        let found: Vec<_> = errors.iter().map(|e| e["code"].as_str().unwrap()).collect();
        assert_eq!(found, codes, "{members}");
    }
    service.assert_nothing_stored();
}

#[tokio::test]
async fn wrong_members_are_named_all_at_once() {
    let service = Service::start().await;
    let body =
        json!({"purpose": null, "size": "7", "type": 7, "head": "*", "nam/e": "a", "b~c": 1});
    let answer = checked(&service, &body).await;
    assert_snapshot!(answer.entries(), @r#"
    request.member pointer=/purpose
    request.member pointer=/name
    request.member pointer=/size
    request.member pointer=/type
    request.member pointer=/head
    request.member pointer=/b~0c
    request.member pointer=/nam~1e
    "#);
    for (body, pointers) in [
        (json!({}), vec!["/purpose", "/name", "/size"]),
        (with(json!({"size": -1})), vec!["/size"]),
        (with(json!({"size": 1.5})), vec!["/size"]),
        (with(json!({"purpos": "x"})), vec!["/purpos"]),
        (with(json!({"name": ["a"]})), vec!["/name"]),
    ] {
        let answer = checked(&service, &body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        let errors = answer.json()["errors"].as_array().unwrap().clone();
        let found: Vec<_> = errors.iter().map(|e| e["pointer"].as_str().unwrap()).collect();
        assert_eq!(found, pointers, "{body}");
    }
}

#[tokio::test]
async fn bodies_that_are_no_json_object_are_refused() {
    let service = Service::start().await;
    for body in ["", "{", "[]", "7", "null", "{\"a\":}", "{} {}", "\u{feff}{}"] {
        let answer = raw(&service, body.as_bytes().to_vec()).await;
        assert_eq!(answer.brief(), "400 request.malformed", "{body}");
    }
    let not_utf8 = raw(&service, b"{\"name\":\"\xff\"}".to_vec()).await;
    assert_eq!(not_utf8.brief(), "400 request.malformed");
    let deep = raw(&service, [b"[".repeat(30_000), b"]".repeat(30_000)].concat()).await;
    assert_eq!(deep.brief(), "400 request.malformed");
    let large = raw(&service, vec![b' '; 65_537]).await;
    assert_snapshot!(large.whole(), @r#"
    413
    {
      "code": "request.too_large",
      "detail": "This route reads at most 65536 bytes.",
      "errors": [
        {
          "actual": 65537,
          "code": "request.too_large",
          "detail": "This route reads at most 65536 bytes.",
          "limit": 65536,
          "retryable": false,
          "status": 413,
          "title": "Request too large",
          "user_message": "This file is too large."
        }
      ],
      "request_id": "test",
      "status": 413,
      "title": "Request too large",
      "type": "/docs/errors#request.too_large"
    }
    "#);
    let head = service.request(Method::POST, "/v1/files/check");
    let answer = service.send_body(head, passport().to_string().into_bytes()).await;
    assert_eq!(answer.brief(), "415 request.media_type");
    let head = service.request(Method::POST, "/v1/files/check");
    let head = head.header("content-type", "application/json").header("content-encoding", "gzip");
    let answer = service.send_body(head, passport().to_string().into_bytes()).await;
    assert_eq!(answer.brief(), "415 request.content_encoding");
    let head = service.request(Method::POST, "/v1/files/check");
    let head = head.header("content-type", "application/json; charset=utf-8");
    let broken = Body::broken_after(b"{\"purpose\":");
    let answer = service.send(head.body(broken.0).unwrap()).await;
    assert_eq!(answer.brief(), "400 request.malformed");
}

#[tokio::test]
async fn the_level_of_the_service_is_the_level_of_the_check() {
    let content_check = ContentCheck::Declared;
    let service = Service::with(Options { content_check, ..Options::default() }).await;
    let head = STANDARD.encode(b"not a picture at all");
    let answer = checked(&service, &with(json!({"head": head}))).await.json();
    assert_eq!(answer["data"]["acceptable"], true);
    assert_eq!(answer["data"]["warnings"], json!(["file.content.unchecked"]));
}
