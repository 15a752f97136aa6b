//! `Idempotency-Key`: one key, one file, however often and however badly a client tries.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use futures_util::future::join_all;
use insta::assert_snapshot;

use crate::support::{Answer, BOUNDARY, Body, Form, Service, form, json_of};

fn report(size: usize) -> Form {
    form("verification_report", "report.json", "application/json", &json_of(size))
}

async fn keyed(service: &Service, key: &str, form: &Form) -> Answer {
    service.send_body(service.post().header("idempotency-key", key), form.build()).await
}

#[tokio::test]
async fn the_same_upload_again_has_the_first_answer() {
    let service = Service::start().await;
    let first = keyed(&service, "key-1", &report(30)).await;
    service.clock.advance(Duration::from_secs(3600));
    let again = keyed(&service, "key-1", &report(30)).await;
    assert_eq!(again.status, StatusCode::CREATED);
    assert_eq!(again.body, first.body);
    assert_eq!(again.header("location"), first.header("location"));
    // A retry has another boundary and another declared type; the content is the same.
    let other = String::from_utf8(report(30).build()).unwrap().replace("XbX", "YYY");
    let mut head = service.post().header("idempotency-key", "key-1");
    let content_type = "multipart/form-data; boundary=YYY".parse().unwrap();
    head.headers_mut().unwrap().insert("content-type", content_type);
    assert_eq!(service.send_body(head, other.into_bytes()).await.body, first.body);
    service.assert_stored(1);
}

#[tokio::test]
async fn a_key_for_other_content_is_refused() {
    let service = Service::start().await;
    keyed(&service, "key-1", &report(30)).await.created();
    let bytes = keyed(&service, "key-1", &report(31)).await;
    assert_snapshot!(bytes.whole(), @r#"
    422
    {
      "code": "idempotency.conflict",
      "detail": "This Idempotency-Key answered an upload of other content.",
      "errors": [
        {
          "code": "idempotency.conflict",
          "detail": "This Idempotency-Key answered an upload of other content.",
          "retryable": false,
          "status": 422,
          "title": "Idempotency-Key used for other content",
          "user_message": "Something went wrong. Please start the upload again."
        }
      ],
      "request_id": "test",
      "status": 422,
      "title": "Idempotency-Key used for other content",
      "type": "/docs/errors#idempotency.conflict"
    }
    "#);
    let named = form("verification_report", "other.json", "application/json", &json_of(30));
    let pdf = crate::support::document("application/pdf").bytes;
    let purpose = form("passport", "report.json", "application/json", &json_of(30));
    for form in [named, purpose, form("other", "a.pdf", "application/pdf", &pdf)] {
        let answer = keyed(&service, "key-1", &form).await;
        assert_eq!(answer.brief(), "422 idempotency.conflict");
    }
    service.assert_stored(1);
}

#[tokio::test]
async fn other_keys_other_clients_and_no_key_are_independent() {
    let service = Service::start().await;
    let one = keyed(&service, "key-1", &report(30)).await.id();
    let two = keyed(&service, "key-2", &report(30)).await.id();
    let none = service.upload(&report(30)).await.id();
    let stranger = service.key_of("stranger", "files:write").await;
    let head = service
        .request_by(&stranger, Method::POST, "/v1/files")
        .header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"))
        .header("idempotency-key", "key-1");
    let theirs = service.send_body(head, report(31).build()).await.id();
    let mut ids = vec![one, two, none, theirs];
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4);
    service.assert_stored(4);
}

#[tokio::test]
async fn two_keys_of_one_client_share_its_idempotency_keys() {
    let service = Service::start().await;
    let first = keyed(&service, "key-1", &report(30)).await.id();
    let second_key = service.key_of("tests", "files:write").await;
    let head = service
        .request_by(&second_key, Method::POST, "/v1/files")
        .header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"))
        .header("idempotency-key", "key-1");
    assert_eq!(service.send_body(head, report(30).build()).await.id(), first);
    service.assert_stored(1);
}

