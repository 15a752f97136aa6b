//! Dependencies that fail: nothing is stored, the answer says when to come back, and then it works.

use std::fs;
use std::time::Duration;

use insta::assert_snapshot;
use rusqlite::Connection;

use crate::support::{Answer, Body, CLOCK_PANIC, Form, Service, form, json_of, logged};

fn report() -> Form {
    form("verification_report", "report.json", "application/json", &json_of(30))
}

async fn keyed(service: &Service, form: &Form) -> Answer {
    service.send_body(service.post().header("idempotency-key", "k"), form.build()).await
}

#[tokio::test]
async fn a_locked_database_is_503_and_nothing_is_stored() {
    let service = Service::start().await;
    service.get("/v1/purposes").await;
    let other = Connection::open(service.database()).unwrap();
    other.execute_batch("begin exclusive").unwrap();
    let answer = service.upload(&report()).await;
    assert_snapshot!(answer.whole(), @r#"
    503
    {
      "code": "service.unavailable",
      "detail": "A dependency does not answer now. Ask again later.",
      "errors": [
        {
          "code": "service.unavailable",
          "detail": "A dependency does not answer now. Ask again later.",
          "retryable": true,
          "status": 503,
          "title": "Service unavailable",
          "user_message": "We cannot take files right now. Please try again in a moment."
        }
      ],
      "request_id": "test",
      "status": 503,
      "title": "Service unavailable",
      "type": "/docs/errors#service.unavailable"
    }
    "#);
    assert_eq!(answer.header("retry-after"), "5");
    assert_eq!(keyed(&service, &report()).await.brief(), "503 service.unavailable");
    assert!(service.stored().is_empty());
    other.execute_batch("rollback").unwrap();
    service.assert_nothing_stored();
    let id = keyed(&service, &report()).await.id();
    assert_eq!(keyed(&service, &report()).await.id(), id);
    service.assert_stored(1);
}

#[tokio::test]
async fn a_database_that_is_locked_after_the_key_was_claimed_frees_it_later() {
    let service = Service::start().await;
    let body = report().build();
    let (slow, go_on) = Body::paused(&body, body.len() - 5);
    let request = service.post().header("idempotency-key", "k").body(slow.0).unwrap();
    let upload = service.send(request);
    tokio::pin!(upload);
    tokio::select! {
        answer = &mut upload => panic!("{}", answer.brief()),
        () = service.until_rows("idempotency", 1) => {}
    }
    let other = Connection::open(service.database()).unwrap();
    other.execute_batch("begin exclusive").unwrap();
    go_on.send(()).unwrap();
    assert_eq!(upload.await.brief(), "503 service.unavailable");
    other.execute_batch("rollback").unwrap();
    service.assert_stored(0);
    // The lease could not be released; it ends by itself.
    assert_eq!(keyed(&service, &report()).await.brief(), "409 idempotency.running");
    service.clock.advance(Duration::from_secs(5 * 60));
    keyed(&service, &report()).await.created();
    service.assert_stored(1);
}

#[tokio::test]
async fn a_folder_of_bytes_that_is_gone_is_503_and_nothing_is_stored() {
    let service = Service::start().await;
    fs::remove_dir_all(service.blobs()).unwrap();
    let large = dossier_testkit::png::large(2_400_000);
    for form in [report(), form("passport", "scan.png", "image/png", &large)] {
        let answer = keyed(&service, &form).await;
        assert_eq!(answer.brief(), "503 service.unavailable");
        assert_eq!(service.rows("files"), 0);
        assert_eq!(service.rows("idempotency"), 0);
    }
}

#[tokio::test]
async fn damaged_words_of_a_row_are_a_fault_of_ours() {
    let service = Service::start().await;
    let id = service.upload(&report()).await.id();
    let other = Connection::open(service.database()).unwrap();
    for damage in ["facts = 'width=wide'", "purpose = 'lost'"] {
        other.execute(&format!("update files set {damage}"), []).unwrap();
        for path in
            [format!("/v1/files/{id}"), "/v1/files".into(), format!("/v1/files/{id}/contents")]
        {
            let brief = service.get(&path).await.brief();
            assert_eq!(brief, "503 service.unavailable", "{damage} {path}");
        }
    }
}

#[tokio::test]
async fn a_wrapped_key_that_does_not_open_is_damage() {
    let service = Service::start().await;
    let id = service.upload(&report()).await.id();
    let other = Connection::open(service.database()).unwrap();
    other.execute("update files set wrapped_key = zeroblob(length(wrapped_key))", []).unwrap();
    let answer = service.get(&format!("/v1/files/{id}/contents")).await;
    assert_eq!(answer.brief(), "500 file.integrity");
}

#[tokio::test]
async fn a_handler_that_panics_is_500_and_its_words_are_nowhere() {
    let service = Service::start().await;
    let id = service.upload(&report()).await.id();
    service.clock.break_down();
    let answer = service.delete(&format!("/v1/files/{id}")).await;
    assert_eq!(answer.brief(), "500 service.internal");
    assert!(!answer.whole().contains(CLOCK_PANIC));
    let log = logged();
    assert!(log.contains("a handler panicked"));
    assert!(!log.contains(CLOCK_PANIC));
    service.assert_stored(1);
}
