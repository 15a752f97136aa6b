//! The audit: who did what, without a word on any person, and nothing happens without its entry.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use dossier_app::Operator;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Answer, Service, document, form, pretty};

async fn uploaded(service: &Service, name: &str) -> String {
    let photo = document("image/png").bytes;
    service.upload(&form("passport", name, "image/png", &photo)).await.id()
}

async fn by(service: &Service, key: &str, path: &str) -> Answer {
    let request = service.request_by(key, Method::GET, path);
    service.send(request.body(axum::body::Body::empty()).unwrap()).await
}

async fn entries(service: &Service, query: &str) -> Vec<Value> {
    let answer = service.get(&format!("/v1/audit?order=asc&{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.brief());
    answer.json()["data"].as_array().unwrap().clone()
}

fn actions(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["action"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_happens_to_a_file_is_told_with_who_and_in_which_request() {
    let service = Service::start().await;
    let id = uploaded(&service, "passport.png").await;
    service.clock.advance(Duration::from_micros(1));
    assert_eq!(service.get(&format!("/v1/files/{id}/contents")).await.status, StatusCode::OK);
    service.get(&format!("/v1/files/{id}")).await;
    service.clock.advance(Duration::from_micros(1));
    let head = service.request(Method::HEAD, &format!("/v1/files/{id}/contents"));
    service.send(head.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(service.delete(&format!("/v1/files/{id}")).await.status, StatusCode::NO_CONTENT);
    let told = entries(&service, &format!("object_id={id}")).await;
    let mut order = actions(&told);
    assert_eq!(order[..2], ["file.created", "file.contents_read"]);
    // The clock of the test stands still between the two halves of a deletion.
    order[2..].sort_unstable();
    assert_eq!(order[2..], ["file.deleted", "file.erased"]);
    for entry in &told {
        assert_eq!(entry["object"], json!({ "kind": "file", "id": id }));
        assert_eq!(entry["actor"]["kind"], "key");
        assert_eq!(entry["request_id"], "test");
    }
    for (action, object) in [("key.created", "key"), ("client.created", "client")] {
        let made = entries(&service, &format!("action={action}")).await;
        assert_eq!(made.len(), 1, "{action}");
        assert_eq!(made[0]["actor"], json!({ "kind": "operator" }));
        assert_eq!(made[0]["object"]["kind"], object);
        assert_eq!(made[0]["object"]["id"] == told[0]["actor"]["id"], object == "key");
    }
    assert_snapshot!(pretty(&masked(told[0].clone())), @r#"
    {
      "action": "file.created",
      "actor": {
        "id": "id",
        "kind": "key"
      },
      "created_at": "2026-07-20T08:14:20+00:00",
      "id": "id",
      "object": {
        "id": "id",
        "kind": "file"
      },
      "request_id": "test"
    }
    "#);
    assert_eq!(service.app.check_audit(Operator, &[]).await.unwrap().faults, []);
}

fn masked(mut entry: Value) -> Value {
    entry["id"] = json!("id");
    entry["actor"]["id"] = json!("id");
    entry["object"]["id"] = json!("id");
    entry
}

#[tokio::test]
async fn refusals_and_requests_that_change_nothing_leave_no_entry() {
    let service = Service::start().await;
    let id = uploaded(&service, "passport.png").await;
    let before = service.rows("audit_entries");
    let photo = document("image/png").bytes;
    for (purpose, name) in [("passport", ".png"), ("selfie_video", "a.png")] {
        let refused = service.upload(&form(purpose, name, "image/png", &photo)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let stranger = service.key_of("stranger", "files:read,audit:read").await;
    let before = before + 2;
    let contents = format!("/v1/files/{id}/contents");
    assert_eq!(by(&service, &stranger, &contents).await.status, StatusCode::NOT_FOUND);
    let known = service.request(Method::GET, &contents).header("if-none-match", "*");
    let known = service.send(known.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(known.status, StatusCode::NOT_MODIFIED);
    let range = service.request(Method::GET, &contents).header("range", "bytes=999999-");
    let range = service.send(range.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(range.status, StatusCode::RANGE_NOT_SATISFIABLE);
    for path in ["/v1/files", "/v1/audit", "/v1/purposes"] {
        service.get(path).await;
    }
    assert_eq!(service.rows("audit_entries"), before);
}

#[tokio::test]
async fn no_byte_is_given_out_without_its_entry() {
    let service = Service::start().await;
    let id = uploaded(&service, "passport.png").await;
    let connection = rusqlite::Connection::open(service.database()).unwrap();
    let cut = "pragma foreign_keys = off; delete from audit_chains";
    connection.execute_batch(cut).unwrap();
    let answer = service.get(&format!("/v1/files/{id}/contents")).await;
    assert_eq!(answer.brief(), "503 service.unavailable");
    let bytes = document("image/png").bytes;
    assert!(!answer.body.windows(8).any(|window| window == &bytes[..8]));
    let refused = service.upload(&form("passport", "b.png", "image/png", &bytes)).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(service.delete(&format!("/v1/files/{id}")).await.status.as_u16(), 503);
    assert_eq!(service.rows("files"), 1);
    assert_eq!(service.get(&format!("/v1/files/{id}")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_client_sees_its_own_entries_and_needs_the_scope() {
    let service = Service::start().await;
    let id = uploaded(&service, "passport.png").await;
    let stranger = service.key_of("stranger", "audit:read").await;
    let theirs = by(&service, &stranger, "/v1/audit").await.json();
    let theirs = theirs["data"].as_array().unwrap();
    let mut made = actions(theirs);
    made.sort_unstable();
    assert_eq!(made, ["client.created", "key.created"]);
    let nothing = by(&service, &stranger, &format!("/v1/audit?object_id={id}")).await.json();
    assert_eq!(nothing["data"], json!([]));
    let without = service.key_of("stranger", "files:read").await;
    let refused = by(&service, &without, "/v1/audit").await;
    assert_eq!(refused.brief(), "403 auth.scope");
}

#[tokio::test]
async fn entries_are_filtered_and_paged_and_cursors_belong_to_their_list() {
    let service = Service::start().await;
    let mut ids = Vec::new();
    for name in ["a.png", "b.png", "c.png", "d.png", "e.png"] {
        service.clock.advance(Duration::from_secs(1));
        ids.push(uploaded(&service, name).await);
    }
    service.get(&format!("/v1/files/{}/contents", ids[1])).await;
    let actor = entries(&service, "action=file.created").await[0]["actor"]["id"].clone();
    let actor = actor.as_str().unwrap();
    let about = |entries: &[Value]| -> Vec<String> {
        entries.iter().map(|e| e["object"]["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(about(&entries(&service, "action=file.created").await), ids);
    assert_eq!(about(&entries(&service, "action=file.contents_read").await), ids[1..2]);
    assert_eq!(entries(&service, &format!("actor_id={actor}")).await.len(), 6);
    let between = "created_after=2026-07-20T08:14:21Z&created_before=2026-07-20T08:14:24Z";
    assert_eq!(about(&entries(&service, between).await), ids[1..3]);

    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/audit?action=file.created&size=2{after}");
        let page = service.get(&path).await.json();
        seen.extend(about(page["data"].as_array().unwrap()));
        let Some(next) = page["meta"]["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    seen.reverse();
    assert_eq!(seen, ids);
    let other = service.get(&format!("/v1/audit?size=2{after}")).await;
    assert_eq!(other.brief(), "400 request.cursor");
    for query in ["action=nap", "actor_id=x", "object_id=x", "size=0", "who=me", "after=x"] {
        let refused = service.get(&format!("/v1/audit?{query}")).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{query}");
    }
}

#[tokio::test]
async fn nothing_that_is_said_of_a_person_stands_in_an_entry() {
    let service = Service::start().await;
    let file = uploaded(&service, "Qanary-name-41f7.png").await;
    service.get(&format!("/v1/files/{file}/contents")).await;
    let user = json!({
        "external_id": "qanary-external-41f7",
        "email": "qanary-mail-41f7@example.org",
        "first_name": "Qanary-first-41f7",
        "verification": { "files": [file], "national_id": "qanary-national-41f7" },
    });
    let head =
        service.request(Method::POST, "/v2/users").header("content-type", "application/json");
    let made = service.send_body(head, user.to_string().into_bytes()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.brief());
    let mut after = None;
    let mut told = 0;
    loop {
        let rows = service.app.export_audit(Operator, after).await.unwrap();
        let Some(last) = rows.last() else { break };
        after = Some(last.position);
        told += rows.len();
        assert!(!format!("{rows:?}").to_lowercase().contains("41f7"));
    }
    assert_eq!(told, 5);
    let connection = rusqlite::Connection::open(service.database()).unwrap();
    let sql = "select count(*) from audit_entries where instr(lower(actor_kind || action || \
        object_kind || coalesce(request_id, '')), '41f7') > 0";
    let found: i64 = connection.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(found, 0);
}

#[tokio::test]
async fn a_checkpoint_tells_of_a_cut_end_and_of_its_own_change() {
    let service = Service::start().await;
    let id = uploaded(&service, "a.png").await;
    let checkpoint = service.app.audit_checkpoint(Operator).await.unwrap();
    uploaded(&service, "b.png").await;
    let check = async |line: &str| {
        let report = service.app.check_audit(Operator, &[line.to_owned()]).await.unwrap();
        assert_eq!(report.checkpoints.len(), 1);
        report.checkpoints[0].is_ok()
    };
    assert!(check(&checkpoint).await);
    for (from, to) in [(" 0:", " 1:"), ("dossier", "fossier"), (":1:", ":0:")] {
        assert!(!check(&checkpoint.replacen(from, to, 1)).await, "{from}");
    }
    for line in ["", " ", "x", &checkpoint[1..], &checkpoint[..checkpoint.len() - 1]] {
        assert!(!check(line).await, "{line}");
    }
    let object = id.replace('-', "");
    let connection = rusqlite::Connection::open(service.database()).unwrap();
    let cut = format!(
        "delete from audit_entries where object_id = x'{object}'; \
         update audit_chains set length = (select count(*) from audit_entries e \
         where e.chain = audit_chains.chain), hash = coalesce((select hash from audit_entries e \
         where e.chain = audit_chains.chain order by place desc limit 1), \
         cast(zeroblob(31) || unhex(printf('%02x', chain)) as blob));"
    );
    connection.execute_batch(&cut).unwrap();
    assert!(!check(&checkpoint).await);
}
