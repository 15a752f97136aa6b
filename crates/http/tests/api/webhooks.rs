//! Webhook endpoints, deliveries to receivers on this machine, and the pull form.

mod checkpoints;
mod deliveries;
mod endpoints;
mod receiver;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, Service, form, json_of};

const ENDPOINTS: &str = "/v1/webhook_endpoints";

async fn send(service: &Service, method: Method, path: &str, body: &Value) -> Answer {
    send_by(service, &service.key, (method, path), body).await
}

async fn send_by(
    service: &Service,
    key: &str,
    (method, path): (Method, &str),
    body: &Value,
) -> Answer {
    let head = service.request_by(key, method, path).header("content-type", "application/json");
    service.send_body(head, body.to_string().into_bytes()).await
}

/// Makes an endpoint; its id and its secret.
async fn endpoint(service: &Service, url: &str, events: &[&str]) -> (String, String) {
    let body = json!({ "url": url, "events": events });
    let answer = send(service, Method::POST, ENDPOINTS, &body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.brief());
    let data = answer.json()["data"].clone();
    (text(&data["id"]), text(&data["secret"]))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Uploads a file; its id.
async fn upload(service: &Service) -> String {
    let body = json_of(30);
    service.upload(&form("verification_report", "r.json", "application/json", &body)).await.id()
}

/// Creates a user with a verification; its id.
async fn user(service: &Service, name: &str) -> String {
    let body = json!({ "external_id": name, "verification": { "provider": "x" } });
    let answer = send(service, Method::POST, "/v2/users", &body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.brief());
    text(&answer.json()["data"]["id"])
}

async fn decide(service: &Service, user: &str, body: &Value) {
    let path = format!("/v2/users/{user}/verification/decision");
    let answer = send(service, Method::POST, &path, body).await;
    assert!(answer.status.is_success(), "{}", answer.brief());
}

async fn inactivate(service: &Service, user: &str) {
    let path = format!("/v1/users/{user}/inactivate");
    let head = service.request(Method::PATCH, &path);
    let answer = service.send_body(head, Vec::new()).await;
    assert!(answer.status.is_success(), "{}", answer.brief());
}
