//! What is known of people stays out of logs, metrics and errors.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use dossier_app::{ChosenSecret, Operator};

use crate::support::{Service, document, form, logged};

const CANARIES: [&str; 4] =
    ["Qanary-name-81c2", "qanary_purpose_81c2", "qanary-key-81c2", "Qanary-exif-81c2"];

#[tokio::test]
async fn names_purposes_keys_and_contents_are_never_logged_or_counted() {
    let service = Service::start().await;
    let [name, purpose, idempotency, content] = CANARIES;
    let secret = format!("dsk_{}", "Qanary81c2".repeat(5));
    let chosen = ChosenSecret::parse(&secret).unwrap();
    service.app.ensure_bootstrap_key(Operator, &chosen).await.unwrap();
    let photo = document("image/jpeg").bytes;
    let comment = dossier_testkit::jpeg::segment(0xFE, content.as_bytes());
    let photo = [&photo[..2], &comment, &photo[2..]].concat();

    let mut answers = Vec::new();
    for (purpose, name) in [
        ("passport", format!("{name}.jpg")),
        (purpose, format!(".{name}.pdf")),
        ("selfie_video", format!("{name}/.jpg")),
    ] {
        let head = service
            .request_by(&secret, Method::POST, "/v1/files")
            .header("content-type", "multipart/form-data; boundary=XbX")
            .header("idempotency-key", idempotency);
        let body = form(purpose, &name, "image/jpeg", &photo).build();
        answers.push(service.send_body(head, body).await);
    }
    assert_eq!(answers[0].status, StatusCode::CREATED);
    let id = answers[0].id();
    assert_eq!(service.get(&format!("/v1/files/{name}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(service.get(&format!("/{name}")).await.status, StatusCode::NOT_FOUND);
    let wrong = format!("{secret}x");
    let request = service.request_by(&wrong, Method::GET, "/v1/files");
    let refused = service.send(request.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    let request = service.request_by(&secret, Method::GET, &format!("/v1/files/{id}/contents"));
    service.send(request.body(axum::body::Body::empty()).unwrap()).await;
    service.clock.advance(Duration::from_secs(1));

    let metrics = service.get("/metrics").await;
    let metrics = String::from_utf8(metrics.body.to_vec()).unwrap();
    let log = logged();
    let refusals: Vec<_> =
        answers[1..].iter().map(|a| String::from_utf8_lossy(&a.body).into_owned()).collect();
    for canary in [name, purpose, idempotency, content, "Qanary81c2"] {
        assert!(!log.contains(canary), "{canary} is logged");
        assert!(!metrics.contains(canary), "{canary} is counted");
        assert!(refusals.iter().all(|r| !r.contains(canary)), "{canary} is echoed");
    }
    assert!(!metrics.contains(&id) && !metrics.contains("dsk_"));
}

#[tokio::test]
async fn what_is_said_of_a_person_is_never_logged_or_counted() {
    let service = Service::start().await;
    let canary = "Qanary-person-93d4";
    let body = |member: &str, value: &str| {
        format!(r#"{{"external_id":"{canary}","email":"{canary}@b.de","{member}":"{value}"}}"#)
    };
    let note = format!(r#"{{"decision":"approved","note":"{canary}"}}"#);
    let mut answers = Vec::new();
    for (path, body) in [
        ("/v2/users", body("first_name", canary)),
        ("/v2/users", body("last_name", canary)),
        ("/v2/users", body("phone", canary)),
        ("/v2/users", body(canary, "x")),
        ("/v2/users", format!("{{\"{canary}")),
        ("/v2/users/x/verification/decision", note),
    ] {
        let head = service.request(Method::POST, path).header("content-type", "application/json");
        answers.push(service.send_body(head, body.into_bytes()).await);
    }
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    assert_eq!(statuses, [201, 409, 422, 422, 400, 404]);
    service.get(&format!("/v2/users?external_id={canary}")).await;
    let metrics = service.get("/metrics").await;
    assert!(!String::from_utf8(metrics.body.to_vec()).unwrap().contains(canary), "it is counted");
    assert!(!logged().contains(canary), "it is logged");
    for (at, answer) in answers.iter().enumerate() {
        // A member that is not known is named, for whoever has misspelt it.
        let echoed = String::from_utf8_lossy(&answer.body).contains(canary);
        assert_eq!(echoed, at == 3, "{}", answer.brief());
    }
}

#[tokio::test]
async fn a_request_is_one_line_that_names_route_status_code_and_client() {
    let service = Service::start().await;
    let head = service.request(Method::GET, "/v1/files/nonsense");
    let mut request = head.body(axum::body::Body::empty()).unwrap();
    request.headers_mut().insert("x-request-id", "one-line-81c2".parse().unwrap());
    service.send(request).await;
    let log = logged();
    let lines: Vec<_> = log.lines().filter(|l| l.contains("one-line-81c2")).collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    for text in ["method=GET", "/v1/files/{id}", "status=404", "file.not_found"] {
        assert!(lines[0].contains(text), "{text}: {}", lines[0]);
    }
    let client = lines[0].split("client=").nth(1).unwrap_or_default();
    assert!(
        client.trim_start_matches('"').starts_with(|c: char| c.is_ascii_hexdigit()),
        "{client}"
    );
}
