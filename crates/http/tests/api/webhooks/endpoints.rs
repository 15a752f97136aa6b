use std::collections::HashSet;

use axum::http::{Method, StatusCode};
use dossier_app::Reach;
use insta::assert_snapshot;
use serde_json::json;

use super::{ENDPOINTS, endpoint, send, send_by, text, upload};
use crate::support::{Options, Service};
use crate::users::UNKNOWN;

const URL: &str = "https://hooks.example.com/dossier";

#[tokio::test]
async fn an_endpoint_is_made_read_changed_and_deleted() {
    let service = Service::start().await;
    let body = json!({ "url": URL, "events": ["user.verified", "file.ready"] });
    let answer = send(&service, Method::POST, ENDPOINTS, &body).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(answer.header("cache-control"), "no-store");
    let made = answer.json()["data"].clone();
    let (id, secret) = (text(&made["id"]), text(&made["secret"]));
    assert!(secret.starts_with("whsec_") && secret.len() == 6 + 44, "{secret}");
    let path = format!("{ENDPOINTS}/{id}");
    assert_eq!(answer.header("location"), path);

    let mut want = made.clone();
    want.as_object_mut().unwrap().remove("secret");
    assert_eq!(service.get(&path).await.json(), json!({ "data": want }), "without the secret");
    let list = service.get(ENDPOINTS).await.json();
    assert_eq!(list, json!({ "data": [want], "meta": {} }));
    assert_eq!(want["events"], json!(["file.ready", "user.verified"]));

    let change = json!({ "events": ["*"] });
    let answer = send(&service, Method::PATCH, &path, &change).await;
    want["events"] = json!(["*"]);
    assert_eq!(answer.json(), json!({ "data": want }));
    let answer = send(&service, Method::PATCH, &path, &json!({ "url": "http://b.example" })).await;
    want["url"] = json!("http://b.example");
    assert_eq!(answer.json(), json!({ "data": want }));
    let entries = service.rows("audit_entries");
    for nothing in [json!({}), json!({ "url": want["url"] }), json!({ "events": ["*"] })] {
        let unchanged = send(&service, Method::PATCH, &path, &nothing).await;
        assert_eq!(unchanged.json(), json!({ "data": want }));
    }
    assert_eq!(service.rows("audit_entries"), entries);

    assert_eq!(service.delete(&path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(service.delete(&path).await.brief(), "404 webhook.not_found");
    assert_eq!(service.get(&path).await.brief(), "404 webhook.not_found");
    assert_eq!(service.rows("webhook_endpoints"), 0);
}

#[tokio::test]
async fn every_wrong_member_is_named_at_once_and_nothing_is_kept() {
    let service = Service::start().await;
    let body = json!({
        "url": "ftp://user@example.com/#a", "events": ["file.steady", "*", 7], "secret": "whsec_x",
    });
    let answer = send(&service, Method::POST, ENDPOINTS, &body).await;
    assert_snapshot!(answer.entries(), @r"
    webhook.url pointer=/url
    webhook.events pointer=/events/0
    webhook.events pointer=/events/2
    request.member pointer=/secret
    ");
    for (body, want) in [
        (json!({}), "422 request.member pointer=/url"),
        (json!({ "url": 7 }), "422 request.member pointer=/url"),
        (json!({ "url": "" }), "422 webhook.url pointer=/url"),
        (json!({ "url": "example.com" }), "422 webhook.url pointer=/url"),
        (json!({ "url": "https://a:b@example.com" }), "422 webhook.url pointer=/url"),
        (json!({ "url": "https://example.com/#a" }), "422 webhook.url pointer=/url"),
        (json!({ "url": "https://example.com:0" }), "422 webhook.url pointer=/url"),
        (json!({ "url": "javascript:alert(1)" }), "422 webhook.url pointer=/url"),
        (json!({ "url": URL, "events": [] }), "422 request.member pointer=/events"),
        (json!({ "url": URL, "events": "*" }), "422 request.member pointer=/events"),
        (json!([]), "400 request.malformed"),
    ] {
        let answer = send(&service, Method::POST, ENDPOINTS, &body).await;
        assert_eq!(answer.brief(), want, "{body}");
    }
    let long = format!("https://example.com/{}", "a".repeat(2100));
    let answer = send(&service, Method::POST, ENDPOINTS, &json!({ "url": long })).await;
    assert_eq!(answer.brief(), "422 webhook.url pointer=/url");
    assert_eq!(service.rows("webhook_endpoints"), 0);
}

#[tokio::test]
async fn private_addresses_are_out_of_reach_unless_the_operator_says_so() {
    let options = Options { webhook_reach: Some(Reach::Public), ..Options::default() };
    let service = Service::with(options).await;
    for url in [
        "http://127.0.0.1:8080/",
        "http://localhost/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://169.254.169.254/latest/meta-data",
        "http://0x7f.1/",
        "http://192.168.0.1/",
        "http://100.64.0.1/",
    ] {
        let answer = send(&service, Method::POST, ENDPOINTS, &json!({ "url": url })).await;
        assert_eq!(answer.brief(), "422 webhook.url pointer=/url", "{url}");
    }
    assert_eq!(service.rows("webhook_endpoints"), 0);
    let (id, _) = endpoint(&service, "http://1.1.1.1/", &["*"]).await;
    let path = format!("{ENDPOINTS}/{id}");
    let answer = send(&service, Method::PATCH, &path, &json!({ "url": "http://[::1]/" })).await;
    assert_eq!(answer.brief(), "422 webhook.url pointer=/url");
    assert_eq!(service.get(&path).await.json()["data"]["url"], "http://1.1.1.1/");
}

#[tokio::test]
async fn a_client_has_sixteen_endpoints_and_sees_no_others() {
    let service = Service::start().await;
    let mut ids = HashSet::new();
    for _ in 0..16 {
        ids.insert(endpoint(&service, URL, &["*"]).await.0);
    }
    assert_eq!(ids.len(), 16);
    let answer = send(&service, Method::POST, ENDPOINTS, &json!({ "url": URL })).await;
    assert_eq!(answer.brief(), "409 webhook.too_many limit=16 actual=17");
    let stranger = service.key_of("another", "webhooks:write").await;
    let id = ids.iter().next().unwrap();
    let path = format!("{ENDPOINTS}/{id}");
    let event = json!({ "event_id": id });
    for (method, path, body) in [
        (Method::GET, path.clone(), json!({})),
        (Method::PATCH, path.clone(), json!({ "url": URL })),
        (Method::DELETE, path.clone(), json!({})),
        (Method::POST, format!("{path}/secret"), json!({})),
        (Method::POST, format!("{path}/test"), json!({})),
        (Method::POST, format!("{path}/replay"), event.clone()),
        (Method::GET, format!("{ENDPOINTS}/nonsense"), json!({})),
    ] {
        let answer = send_by(&service, &stranger, (method.clone(), &path), &body).await;
        assert_eq!(answer.brief(), "404 webhook.not_found", "{method} {path}");
        let reader = service.key_of("tests", "files:read,users:write,admin").await;
        let answer = send_by(&service, &reader, (method.clone(), &path), &body).await;
        assert_eq!(answer.brief(), "403 auth.scope", "{method} {path}");
    }
    let reader = service.key_of("tests", "files:read,users:write,admin").await;
    let pull = send_by(&service, &reader, (Method::GET, "/v1/events"), &json!({})).await;
    assert_eq!(pull.brief(), "403 auth.scope");
    let list = send_by(&service, &stranger, (Method::GET, ENDPOINTS), &json!({})).await;
    assert_eq!(list.json()["data"], json!([]));
    assert_eq!(service.rows("webhook_endpoints"), 16);
}

#[tokio::test]
async fn the_endpoint_of_another_client_or_a_deleted_one_is_an_unknown_one_byte_for_byte() {
    let service = Service::start().await;
    let (theirs, _) = endpoint(&service, URL, &["*"]).await;
    let stranger = service.key_of("another", "webhooks:write").await;
    let body = json!({ "url": URL });
    let made = send_by(&service, &stranger, (Method::POST, ENDPOINTS), &body).await;
    let deleted = text(&made.json()["data"]["id"]);
    let own = format!("{ENDPOINTS}/{deleted}");
    let gone = send_by(&service, &stranger, (Method::DELETE, &own), &json!({})).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    let before = (service.rows("webhook_endpoints"), service.rows("audit_entries"));
    let replay = json!({ "parked_since": "2026-07-20T00:00:00Z" });
    for (method, end, body) in [
        (Method::GET, "", json!({})),
        (Method::PATCH, "", json!({ "url": "http://b.example" })),
        (Method::PATCH, "", json!({ "url": 7 })),
        (Method::DELETE, "", json!({})),
        (Method::POST, "/secret", json!({})),
        (Method::POST, "/test", json!({})),
        (Method::POST, "/replay", replay),
        (Method::POST, "/replay", json!({ "event_id": theirs })),
    ] {
        let send = async |id: &str| {
            let path = format!("{ENDPOINTS}/{id}{end}");
            send_by(&service, &stranger, (method.clone(), &path), &body).await
        };
        let nobodys = send(UNKNOWN).await;
        assert_eq!(nobodys.brief(), "404 webhook.not_found", "{method} {end}");
        for id in [&theirs, &deleted, "nonsense"] {
            let other = send(id).await;
            assert_eq!(other.body, nobodys.body, "{method} {end} {id}");
            assert_eq!(other.headers, nobodys.headers, "{method} {end} {id}");
        }
    }
    assert_eq!((service.rows("webhook_endpoints"), service.rows("audit_entries")), before);
}

#[tokio::test]
async fn a_replay_names_one_event_or_one_time() {
    let service = Service::start().await;
    let (id, _) = endpoint(&service, URL, &["*"]).await;
    let path = format!("{ENDPOINTS}/{id}/replay");
    for (body, want) in [
        (json!({}), "422 request.member pointer=/event_id"),
        (json!({ "event_id": "x" }), "422 request.member pointer=/event_id"),
        (json!({ "parked_since": "x" }), "422 request.member pointer=/parked_since"),
        (json!({ "event_id": id, "parked_since": "x" }), "422 request.member pointer=/event_id"),
        (json!({ "event_id": id, "all": 1 }), "422 request.member pointer=/all"),
        (json!({ "event_id": id }), "404 event.not_found"),
    ] {
        assert_eq!(send(&service, Method::POST, &path, &body).await.brief(), want, "{body}");
    }
}

#[tokio::test]
async fn events_are_read_page_by_page_and_on_from_the_end() {
    let service = Service::start().await;
    let empty = service.get("/v1/events").await.json();
    assert_eq!(empty["data"], json!([]));
    assert_eq!(empty["meta"].get("next"), None);
    let mut files = Vec::new();
    for _ in 0..5 {
        files.push(upload(&service).await);
    }
    let mut after = text(&empty["meta"]["resume"]);
    let mut seen = Vec::new();
    for want in [2, 2, 1, 0] {
        let page = service.get(&format!("/v1/events?size=2&after={after}")).await.json();
        let data = page["data"].as_array().unwrap();
        assert_eq!(data.len(), want);
        assert_eq!(page["meta"]["next"].is_string(), want == 2, "absent at the end");
        seen.extend(data.iter().map(|event| text(&event["data"]["file_id"])));
        after = text(&page["meta"]["resume"]);
    }
    assert_eq!(seen, files);
    let sixth = upload(&service).await;
    let path = format!("/v1/events?after={after}");
    let later = service.get(&path).await.json();
    assert_eq!(later["data"][0]["data"]["file_id"], sixth);

    let stranger = service.key_of("another", "webhooks:write").await;
    let connection = rusqlite::Connection::open(service.database()).unwrap();
    connection.execute("update events set event_id = zeroblob(16) where position = 5", []).unwrap();
    let restored = service.get(&path).await;
    assert_eq!(restored.brief(), "400 request.cursor", "another event stands there now");
    let by_stranger = async |path: &str| {
        let request = service.request_by(&stranger, Method::GET, path);
        service.send(request.body(axum::body::Body::empty()).unwrap()).await
    };
    assert_eq!(by_stranger("/v1/events").await.json()["data"], json!([]));
    assert_eq!(by_stranger(&path).await.brief(), "400 request.cursor");
    for bad in ["after=x", "size=0", "size=101", "after=", "type=file.ready", "size=2&size=2"] {
        let answer = service.get(&format!("/v1/events?{bad}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{bad}");
    }
}
