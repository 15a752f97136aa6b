use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{assert_no_user, created, read};
use crate::support::{Answer, Body, Service};

async fn raw(service: &Service, body: Vec<u8>) -> Answer {
    let head = service.request(Method::POST, "/v2/users");
    service.send_body(head.header("content-type", "application/json"), body).await
}

#[tokio::test]
async fn bodies_that_are_no_strict_json_object_are_refused_with_the_place() {
    let service = Service::start().await;
    let deep = |depth: usize| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        format!("{{\"email\":\"a@b.de\",\"terms\":{open}{close}}}")
    };
    for (body, rule) in [
        ("", "the text ends before the value does (byte 0)"),
        ("{", "the text ends before the value does (byte 1)"),
        ("{\"email\":}", "a value was expected (byte 9)"),
        ("{} {}", "something follows the value (byte 3)"),
        ("\u{feff}{}", "a value was expected (byte 0)"),
        (
            "{\"email\":\"a@b.de\",\"email\":\"c@d.de\"}",
            "a name comes twice in an object (byte 34)",
        ),
        ("{\"first_name\":\"\\ud800\"}", "a surrogate stands alone (byte 15)"),
        (&deep(64), "arrays and objects are nested deeper than 64 (byte 89)"),
        (&deep(100), "arrays and objects are nested deeper than 64 (byte 89)"),
        (&deep(100_000), "arrays and objects are nested deeper than 64 (byte 89)"),
    ] {
        let answer = raw(&service, body.as_bytes().to_vec()).await;
        assert_eq!(answer.brief(), "400 request.malformed", "{rule}");
        let want = format!("The body is not JSON that is taken: {rule}.");
        assert_eq!(answer.json()["detail"], want);
    }
    let not_utf8 = raw(&service, b"{\"email\":\"\xff\"}".to_vec()).await;
    assert_eq!(not_utf8.brief(), "400 request.malformed");
    for body in ["[]", "7", "null", "\"x\""] {
        let answer = raw(&service, body.as_bytes().to_vec()).await;
        assert_eq!(answer.json()["detail"], "The body is not one JSON object.", "{body}");
    }
    let path = raw(&service, deep(63).into_bytes()).await.header("location").to_owned();
    assert!(read(&service, &path).await["terms"].is_array());
}

#[tokio::test]
async fn a_body_has_at_most_a_mebibyte() {
    let service = Service::start().await;
    let body = |bytes: usize| {
        let frame = r#"{"email":"a@b.de","terms":""}"#.len();
        format!(r#"{{"email":"a@b.de","terms":"{}"}}"#, "x".repeat(bytes - frame)).into_bytes()
    };
    let limit = 1 << 20;
    for bytes in [limit + 1, 5 << 20] {
        let answer = raw(&service, body(bytes)).await;
        let want = format!("413 request.too_large limit={limit} actual={bytes}");
        assert_eq!(answer.brief(), want);
    }
    let head = service.request(Method::POST, "/v2/users");
    let head = head.header("content-type", "application/json");
    let streamed = Body::pieces(&body(5 << 20), 1 << 16).0;
    let answer = service.send(head.body(streamed).unwrap()).await;
    assert_eq!(answer.brief(), format!("413 request.too_large limit={limit} actual={}", limit + 1));
    assert_no_user(&service);
    assert_eq!(raw(&service, body(limit)).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_body_of_another_kind_is_refused() {
    let service = Service::start().await;
    for (name, value, brief) in [
        ("content-type", "text/plain", "415 request.media_type"),
        ("content-type", "multipart/form-data; boundary=x", "415 request.media_type"),
        ("content-encoding", "gzip", "415 request.content_encoding"),
    ] {
        let head = service.request(Method::POST, "/v2/users").header(name, value);
        let head = match name {
            "content-encoding" => head.header("content-type", "application/json"),
            _ => head,
        };
        assert_eq!(service.send_body(head, b"{}".to_vec()).await.brief(), brief);
    }
    assert_no_user(&service);
}

#[tokio::test]
async fn what_is_kept_is_given_back_with_every_digit() {
    let service = Service::start().await;
    let body =
        br#"{"email":"a@b.de","terms":{"z":1.10,"a":12345678901234567890123,"\u0000":"\u0000"}}"#;
    let path = raw(&service, body.to_vec()).await.header("location").to_owned();
    let answer = service.get(&path).await;
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    let kept = r#""terms":{"z":1.10,"a":12345678901234567890123,"\u0000":"\u0000"}"#;
    assert!(text.contains(kept), "{text}");
    assert_eq!(answer.header("content-type"), "application/json");
}

#[tokio::test]
async fn names_of_real_people_are_taken_and_control_characters_are_not() {
    let service = Service::start().await;
    for name in ["王", "Nguyễn", "O’Brien-Smith", "محمد", "Ñ", "x\u{301}", "Mary Ann"] {
        let path = created(&service, &json!({"email": "a@b.de", "first_name": name})).await;
        assert_eq!(read(&service, &path).await["first_name"], name);
    }
    let users = service.rows("users");
    for name in ["a\u{0}", "a\nb", "\u{7f}", "a\u{202e}b", "\u{85}", ""] {
        let body: Value = json!({"email": "a@b.de", "last_name": name});
        let answer = raw(&service, body.to_string().into_bytes()).await;
        assert_eq!(answer.brief(), "422 user.member.invalid pointer=/last_name", "{name:?}");
    }
    assert_eq!(service.rows("users"), users);
}
