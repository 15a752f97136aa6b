use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{UNKNOWN, created, patch, post, read, uploaded};
use crate::support::{Answer, Service};

/// Sends a JSON body on the condition that the user is in this state.
async fn send_if(
    service: &Service,
    state: &str,
    (method, path): (Method, &str),
    body: &Value,
) -> Answer {
    let head = service.request(method, path).header("content-type", "application/json");
    service.send_body(head.header("if-match", state), body.to_string().into_bytes()).await
}

async fn pending(service: &Service) -> String {
    let file = uploaded(service, "passport").await;
    let verification = json!({"files": [file], "document_type": "passport"});
    created(service, &json!({"email": "a@b.de", "verification": verification})).await
}

async fn state(service: &Service, path: &str) -> String {
    service.get(path).await.header("etag").to_owned()
}

#[tokio::test]
async fn a_decision_does_not_cover_files_that_the_reviewer_has_not_seen() {
    let service = Service::start().await;
    let path = pending(&service).await;
    let seen = state(&service, &path).await;
    let later = uploaded(&service, "selfie_video").await;
    let append = format!("{path}/verification");
    assert_eq!(post(&service, &append, &json!({"files": [later]})).await.status, 202);

    let decision = format!("{path}/verification/decision");
    let approved = json!({"decision": "approved"});
    let answer = send_if(&service, &seen, (Method::POST, &decision), &approved).await;
    assert_eq!(answer.brief(), "412 user.changed");
    assert_eq!(read(&service, &path).await["verification_status"], "pending");
    assert_eq!(service.rows("verification_changes"), 2);

    let seen = state(&service, &path).await;
    let answer = send_if(&service, &seen, (Method::POST, &decision), &approved).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(read(&service, &path).await["verification_status"], "approved");
}

#[tokio::test]
async fn what_the_headers_say_of_the_body_comes_before_a_malformed_state() {
    let service = Service::start().await;
    let path = pending(&service).await;
    let malformed = |media_type: &'static str, length: &'static str| {
        let head = service.request(Method::PATCH, &path).header("if-match", "abc");
        let head = head.header("content-type", media_type).header("content-length", length);
        service.send_body(head, b"{}".to_vec())
    };
    assert_eq!(malformed("text/plain", "2").await.brief(), "415 request.media_type");
    let too_large = malformed("application/json", "9999999").await;
    assert_eq!(too_large.codes(), ["request.too_large"]);
    assert_eq!(malformed("application/json", "2").await.brief(), "400 request.malformed");
}

#[tokio::test]
async fn a_body_has_one_media_type() {
    let service = Service::start().await;
    let path = pending(&service).await;
    let head = service.request(Method::PATCH, &path).header("content-type", "application/json");
    let answer = service.send_body(head.header("content-type", "text/plain"), b"{}".to_vec()).await;
    assert_eq!(answer.brief(), "415 request.media_type");
}

#[tokio::test]
async fn every_write_of_a_user_can_be_meant_for_one_state() {
    let service = Service::start().await;
    let path = pending(&service).await;
    let old = state(&service, &path).await;
    assert_eq!(patch(&service, &path, &json!({"first_name": "Ada"})).await.status, 200);
    let file = uploaded(&service, "passport").await;
    let wanted = json!({"purposes": ["passport"], "reason_codes": ["document_expired"]});
    let writes = [
        (Method::PATCH, path.clone(), json!({"first_name": "Eve"})),
        (Method::POST, format!("{path}/verification"), json!({"files": [file]})),
        (Method::POST, format!("{path}/verification/request"), wanted),
        (Method::POST, format!("{path}/verification/decision"), json!({"decision": "approved"})),
    ];
    let before = read(&service, &path).await;
    for (method, path, body) in &writes {
        let write = (method.clone(), path.as_str());
        let answer = send_if(&service, &old, write, body).await;
        assert_eq!(answer.brief(), "412 user.changed", "{path}");
    }
    assert_eq!(read(&service, &path).await, before);
    for (method, write, body) in &writes {
        let meant_for = format!("\"0\", {}", state(&service, &path).await);
        let answer = send_if(&service, &meant_for, (method.clone(), write), body).await;
        assert!(answer.status.is_success(), "{write}: {}", answer.brief());
    }
}

#[tokio::test]
async fn a_write_that_would_change_nothing_is_meant_for_one_state_too() {
    let service = Service::start().await;
    let path = pending(&service).await;
    let old = state(&service, &path).await;
    assert_eq!(patch(&service, &path, &json!({"first_name": "Ada"})).await.status, 200);
    let files = read(&service, &path).await["verification"]["files"].clone();
    let (now, entries) = (state(&service, &path).await, service.rows("audit_entries"));
    let append = format!("{path}/verification");
    for (method, path, body) in [
        (Method::PATCH, &path, json!({})),
        (Method::PATCH, &path, json!({"first_name": "Ada"})),
        (Method::POST, &append, json!({"files": files})),
    ] {
        let answer = send_if(&service, &old, (method.clone(), path), &body).await;
        assert_eq!(answer.brief(), "412 user.changed", "{path} {body}");
        let answer = send_if(&service, &now, (method, path), &body).await;
        assert!(answer.status.is_success(), "{path} {body}: {}", answer.brief());
    }
    assert_eq!((state(&service, &path).await, service.rows("audit_entries")), (now, entries));
}

#[tokio::test]
async fn a_precondition_is_judged_after_everything_else() {
    let service = Service::start().await;
    let path = pending(&service).await;
    let unknown = format!("/v2/users/{UNKNOWN}");
    for (state, path, body, brief) in [
        ("\"0\"", &unknown, json!({"first_name": "Ada"}), "404 user.not_found"),
        (
            "\"0\"",
            &path,
            json!({"frist_name": "Ada"}),
            "422 user.member.unknown pointer=/frist_name",
        ),
        ("\"0\"", &path, json!({"first_name": "Ada"}), "412 user.changed"),
        ("0", &path, json!({"first_name": "Ada"}), "400 request.malformed"),
        ("*", &path, json!({"first_name": "Ada"}), "200 "),
    ] {
        let answer = send_if(&service, state, (Method::PATCH, path), &body).await;
        assert_eq!(answer.brief(), brief, "{state} {body}");
    }
}

#[tokio::test]
async fn a_known_copy_of_a_user_is_not_sent_again() {
    let service = Service::start().await;
    let path = pending(&service).await;
    let known = state(&service, &path).await;
    let again = |known: String| {
        let head = service.request(Method::GET, &path).header("if-none-match", known);
        service.send(head.body(axum::body::Body::empty()).unwrap())
    };
    let answer = again(known.clone()).await;
    assert_eq!((answer.status, answer.header("etag")), (StatusCode::NOT_MODIFIED, known.as_str()));
    patch(&service, &path, &json!({"first_name": "Ada"})).await;
    assert_eq!(again(known).await.status, StatusCode::OK);
}
