//! Bodies that stall or trickle are ended, whatever route reads them.

use std::time::Duration;

use axum::http::Method;
use dossier_http::{Pace, Settings};
use insta::assert_snapshot;

use crate::support::{Body, Options, Service, form, json_of};

async fn paced(pace: Pace) -> Service {
    let settings = Settings { pace, ..Settings::default() };
    Service::with(Options { settings, ..Options::default() }).await
}

fn impatient() -> Pace {
    Pace { idle_max: Duration::from_millis(50), ..Pace::default() }
}

#[tokio::test]
async fn an_upload_that_stalls_is_given_up_and_leaves_nothing() {
    let service = paced(impatient()).await;
    let scan = dossier_testkit::png::large(2_400_000);
    for body in [
        Vec::new(),
        form("verification_report", "a.json", "", &json_of(30)).open(),
        form("passport", "scan.png", "image/png", &scan).open(),
    ] {
        let head = service.post().header("idempotency-key", "k");
        let answer = service.send(head.body(Body::stalled_after(&body).0).unwrap()).await;
        assert_eq!(answer.brief(), "408 request.timeout");
        assert_eq!(answer.header("connection"), "close");
        service.assert_nothing_stored();
    }
}

#[tokio::test]
async fn no_request_lives_too_long() {
    let service = paced(Pace { request_max: Duration::from_millis(50), ..Pace::default() }).await;
    let body = Body::stalled_after(b"--XbX");
    let answer = service.send(service.post().body(body.0).unwrap()).await;
    assert_snapshot!(answer.whole(), @r#"
    408
    {
      "code": "request.timeout",
      "detail": "The request took longer than any may.",
      "errors": [
        {
          "code": "request.timeout",
          "detail": "The request took longer than any may.",
          "retryable": true,
          "status": 408,
          "title": "Body too slow",
          "user_message": "The connection was too slow. Please try again on a better
    connection."
        }
      ],
      "request_id": "test",
      "status": 408,
      "title": "Body too slow",
      "type": "/docs/errors#request.timeout"
    }
    "#);
    service.assert_nothing_stored();
}

#[tokio::test]
async fn other_bodies_are_kept_to_the_same_pace() {
    let service = paced(impatient()).await;
    let head = service.request(Method::POST, "/v1/files/check");
    let head = head.header("content-type", "application/json");
    let answer = service.send(head.body(Body::stalled_after(b"{").0).unwrap()).await;
    assert_eq!(answer.brief(), "408 request.timeout");
}
