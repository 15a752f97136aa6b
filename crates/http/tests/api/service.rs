//! Health, readiness, metrics, documents.

use std::collections::BTreeSet;
use std::fs;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use dossier_http::{MetricsPlace, Settings};
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Answer, Options, Service, form, json_of};

async fn open(service: &Service, path: &str) -> Answer {
    service.send(Request::get(path).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_started_service_is_alive_and_ready() {
    let service = Service::start().await;
    assert_eq!(open(&service, "/healthz").await.json(), json!({"status": "ok"}));
    let ready = open(&service, "/readyz").await;
    assert_eq!(ready.status, StatusCode::OK);
    assert_eq!(
        ready.json(),
        json!({
            "status": "ok",
            "dependencies": {"database": "ok", "storage": "ok"},
            "content_check": "structure",
        })
    );
    service.assert_nothing_stored();
}

#[tokio::test]
async fn a_service_without_its_folder_of_bytes_is_not_ready() {
    let service = Service::start().await;
    fs::remove_dir_all(service.blobs()).unwrap();
    let ready = open(&service, "/readyz").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ready.json()["dependencies"], json!({"database": "ok", "storage": "unavailable"}));
    assert!(ready.header("retry-after").parse::<u32>().unwrap() > 0);
    assert_eq!(open(&service, "/healthz").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_service_whose_database_cannot_be_written_is_not_ready() {
    let service = Service::start().await;
    let other = rusqlite::Connection::open(service.database()).unwrap();
    other.execute_batch("begin immediate").unwrap();
    let ready = open(&service, "/readyz").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ready.json()["dependencies"], json!({"database": "unavailable", "storage": "ok"}));
    other.execute_batch("rollback").unwrap();
    let_the_answer_grow_old().await;
    assert_eq!(open(&service, "/readyz").await.status, StatusCode::OK);
}

/// Waits as long as an answer is kept, without the time that it takes.
async fn let_the_answer_grow_old() {
    tokio::time::pause();
    tokio::time::advance(std::time::Duration::from_secs(1)).await;
    tokio::time::resume();
}

/// How often a probe was committed.
fn probes(service: &Service) -> i64 {
    let connection = rusqlite::Connection::open(service.database()).unwrap();
    connection.query_row("select written from write_probe", [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn one_probe_answers_all_who_ask_at_a_time() {
    let service = Service::start().await;
    for round in 1..=2 {
        let before = probes(&service);
        let answers = join_all((0..50).map(|_| open(&service, "/readyz"))).await;
        assert!(answers.iter().all(|answer| answer.status == StatusCode::OK));
        assert_eq!(open(&service, "/readyz").await.status, StatusCode::OK);
        // A machine that is slow enough takes more than a second for it.
        let made = probes(&service) - before;
        assert!((1..=5).contains(&made), "round {round}: {made}");
        let_the_answer_grow_old().await;
    }
}

#[tokio::test]
async fn a_client_that_leaves_ends_no_probe_and_has_others_start_none() {
    let service = Service::start().await;
    let before = probes(&service);
    for _ in 0..5 {
        assert!(
            open(&service, "/readyz").now_or_never().is_none(),
            "it was gone before the answer"
        );
    }
    assert_eq!(open(&service, "/readyz").await.status, StatusCode::OK);
    assert_eq!(probes(&service) - before, 1);
}

#[tokio::test]
async fn metrics_count_by_route_and_code() {
    let service = Service::start().await;
    service.upload(&form("verification_report", "a.json", "", &json_of(30))).await.created();
    service.upload(&form("verification_report", "a.json", "", &json_of(14))).await;
    open(&service, "/nowhere").await;
    let request = Request::builder().method("BREW").uri("/v1/files").body(Body::empty()).unwrap();
    service.send(request).await;
    let answer = open(&service, "/metrics").await;
    assert!(answer.header("content-type").starts_with("application/openmetrics-text"));
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    for line in [
        "dossier_uploads_total 1",
        "dossier_upload_bytes_total 30",
        "dossier_requests_total{method=\"POST\",route=\"/v1/files\",status=\"201\"} 1",
        "dossier_requests_total{method=\"POST\",route=\"/v1/files\",status=\"422\"} 1",
        "dossier_requests_total{method=\"GET\",route=\"unmatched\",status=\"404\"} 1",
        "dossier_requests_total{method=\"other\",route=\"/v1/files\",status=\"405\"} 1",
        "dossier_errors_total{code=\"file.size.too_small\"} 1",
        "dossier_requests_running 1",
    ] {
        assert!(text.lines().any(|l| l == line), "{line}\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
}

#[tokio::test]
async fn metrics_may_have_an_address_of_their_own() {
    let settings = Settings { metrics: MetricsPlace::Elsewhere, ..Settings::default() };
    let service = Service::with(Options { settings, ..Options::default() }).await;
    assert_eq!(open(&service, "/metrics").await.brief(), "404 route.not_found");
    let ask = |method: &str, path: &str| {
        Request::builder().method(method).uri(path).body(Body::empty()).unwrap()
    };
    for (method, path, status) in [
        ("GET", "/metrics", 200),
        ("POST", "/metrics", 405),
        ("GET", "/v1/files", 404),
        ("GET", "/healthz", 404),
    ] {
        let answer = service.send_to_metrics(ask(method, path)).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path}");
    }
}

#[tokio::test]
async fn the_openapi_document_names_every_route() {
    let service = Service::start().await;
    let answer = open(&service, "/openapi.json").await;
    assert_eq!(answer.header("content-type"), "application/json");
    let document = answer.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut operations = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["operationId"].is_string(), "{method} {path}");
            operations.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    let want = [
        "DELETE /v1/files/{id}",
        "GET /.well-known/oauth-authorization-server",
        "GET /healthz",
        "GET /metrics",
        "GET /readyz",
        "GET /v1/audit",
        "GET /v1/files",
        "GET /v1/files/{id}",
        "GET /v1/files/{id}/contents",
        "GET /v1/files/{id}/preview",
        "GET /v1/purposes",
        "DELETE /v1/webhook_endpoints/{id}",
        "GET /v1/events",
        "GET /v1/webhook_endpoints",
        "GET /v1/webhook_endpoints/{id}",
        "PATCH /v1/webhook_endpoints/{id}",
        "POST /v1/webhook_endpoints",
        "POST /v1/webhook_endpoints/{id}/replay",
        "POST /v1/webhook_endpoints/{id}/secret",
        "POST /v1/webhook_endpoints/{id}/test",
        "POST /oauth/revoke",
        "POST /oauth/token",
        "GET /v2/requirements",
        "GET /v2/users",
        "GET /v2/users/{id}",
        "GET /v2/users/{id}/requirements",
        "GET /v2/users/{id}/verification/history",
        "PATCH /v1/users/{id}/inactivate",
        "PATCH /v2/users/{id}",
        "POST /v1/files",
        "POST /v1/files/check",
        "POST /v2/users",
        "POST /v2/users/{id}/verification",
        "POST /v2/users/{id}/verification/decision",
        "POST /v2/users/{id}/verification/request",
        "PUT /v2/requirements",
    ];
    assert_eq!(operations, want.map(str::to_owned).into());
    assert_eq!(document["security"], json!([{"bearer": []}]));
    let scheme = &document["components"]["securitySchemes"]["bearer"];
    assert_eq!((&scheme["type"], &scheme["scheme"]), (&json!("http"), &json!("bearer")));
}

#[tokio::test]
async fn every_reference_of_the_openapi_document_leads_somewhere() {
    let document: Value = serde_json::from_str(&dossier_http::openapi_json()).unwrap();
    let mut values = vec![&document];
    let mut references = 0;
    while let Some(value) = values.pop() {
        match value {
            Value::Array(items) => values.extend(items),
            Value::Object(members) => {
                if let Some(Value::String(to)) = members.get("$ref") {
                    let pointer = to.strip_prefix('#').expect("a reference inside the document");
                    assert!(document.pointer(pointer).is_some(), "{to}");
                    references += 1;
                }
                values.extend(members.values());
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    assert!(references > 10);
}

#[tokio::test]
async fn every_problem_of_the_openapi_document_has_the_media_type_of_problems() {
    let document: Value = serde_json::from_str(&dossier_http::openapi_json()).unwrap();
    let text = document["paths"].to_string();
    let problem = "{\"schema\":{\"$ref\":\"#/components/schemas/Problem\"}}";
    assert!(text.contains(&format!("\"application/problem+json\":{problem}")));
    assert!(!text.contains(&format!("\"application/json\":{problem}")));
}

#[tokio::test]
async fn the_root_leads_to_the_documents() {
    let service = Service::start().await;
    let answer = open(&service, "/").await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (StatusCode::TEMPORARY_REDIRECT, "/docs")
    );
    assert!(String::from_utf8_lossy(&answer.body).contains("/docs"));
}

#[tokio::test]
async fn pages_name_every_operation_and_load_nothing_from_elsewhere() {
    let service = Service::start().await;
    for path in ["/docs", "/docs/", "/docs/errors"] {
        let answer = open(&service, path).await;
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
        let page = String::from_utf8(answer.body.to_vec()).unwrap();
        assert!(!page.contains("http://") && !page.contains("https://"), "{path}");
        assert!(!page.contains("<script"), "{path}");
    }
    let page = String::from_utf8(open(&service, "/docs").await.body.to_vec()).unwrap();
    for text in ["POST /v1/files", "GET /v1/purposes", "Idempotency-Key", "id=\"uploadFile\""] {
        assert!(page.contains(text), "{text}");
    }
}