#[tokio::test]
async fn ten_at_once_make_one_file() {
    let service = Service::start().await;
    let form = report(50_000);
    let answers = join_all((0..10).map(|_| keyed(&service, "key-1", &form))).await;
    let mut ids = Vec::new();
    for answer in answers {
        match answer.status {
            StatusCode::CREATED => ids.push(answer.id()),
            StatusCode::CONFLICT => {
                assert_eq!(answer.codes(), ["idempotency.running"]);
                assert!(answer.header("retry-after").parse::<u32>().unwrap() > 0);
            }
            _ => panic!("{}", answer.brief()),
        }
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    service.assert_stored(1);
    assert_eq!(keyed(&service, "key-1", &form).await.id(), ids[0]);
    service.assert_stored(1);
}

#[tokio::test]
async fn while_the_first_runs_the_second_is_told_to_wait() {
    let service = Service::start().await;
    let running = Body::stalled_after(&report(30).open());
    let request = service.post().header("idempotency-key", "key-1").body(running.0).unwrap();
    let first = service.send(request);
    tokio::pin!(first);
    tokio::select! {
        answer = &mut first => panic!("{}", answer.brief()),
        () = service.until_rows("idempotency", 1) => {}
    }
    let second = keyed(&service, "key-1", &report(30)).await;
    assert_snapshot!(second.whole(), @r#"
    409
    {
      "code": "idempotency.running",
      "detail": "An upload with this Idempotency-Key is still under way.",
      "errors": [
        {
          "code": "idempotency.running",
          "detail": "An upload with this Idempotency-Key is still under way.",
          "retryable": true,
          "status": 409,
          "title": "First request still running",
          "user_message": "Your upload is still being worked on. Please wait a moment."
        }
      ],
      "request_id": "test",
      "status": 409,
      "title": "First request still running",
      "type": "/docs/errors#idempotency.running"
    }
    "#);
    assert_eq!(second.header("retry-after"), "2");
    // A lease that nobody renews ends, and the next attempt takes the key over.
    service.clock.advance(Duration::from_secs(5 * 60));
    keyed(&service, "key-1", &report(30)).await.created();
    service.assert_stored(1);
}

#[tokio::test]
async fn an_attempt_that_lost_its_key_makes_no_file() {
    let service = Service::start().await;
    let body = report(30).build();
    let (slow, finish) = Body::paused(&body, body.len() - 20);
    let request = service.post().header("idempotency-key", "key-1").body(slow.0).unwrap();
    let first = service.send(request);
    tokio::pin!(first);
    tokio::select! {
        answer = &mut first => panic!("{}", answer.brief()),
        () = service.until_rows("idempotency", 1) => {}
    }
    service.clock.advance(Duration::from_secs(5 * 60));
    let taken_over = keyed(&service, "key-1", &report(30)).await.id();
    finish.send(()).unwrap();
    assert_eq!(first.await.brief(), "409 idempotency.running");
    service.assert_stored(1);
    assert_eq!(keyed(&service, "key-1", &report(30)).await.id(), taken_over);
}

#[tokio::test]
async fn whatever_is_no_201_frees_the_key() {
    let service = Service::start().await;
    let refused = form("passport", "a.json", "", &json_of(30));
    assert_eq!(keyed(&service, "key-1", &refused).await.status.as_u16(), 422);
    service.assert_nothing_stored();
    let broken = Body::broken_after(&report(30).open());
    let request = service.post().header("idempotency-key", "key-1").body(broken.0).unwrap();
    assert_eq!(service.send(request).await.status.as_u16(), 400);
    service.assert_nothing_stored();
    let only_purpose = Form::default().text("purpose", "passport");
    assert_eq!(keyed(&service, "key-1", &only_purpose).await.status.as_u16(), 400);
    service.assert_nothing_stored();
    let junk = Form::default().file("a.png", "", &[0x90; 20_000]).text("purpose", "passport");
    assert_eq!(keyed(&service, "key-1", &junk).await.status.as_u16(), 422);
    service.assert_nothing_stored();
    keyed(&service, "key-1", &report(30)).await.created();
    service.assert_stored(1);
}

#[tokio::test]
async fn a_failure_after_a_201_keeps_its_answer() {
    let service = Service::start().await;
    let first = keyed(&service, "key-1", &report(30)).await.id();
    let broken = Body::broken_after(&report(30).open());
    let request = service.post().header("idempotency-key", "key-1").body(broken.0).unwrap();
    assert_eq!(service.send(request).await.status.as_u16(), 400);
    assert_eq!(keyed(&service, "key-1", &report(30)).await.id(), first);
    service.assert_stored(1);
}

#[tokio::test]
async fn an_answer_is_kept_for_a_day() {
    let service = Service::start().await;
    let first = keyed(&service, "key-1", &report(30)).await.id();
    service.clock.advance(Duration::from_secs(24 * 3600 - 1));
    assert_eq!(keyed(&service, "key-1", &report(30)).await.id(), first);
    service.clock.advance(Duration::from_secs(1));
    assert_ne!(keyed(&service, "key-1", &report(30)).await.id(), first);
    service.assert_stored(2);
}

#[tokio::test]
async fn deleting_the_file_forgets_its_answer() {
    let service = Service::start().await;
    let first = keyed(&service, "key-1", &report(30)).await.id();
    assert_eq!(service.delete(&format!("/v1/files/{first}")).await.status.as_u16(), 204);
    service.assert_nothing_stored();
    assert_ne!(keyed(&service, "key-1", &report(30)).await.id(), first);
    service.assert_stored(1);
}

#[tokio::test]
async fn a_malformed_key_is_refused_before_the_body_is_read() {
    let service = Service::start().await;
    let longest = "k".repeat(255);
    for key in ["", " ", "a b", "a\tb", "k\u{fc}", &"k".repeat(256)] {
        let answer = keyed(&service, key, &report(30)).await;
        assert_eq!(answer.brief(), "400 idempotency.key", "{key:?}");
    }
    let twice = service.post().header("idempotency-key", "a").header("idempotency-key", "a");
    let answer = service.send_body(twice, report(30).build()).await;
    assert_snapshot!(answer.whole(), @r#"
    400
    {
      "code": "idempotency.key",
      "detail": "Idempotency-Key takes 1 to 255 visible ASCII characters, once.",
      "errors": [
        {
          "code": "idempotency.key",
          "detail": "Idempotency-Key takes 1 to 255 visible ASCII characters, once.",
          "retryable": false,
          "status": 400,
          "title": "Idempotency-Key not valid",
          "user_message": "Something went wrong. Please try again later."
        }
      ],
      "request_id": "test",
      "status": 400,
      "title": "Idempotency-Key not valid",
      "type": "/docs/errors#idempotency.key"
    }
    "#);
    service.assert_nothing_stored();
    for key in ["k", "!~", &longest] {
        keyed(&service, key, &report(30)).await.created();
    }
}
