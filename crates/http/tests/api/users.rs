//! Users: what may be said of them, which files become theirs, and who decides.

mod append;
mod body;
mod create;
mod keys;
mod list;
mod patch;
mod precondition;
mod references;
mod requirements;
mod review;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, Service, document, form, json_of};

/// An id that nobody has.
pub(crate) const UNKNOWN: &str = "0198c0de-1111-7222-8333-444455556666";

/// Sends a JSON body.
pub(crate) async fn send(service: &Service, method: Method, path: &str, body: &Value) -> Answer {
    send_by(service, &service.key, method, path, body).await
}

pub(crate) async fn send_by(
    service: &Service,
    key: &str,
    method: Method,
    path: &str,
    body: &Value,
) -> Answer {
    let head = service.request_by(key, method, path).header("content-type", "application/json");
    service.send_body(head, body.to_string().into_bytes()).await
}

pub(crate) async fn post(service: &Service, path: &str, body: &Value) -> Answer {
    send(service, Method::POST, path, body).await
}

pub(crate) async fn patch(service: &Service, path: &str, body: &Value) -> Answer {
    send(service, Method::PATCH, path, body).await
}

/// Creates a user and answers its path.
pub(crate) async fn created(service: &Service, body: &Value) -> String {
    let answer = post(service, "/v2/users", body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.brief());
    let id = answer.json()["data"]["id"].as_str().unwrap().to_owned();
    assert_eq!(answer.header("location"), format!("/v2/users/{id}"));
    format!("/v2/users/{id}")
}

/// Creates a user of whom little is said, and answers its path.
pub(crate) async fn someone(service: &Service) -> String {
    created(service, &json!({"email": "someone@example.com"})).await
}

/// Uploads a file of this purpose and answers its id.
pub(crate) async fn uploaded(service: &Service, purpose: &str) -> String {
    let form = match purpose {
        "verification_report" => form(purpose, "report.json", "", &json_of(30)),
        "selfie_video" => form(purpose, "selfie.mp4", "", &document("video/mp4").bytes),
        _ => form(purpose, "scan.png", "", &document("image/png").bytes),
    };
    service.upload(&form).await.id()
}

/// What `GET` answers of a user.
pub(crate) async fn read(service: &Service, path: &str) -> Value {
    let answer = service.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.brief());
    answer.json()["data"].clone()
}

/// Whose file it is; null when it is nobody's.
pub(crate) async fn owner(service: &Service, file: &str) -> Value {
    read(service, &format!("/v1/files/{file}")).await["user_id"].clone()
}

/// The id at the end of a user's path.
pub(crate) fn id_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

/// The table of the database that a refusal must leave alone.
pub(crate) fn assert_no_user(service: &Service) {
    for table in ["users", "user_external_ids", "verification_changes"] {
        assert_eq!(service.rows(table), 0, "{table}");
    }
    assert_eq!(service.rows("files where user_id is not null"), 0, "files are attached");
}
