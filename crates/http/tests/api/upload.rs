//! `POST /v1/files`: what is taken in, its size, and bodies that break off.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use dossier_domain::{ByteCount, Limits, Purpose};
use dossier_testkit::mp4::Mp4;
use dossier_testkit::png;
use insta::assert_snapshot;

use crate::support::{Body, Form, Options, Service, document, form, json_of};

/// A service that takes files of at most `size_max` bytes.
async fn limited(size_max: u64) -> Service {
    let limits = Limits { size_max: ByteCount(size_max), ..Limits::default() };
    Service::with(Options { limits, ..Options::default() }).await
}

fn report(bytes: &[u8]) -> Form {
    form("verification_report", "report.json", "application/json", bytes)
}

#[tokio::test]
async fn a_file_is_taken_in_and_read_back() {
    let service = Service::start().await;
    let answer = service.upload(&report(br#"{"result":"approved"}"#)).await;
    assert_snapshot!(answer.whole(), @r#"
    201
    {
      "data": [
        {
          "created_at": "2026-07-20T08:14:20+00:00",
          "id": "019f7e97-1b60-7fa9-ba73-2485172984eb",
          "name": "report.json",
          "purpose": "verification_report",
          "sha256": "5197087360e991517c084a77319293890de706a6378cc6ef4fa9e40c48bf9a17",
          "size": 21,
          "status": "ready",
          "type": "application/json",
          "url": "/v1/files/019f7e97-1b60-7fa9-ba73-2485172984eb/contents",
          "warnings": []
        }
      ]
    }
    "#);
    let id = answer.id();
    assert_eq!(answer.header("location"), format!("/v1/files/{id}"));
    assert_eq!(answer.header("content-type"), "application/json");
    let contents = service.get(&format!("/v1/files/{id}/contents")).await;
    assert_eq!(&contents.body[..], br#"{"result":"approved"}"#);
    service.assert_stored(1);
}

#[tokio::test]
async fn members_of_an_answer_keep_their_order() {
    let service = Service::start().await;
    let body = service.upload(&report(&json_of(15))).await.body;
    let text = String::from_utf8(body.to_vec()).unwrap();
    let order = ["id", "name", "type", "size", "purpose", "url", "created_at", "sha256", "status"];
    let places: Vec<_> = order.map(|m| text.find(&format!("\"{m}\":")).unwrap()).to_vec();
    assert!(places.is_sorted(), "{text}");
}

#[tokio::test]
async fn parts_come_in_either_order() {
    let service = Service::start().await;
    let file = |form: Form| form.file("report.json", "application/json", &json_of(20));
    let purpose = |form: Form| form.text("purpose", "verification_report");
    let one = service.upload(&file(purpose(Form::default()))).await.created();
    let other = service.upload(&purpose(file(Form::default()))).await.created();
    for member in ["name", "type", "size", "purpose", "created_at", "sha256", "status"] {
        assert_eq!(one[member], other[member]);
    }
    assert_ne!(one["id"], other["id"]);
    service.assert_stored(2);
}

#[tokio::test]
async fn the_same_bytes_twice_are_two_files_of_two_clients_too() {
    let service = Service::start().await;
    let form = report(&json_of(20));
    let (one, two) = (service.upload(&form).await.id(), service.upload(&form).await.id());
    let stranger = service.key_of("stranger", "files:write").await;
    let head = service
        .request_by(&stranger, Method::POST, "/v1/files")
        .header("content-type", "multipart/form-data; boundary=XbX");
    let three = service.send_body(head, form.build()).await.id();
    assert!(one != two && two != three && one != three);
    service.assert_stored(3);
}

#[tokio::test]
async fn the_fewest_bytes_are_fifteen() {
    let service = Service::start().await;
    assert_snapshot!(service.upload(&report(&json_of(14))).await.whole(), @r#"
    422
    {
      "code": "file.size.too_small",
      "detail": "A file has at least 15 bytes.",
      "errors": [
        {
          "actual": 14,
          "code": "file.size.too_small",
          "detail": "A file has at least 15 bytes.",
          "limit": 15,
          "pointer": "/file",
          "retryable": false,
          "status": 422,
          "title": "File too small",
          "user_message": "This file is empty or too small. Please choose another file."
        }
      ],
      "request_id": "test",
      "status": 422,
      "title": "File too small",
      "type": "/docs/errors#file.size.too_small"
    }
    "#);
    service.assert_nothing_stored();
    assert_eq!(service.upload(&report(&json_of(15))).await.created()["size"], 15);
    assert_eq!(service.upload(&report(b"")).await.codes(), ["file.size.too_small"]);
    service.assert_stored(1);
}

#[tokio::test]
async fn the_most_bytes_are_the_limit_itself() {
    let service = limited(2000).await;
    let video = |size| Mp4::new().padded_to(size).build();
    let selfie = |size| form("selfie_video", "selfie.mp4", "video/mp4", &video(size));
    for size in [1999, 2000] {
        assert_eq!(service.upload(&selfie(size)).await.created()["size"], size);
    }
    service.assert_stored(2);
    let refused = service.upload(&selfie(2001)).await;
    assert_snapshot!(refused.whole(), @r#"
    413
    {
      "code": "file.size.too_large",
      "detail": "A file of this purpose has at most 2000 bytes.",
      "errors": [
        {
          "actual": 2001,
          "code": "file.size.too_large",
          "detail": "A file of this purpose has at most 2000 bytes.",
          "limit": 2000,
          "pointer": "/file",
          "retryable": false,
          "status": 413,
          "title": "File too large",
          "user_message": "This file is too large. The limit is 1 KB."
        }
      ],
      "request_id": "test",
      "status": 413,
      "title": "File too large",
      "type": "/docs/errors#file.size.too_large"
    }
    "#);
    service.assert_stored(2);
}

#[tokio::test]
async fn out_of_the_box_the_most_bytes_are_200_mib() {
    assert_eq!(Limits::default().size_min, ByteCount(15));
    assert_eq!(Limits::default().size_max, ByteCount(209_715_200));
    let service = Service::start().await;
    let head =
        service.post().header("content-length", 300_000_000).header("expect", "100-continue");
    let (body, polled) = Body::endless(b"");
    let answer = service.send(head.body(body.0).unwrap()).await;
    assert_eq!(
        answer.brief(),
        "413 file.size.too_large pointer=/file limit=209715200 actual=300000000"
    );
    assert_eq!(polled.bytes(), 0, "a client that waits for 100 Continue is not read");
    service.assert_nothing_stored();
}

#[tokio::test]
async fn an_announced_length_over_the_limit_is_refused_before_the_body_comes() {
    let service = limited(2000).await;
    let head = service.post().header("content-length", 500_000);
    let answer = service.send(head.body(Body::stalled_after(b"").0).unwrap()).await;
    assert_eq!(answer.codes(), ["file.size.too_large"]);
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    service.assert_nothing_stored();
}

#[tokio::test]
async fn a_body_without_a_length_is_given_up_when_it_crosses_the_limit() {
    let service = limited(100_000).await;
    let start = form("other", "a.mp4", "video/mp4", &Mp4::new().first(&[0; 0]).build()).open();
    // What follows stays inside the file: its closing boundary never comes.
    let start = start.strip_suffix(b"\r\n").unwrap();
    let (body, polled) = Body::endless(start);
    let answer = service.send(service.post().body(body.0).unwrap()).await;
    assert_eq!(answer.status.as_u16() / 100, 4, "{}", answer.brief());
    assert!(polled.bytes() < 10 << 20, "{} bytes were read", polled.bytes());
    service.assert_nothing_stored();
}

#[tokio::test]
async fn crossing_the_limit_while_streaming_is_413() {
    let service = limited(100_000).await;
    let video = Mp4::new().padded_to(300_000).build();
    let body = form("selfie_video", "selfie.mp4", "video/mp4", &video).build();
    let answer = service.send(service.post().body(Body::pieces(&body, 4096).0).unwrap()).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.codes(), ["file.size.too_large"]);
    service.assert_nothing_stored();
}

#[tokio::test]
async fn a_purpose_may_have_a_lower_limit() {
    let size_max_by_purpose = vec![(Purpose::VerificationReport, ByteCount(100))];
    let limits = Limits { size_max_by_purpose, ..Limits::default() };
    let service = Service::with(Options { limits, ..Options::default() }).await;
    assert_eq!(service.upload(&report(&json_of(100))).await.status, StatusCode::CREATED);
    assert_eq!(
        service.upload(&report(&json_of(101))).await.brief(),
        "413 file.size.too_large pointer=/file limit=100 actual=101"
    );
    service.assert_stored(1);
}

#[tokio::test]
async fn size_is_judged_before_type() {
    let service = limited(2000).await;
    let junk = form("passport", "junk.exe", "image/png", &[0x90; 3000]);
    assert_eq!(service.upload(&junk).await.codes(), ["file.size.too_large"]);
    let crumb = form("passport", "junk.exe", "image/png", b"MZ");
    assert_eq!(service.upload(&crumb).await.codes(), ["file.size.too_small"]);
    service.assert_nothing_stored();
}

#[tokio::test]
async fn a_body_is_the_same_however_it_is_cut_into_pieces() {
    let service = Service::start().await;
    let photo = document("image/jpeg");
    let body = form("passport", photo.name, photo.essence, &photo.bytes).build();
    let whole = service.send_body(service.post(), body.clone()).await.created();
    for size in [1, 2, 3, 7, 64] {
        let pieces = Body::pieces(&body, size);
        let file = service.send(service.post().body(pieces.0).unwrap()).await.created();
        assert_eq!(file["sha256"], whole["sha256"], "pieces of {size}");
    }
}

#[tokio::test]
async fn a_large_file_comes_back_byte_for_byte() {
    let service = Service::start().await;
    let scan = png::large(700_000);
    let body = form("passport", "scan.png", "image/png", &scan).build();
    let pieces = Body::pieces(&body, 10_007);
    let id = service.send(service.post().body(pieces.0).unwrap()).await.id();
    let contents = service.get(&format!("/v1/files/{id}/contents")).await;
    assert!(contents.body == scan);
    service.assert_stored(1);
}

#[tokio::test]
async fn what_looks_like_a_boundary_inside_a_file_is_its_content() {
    let service = Service::start().await;
    let near = "\\r\\n--XbY -- --Xb --XbX- ".repeat(50);
    // White space between JSON tokens may hold any line end.
    let mut text = format!("{{\"near\":\"{near}\"").into_bytes();
    text.extend(b"\r\n\r\n\n\r\r\n".repeat(200));
    text.extend(b",\r\n\"--Xb\":\r\n-1,\n\"--XbX\":0\r\n}");
    let body = report(&text).build();
    let pieces = Body::pieces(&body, 1);
    let id = service.send(service.post().body(pieces.0).unwrap()).await.id();
    let contents = service.get(&format!("/v1/files/{id}/contents")).await;
    assert!(contents.body == text);
}

#[tokio::test]
async fn a_body_cut_anywhere_is_refused_and_leaves_nothing() {
    let service = Service::start().await;
    let body = report(&json_of(40)).build();
    // The line end after the closing boundary may be missing.
    let shortest_whole = body.len() - 2;
    for cut in 0..shortest_whole {
        let pieces = Body::pieces(&body[..cut], 4096);
        let answer = service.send(service.post().body(pieces.0).unwrap()).await;
        assert_eq!(answer.brief(), "400 multipart.malformed", "cut at {cut}");
        let broken = Body::broken_after(&body[..cut]);
        let answer = service.send(service.post().body(broken.0).unwrap()).await;
        assert_eq!(answer.brief(), "400 multipart.malformed", "broken at {cut}");
        assert_eq!(answer.header("connection"), "close");
    }
    service.assert_nothing_stored();
    let whole = Body::pieces(&body[..shortest_whole], 4096);
    let answer = service.send(service.post().body(whole.0).unwrap()).await;
    assert_eq!(answer.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_large_body_that_breaks_leaves_nothing() {
    let service = Service::start().await;
    let body = form("passport", "scan.png", "image/png", &png::large(2_400_000)).open();
    let broken = Body::broken_after(&body[..2_300_000]);
    let answer = service.send(service.post().body(broken.0).unwrap()).await;
    assert_eq!(answer.brief(), "400 multipart.malformed");
    service.assert_nothing_stored();
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_leaves_nothing_behind() {
    let service = Service::start().await;
    let body = form("passport", "scan.png", "image/png", &png::large(2_400_000)).open();
    let (body, client) = Body::paused(&body, body.len() - 10);
    let request = service.post().header("idempotency-key", "k").body(body.0).unwrap();
    // The server drops the handler when its client is gone; the use case still ends in order.
    tokio::select! {
        answer = service.send(request) => panic!("{}", answer.brief()),
        () = until_stored(&service) => {}
    }
    drop(client);
    for _ in 0..500 {
        if service.stored().is_empty() && service.rows("idempotency") == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    service.assert_nothing_stored();
}

async fn until_stored(service: &Service) {
    while service.stored().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
