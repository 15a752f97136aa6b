//! `GET /v1/files/{id}/contents`: the exact bytes, served so that nothing can act on them.

use std::fs;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dossier_app::Sha256;
use dossier_http::{Pace, Settings};
use dossier_testkit::png;
use insta::assert_snapshot;

use crate::support::{Answer, Options, Outcome, Service, document, form, json_of};

/// A stored file and the path of its contents.
async fn stored(service: &Service, bytes: &[u8]) -> String {
    let form = form("other", "scan.png", "image/png", bytes);
    format!("/v1/files/{}/contents", service.upload(&form).await.id())
}

async fn asked(service: &Service, path: &str, headers: &[(&str, &str)]) -> Answer {
    let head = service.request(Method::GET, path);
    let head = headers.iter().fold(head, |head, (name, value)| head.header(*name, *value));
    service.send(head.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn the_headers_keep_a_browser_from_doing_anything_but_saving() {
    let service = Service::start().await;
    let photo = document("image/png").bytes;
    let path = stored(&service, &photo).await;
    let answer = service.get(&path).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(&answer.body[..], photo);
    let sha256 = Sha256::of(&photo);
    for (name, value) in [
        ("content-type", "image/png"),
        ("content-length", &photo.len().to_string()),
        ("content-disposition", "attachment; filename=\"scan.png\"; filename*=UTF-8''scan.png"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "sandbox; default-src 'none'"),
        ("cache-control", "no-store"),
        ("cross-origin-resource-policy", "same-origin"),
        ("accept-ranges", "bytes"),
        ("etag", &format!("\"{sha256}\"")),
        ("repr-digest", &format!("sha-256=:{}:", STANDARD.encode(sha256.0))),
        ("access-control-allow-origin", ""),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
}

#[tokio::test]
async fn an_answer_breaks_off_when_its_request_may_live_no_longer() {
    let pace = Pace { request_max: Duration::ZERO, ..Pace::default() };
    let settings = Settings { pace, ..Settings::default() };
    let service = Service::with(Options { settings, ..Options::default() }).await;
    let path = stored(&service, &document("image/png").bytes).await;
    let request = service.request(Method::GET, &path).body(Body::empty()).unwrap();
    assert_eq!(service.send_broken(request).await, (200, Vec::new(), Outcome::BrokeOff));
}

/// RFC 9110, section 14.2.
#[tokio::test]
async fn a_range_is_nothing_to_a_request_for_the_head() {
    let service = Service::start().await;
    let photo = document("image/png").bytes;
    let path = stored(&service, &photo).await;
    for range in ["bytes=0-0", "bytes=9999999-"] {
        let head = service.request(Method::HEAD, &path).header("range", range);
        let answer = service.send(head.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::OK, "{range}");
        assert_eq!(answer.header("content-length"), photo.len().to_string());
        assert_eq!((answer.header("content-range"), answer.body.len()), ("", 0));
    }
}

#[tokio::test]
async fn names_are_inert_in_the_disposition() {
    let service = Service::start().await;
    let photo = document("image/png").bytes;
    for (name, disposition) in [
        ("résumé.png", "filename=\"r_sum_.png\"; filename*=UTF-8''r%C3%A9sum%C3%A9.png"),
        ("a%22b;c.png", "filename=\"a_b;c.png\"; filename*=UTF-8''a%22b%3Bc.png"),
        ("<script>.png", "filename=\"<script>.png\"; filename*=UTF-8''%3Cscript%3E.png"),
        ("💩.png", "filename=\"_.png\"; filename*=UTF-8''%F0%9F%92%A9.png"),
    ] {
        let form = form("other", name, "", &photo);
        let id = service.upload(&form).await.id();
        let answer = service.get(&format!("/v1/files/{id}/contents")).await;
        let want = format!("attachment; {disposition}");
        assert_eq!(answer.header("content-disposition"), want, "{name}");
    }
}

#[tokio::test]
async fn head_is_get_without_the_bytes() {
    let service = Service::start().await;
    let photo = document("image/png").bytes;
    let path = stored(&service, &photo).await;
    let get = service.get(&path).await;
    let request = service.request(Method::HEAD, &path).body(Body::empty()).unwrap();
    let head = service.send(request).await;
    assert_eq!(head.status, StatusCode::OK);
    assert!(head.body.is_empty());
    assert_eq!(head.headers, get.headers);
    let missing = service.request(Method::HEAD, "/v1/files/x/contents").body(Body::empty());
    assert_eq!(service.send(missing.unwrap()).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn one_range_is_answered() {
    let service = Service::start().await;
    // Over several rows of the store, so that ranges cross their borders.
    let scan = png::large(200_000);
    let size = scan.len();
    let path = stored(&service, &scan).await;
    for (range, from, to) in [
        ("bytes=0-0", 0, 1),
        ("bytes=1-99", 1, 100),
        ("bytes=65455-65456", 65_455, 65_457),
        ("bytes=65456-65535", 65_456, 65_536),
        ("bytes=60000-140000", 60_000, 140_001),
        ("bytes=100-", 100, size),
        ("bytes=-5", size - 5, size),
        ("bytes=-99999999", 0, size),
        ("bytes=0-18446744073709551616", 0, size),
    ] {
        let answer = asked(&service, &path, &[("range", range)]).await;
        assert_eq!(answer.status, StatusCode::PARTIAL_CONTENT, "{range}");
        let content_range = format!("bytes {from}-{}/{size}", to - 1);
        assert_eq!(answer.header("content-range"), content_range, "{range}");
        assert_eq!(answer.header("content-length"), (to - from).to_string(), "{range}");
        assert!(answer.body == scan[from..to], "{range}");
    }
}

#[tokio::test]
async fn other_ranges_are_answered_whole_or_not_at_all() {
    let service = Service::start().await;
    let photo = document("image/png").bytes;
    let path = stored(&service, &photo).await;
    let many = format!("bytes={}0-0", "0-0,".repeat(10_000));
    for range in ["bytes=0-0,2-3", "bytes=5-3", "items=0-1", "bytes=a-b", "bytes=", many.as_str()] {
        let answer = asked(&service, &path, &[("range", range)]).await;
        assert_eq!(answer.status, StatusCode::OK, "{range}");
        assert_eq!(&answer.body[..], photo);
        assert_eq!(answer.header("content-range"), "");
    }
    let twice = asked(&service, &path, &[("range", "bytes=0-0"), ("range", "bytes=1-1")]).await;
    assert_eq!(twice.status, StatusCode::OK);
    for range in ["bytes=100000-", "bytes=18446744073709551616-", "bytes=-0"] {
        let answer = asked(&service, &path, &[("range", range)]).await;
        assert_eq!(answer.brief(), "416 file.range", "{range}");
        assert_eq!(answer.header("content-range"), format!("bytes */{}", photo.len()));
    }
    assert_snapshot!(asked(&service, &path, &[("range", "bytes=-0")]).await.whole(), @r#"
    416
    {
      "code": "file.range",
      "detail": "The range lies outside the file.",
      "errors": [
        {
          "code": "file.range",
          "detail": "The range lies outside the file.",
          "retryable": false,
          "status": 416,
          "title": "Range not satisfiable",
          "user_message": "Something went wrong. Please try again later."
        }
      ],
      "request_id": "test",
      "status": 416,
      "title": "Range not satisfiable",
      "type": "/docs/errors#file.range"
    }
    "#);
}

#[tokio::test]
async fn a_known_copy_is_not_sent_again() {
    let service = Service::start().await;
    let path = stored(&service, &document("image/png").bytes).await;
    let etag = service.get(&path).await.header("etag").to_owned();
    for value in [&etag, &format!("W/{etag}"), &format!("\"x\", {etag}"), "*"] {
        let answer = asked(&service, &path, &[("if-none-match", value)]).await;
        assert_eq!(answer.status, StatusCode::NOT_MODIFIED, "{value}");
        assert!(answer.body.is_empty());
        assert_eq!(answer.header("etag"), etag);
    }
    let answer = asked(&service, &path, &[("if-none-match", "\"x\"")]).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn if_range_guards_a_range() {
    let service = Service::start().await;
    let path = stored(&service, &document("image/png").bytes).await;
    let etag = service.get(&path).await.header("etag").to_owned();
    let current = [("range", "bytes=0-3"), ("if-range", etag.as_str())];
    assert_eq!(asked(&service, &path, &current).await.status, StatusCode::PARTIAL_CONTENT);
    for stale in ["\"x\"", &format!("W/{etag}"), "Mon, 20 Jul 2026 08:14:20 GMT"] {
        let answer = asked(&service, &path, &[("range", "bytes=0-3"), ("if-range", stale)]).await;
        assert_eq!(answer.status, StatusCode::OK, "{stale}");
    }
}

#[tokio::test]
async fn a_flipped_bit_is_found_and_no_byte_is_served() {
    let service = Service::start().await;
    let text = document("image/png").bytes;
    let path = stored(&service, &text).await;
    let blob = &service.stored()[0];
    let sound = fs::read(blob).unwrap();
    // A header and a tag; what follows them in the file is filling that nobody reads.
    let sealed = 64 + text.len() + 16;
    for at in [0, 70, sealed / 2, sealed - 1] {
        let mut damaged = sound.clone();
        damaged[at] ^= 1;
        fs::write(blob, &damaged).unwrap();
        let answer = service.get(&path).await;
        assert_eq!(answer.brief(), "500 file.integrity", "bit at {at}");
    }
    assert_snapshot!(service.get(&path).await.whole(), @r#"
    500
    {
      "code": "file.integrity",
      "detail": "The stored bytes failed verification.",
      "errors": [
        {
          "code": "file.integrity",
          "detail": "The stored bytes failed verification.",
          "retryable": false,
          "status": 500,
          "title": "Stored bytes are damaged",
          "user_message": "This file cannot be shown right now."
        }
      ],
      "request_id": "test",
      "status": 500,
      "title": "Stored bytes are damaged",
      "type": "/docs/errors#file.integrity"
    }
    "#);
    fs::write(blob, &sound).unwrap();
    assert_eq!(service.get(&path).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_cut_grown_removed_or_swapped_blob_is_found() {
    let service = Service::start().await;
    let path = stored(&service, &document("image/png").bytes).await;
    let blob = service.stored()[0].clone();
    let sound = fs::read(&blob).unwrap();
    let other =
        form("verification_report", "a.json", "", &json_of(document("image/png").bytes.len()));
    service.upload(&other).await.created();
    let swapped = service.stored().into_iter().find(|b| *b != blob).unwrap();
    let swapped = fs::read(swapped).unwrap();
    assert_eq!(swapped.len(), sound.len());
    for damaged in [&sound[..sound.len() - 1], b"", &[&sound[..], b"x"].concat(), &swapped] {
        fs::write(&blob, damaged).unwrap();
        assert_eq!(service.get(&path).await.brief(), "500 file.integrity", "{}", damaged.len());
    }
    fs::remove_file(&blob).unwrap();
    assert_eq!(service.get(&path).await.brief(), "500 file.integrity");
}

#[tokio::test]
async fn damage_further_on_breaks_the_answer_off_before_a_wrong_byte() {
    let service = Service::start().await;
    let scan = png::large(400_000);
    let path = stored(&service, &scan).await;
    let blob = &service.stored()[0];
    let mut damaged = fs::read(blob).unwrap();
    damaged[300_000] ^= 0x80;
    fs::write(blob, &damaged).unwrap();
    let request = service.request(Method::GET, &path).body(Body::empty()).unwrap();
    let (status, bytes, outcome) = service.send_broken(request).await;
    assert_eq!((status, outcome), (200, Outcome::BrokeOff));
    assert!(bytes.len() < 300_000 && scan.starts_with(&bytes));
    // A range before the damage is sound, one over it is not.
    let before = asked(&service, &path, &[("range", "bytes=0-100000")]).await;
    assert_eq!(before.status, StatusCode::PARTIAL_CONTENT);
    let over = asked(&service, &path, &[("range", "bytes=299000-299001")]).await;
    assert_eq!(over.brief(), "500 file.integrity");
}
