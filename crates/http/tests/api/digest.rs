//! `Content-Digest` and `Repr-Digest` (RFC 9530), on the request and on the file's part.

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dossier_app::Sha256;
use insta::assert_snapshot;

use crate::support::{Answer, Form, Service, form, json_of};

fn digest(bytes: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(Sha256::of(bytes).0))
}

fn report() -> Vec<u8> {
    form("verification_report", "report.json", "application/json", &json_of(30)).build()
}

async fn with_headers(service: &Service, headers: &[(&str, &str)]) -> Answer {
    let head =
        headers.iter().fold(service.post(), |head, (name, value)| head.header(*name, *value));
    service.send_body(head, report()).await
}

/// An upload whose part announces `value`.
async fn with_part(service: &Service, value: &str, file: &[u8]) -> Answer {
    let head = format!(
        "Content-Disposition: form-data; name=\"file\"; filename=\"a.json\"\r\n\
         Content-Digest: {value}"
    );
    service.upload(&Form::default().part(head, file).text("purpose", "verification_report")).await
}

#[tokio::test]
async fn an_answer_is_not_given_again_for_a_digest_that_is_wrong() {
    let service = Service::start().await;
    let bytes = json_of(30);
    let again = |announced: String| {
        let head = "Content-Disposition: form-data; name=\"file\"; filename=\"a.json\"";
        let head = format!("{head}\r\nContent-Digest: {announced}");
        let form = Form::default().part(head, &bytes).text("purpose", "verification_report");
        service.send_body(service.post().header("idempotency-key", "key"), form.build())
    };
    let first = again(digest(&bytes)).await;
    assert_eq!(first.status, StatusCode::CREATED);
    assert_eq!(again(digest(b"others")).await.brief(), "422 digest.mismatch pointer=/file");
    assert_eq!(again(digest(&bytes)).await.body, first.body);
    service.assert_stored(1);
    // Of three requests one took a file in.
    let metrics = service.get("/metrics").await;
    let text = String::from_utf8(metrics.body.to_vec()).unwrap();
    assert!(text.contains("\ndossier_uploads_total 1\n"), "{text}");
    assert!(text.contains("\ndossier_upload_bytes_total 30\n"), "{text}");
}

#[tokio::test]
async fn a_right_digest_of_the_whole_body_is_taken() {
    let service = Service::start().await;
    let right = digest(&report());
    for headers in [
        vec![("content-digest", right.as_str())],
        vec![("repr-digest", right.as_str())],
        vec![("content-digest", right.as_str()), ("repr-digest", right.as_str())],
        vec![("content-digest", "sha-512=:AAAA:")],
    ] {
        let answer = with_headers(&service, &headers).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.brief());
    }
    let both = format!("md5=:AAAA:, {right}");
    let answer = with_headers(&service, &[("content-digest", &both)]).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.brief());
}

#[tokio::test]
async fn a_wrong_digest_of_the_whole_body_is_refused() {
    let service = Service::start().await;
    let wrong = digest(b"something else");
    for name in ["content-digest", "repr-digest"] {
        let answer = with_headers(&service, &[(name, &wrong), ("idempotency-key", "k")]).await;
        assert_eq!(answer.brief(), "422 digest.mismatch", "{name}");
    }
    assert_snapshot!(with_headers(&service, &[("content-digest", &wrong)]).await.whole(), @r#"
    422
    {
      "code": "digest.mismatch",
      "detail": "The body has another SHA-256 than its digest header says.",
      "errors": [
        {
          "code": "digest.mismatch",
          "detail": "The body has another SHA-256 than its digest header says.",
          "retryable": true,
          "status": 422,
          "title": "Digest does not match",
          "user_message": "The file was damaged on its way. Please try again."
        }
      ],
      "request_id": "test",
      "status": 422,
      "title": "Digest does not match",
      "type": "/docs/errors#digest.mismatch"
    }
    "#);
    service.assert_nothing_stored();
}

#[tokio::test]
async fn a_malformed_digest_is_refused() {
    let service = Service::start().await;
    let right = digest(&report());
    let other = digest(b"other");
    for value in ["sha-256", "sha-256=abc", "sha-256=:abc:", "sha-256=:****:", "", "SHA-256=:AAAA:"]
    {
        let answer = with_headers(&service, &[("content-digest", value)]).await;
        assert_eq!(answer.brief(), "400 request.malformed", "{value}");
        let answer = with_part(&service, value, &json_of(30)).await;
        assert_eq!(answer.brief(), "400 multipart.malformed", "{value}");
    }
    for headers in [
        [("content-digest", right.as_str()), ("repr-digest", other.as_str())],
        [("content-digest", right.as_str()), ("content-digest", right.as_str())],
    ] {
        let answer = with_headers(&service, &headers).await;
        assert_eq!(answer.brief(), "400 request.malformed");
    }
    service.assert_nothing_stored();
}

#[tokio::test]
async fn a_digest_on_the_part_is_the_files() {
    let service = Service::start().await;
    let file = json_of(30);
    let answer = with_part(&service, &digest(&file), &file).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.brief());
    service.assert_stored(1);
    let answer = with_part(&service, &digest(b"something else"), &file).await;
    assert_eq!(answer.brief(), "422 digest.mismatch pointer=/file");
    // What else is wrong is said too.
    let answer = with_part(&service, &digest(b"something else"), b"{\"a\":1").await;
    assert_eq!(answer.codes(), ["file.size.too_small", "digest.mismatch"]);
    service.assert_stored(1);
}

#[tokio::test]
async fn a_file_that_was_not_read_to_its_end_has_no_digest_to_compare() {
    let service = Service::start().await;
    let junk = [0x90; 20_000];
    let answer = with_part(&service, &digest(&junk), &junk).await;
    assert_eq!(answer.codes(), ["file.type.unknown"]);
    service.assert_nothing_stored();
}
