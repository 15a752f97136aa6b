use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{created, id_of, post, someone};
use crate::support::Service;

async fn ids(service: &Service, query: &str) -> Vec<String> {
    let answer = service.get(&format!("/v2/users?{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{query} {}", answer.brief());
    let list = answer.json()["data"].as_array().unwrap().clone();
    list.iter().map(|user| format!("/v2/users/{}", user["id"].as_str().unwrap())).collect()
}

async fn approved(service: &Service, path: &str) {
    let verification = json!({"verification": {"provider": "p"}});
    super::patch(service, path, &verification).await;
    let decision = json!({"decision": "approved"});
    let answer = post(service, &format!("{path}/verification/decision"), &decision).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn users_are_listed_newest_first_and_by_each_filter() {
    let service = Service::start().await;
    let mut paths = Vec::new();
    for number in 0..6 {
        let body = json!({"external_id": format!("User-{number}")});
        paths.insert(0, created(&service, &body).await);
        service.clock.advance(Duration::from_secs(60));
    }
    approved(&service, &paths[0]).await;
    approved(&service, &paths[3]).await;
    for at in [3, 4] {
        let path = format!("/v1/users/{}/inactivate", id_of(&paths[at]));
        service.send(service.request(Method::PATCH, &path).body(Body::empty()).unwrap()).await;
    }
    let picked = |at: &[usize]| at.iter().map(|at| paths[*at].clone()).collect::<Vec<_>>();
    for (query, want) in [
        ("", vec![0, 1, 2, 3, 4, 5]),
        ("order=asc", vec![5, 4, 3, 2, 1, 0]),
        ("verified=true", vec![0, 3]),
        ("verified=false", vec![1, 2, 4, 5]),
        ("active=true", vec![0, 1, 2, 5]),
        ("active=false&order=asc", vec![4, 3]),
        ("verified=true&active=true", vec![0]),
        ("verified=true&active=false", vec![3]),
        ("external_id=USER-2", vec![3]),
        ("external_id=user-2&active=true", vec![]),
        ("external_id=nobody", vec![]),
        ("external_id=", vec![]),
    ] {
        assert_eq!(ids(&service, query).await, picked(&want), "{query}");
    }
    let user = service.get(&paths[2]).await.json()["data"].clone();
    let at = user["registered_at"].as_str().unwrap().replace('+', "%2B");
    let after = ids(&service, &format!("registered_after={at}")).await;
    assert_eq!(after, picked(&[0, 1]));
    let before = ids(&service, &format!("registered_before={at}&size=2")).await;
    assert_eq!(before, picked(&[3, 4]));
    let listed = service.get("/v2/users?external_id=user-3").await.json();
    assert_eq!(listed["data"], json!([user]));
    assert_eq!(listed["meta"], json!({}));
}

#[tokio::test]
async fn pages_follow_each_other_and_a_strange_cursor_is_refused() {
    let service = Service::start().await;
    let mut paths = Vec::new();
    for _ in 0..45 {
        paths.insert(0, someone(&service).await);
        service.clock.advance(Duration::from_millis(1));
    }
    for size in [1, 7, 44, 45, 100] {
        let mut seen = Vec::new();
        let mut query = format!("size={size}");
        loop {
            let page = service.get(&format!("/v2/users?{query}")).await.json();
            let users = page["data"].as_array().unwrap();
            assert!(users.len() <= size);
            seen.extend(users.iter().map(|user| user["id"].clone()));
            let Value::String(next) = &page["meta"]["next"] else { break };
            query = format!("size={size}&after={next}");
        }
        let want: Vec<_> = paths.iter().map(|path| json!(id_of(path))).collect();
        assert_eq!(seen, want, "{size}");
    }
    let page = service.get("/v2/users?size=1").await.json();
    let next = page["meta"]["next"].as_str().unwrap();
    let stranger = service.key_of("stranger", "users:read").await;
    for query in [
        format!("after={next}&active=true"),
        format!("after={next}&order=asc"),
        format!("after={}", next.replace('0', "1")),
        "after=x".to_owned(),
        "size=0".to_owned(),
        "size=101".to_owned(),
    ] {
        let answer = service.get(&format!("/v2/users?{query}")).await;
        assert_eq!(answer.brief(), "400 request.cursor", "{query}");
    }
    let theirs = service.request_by(&stranger, Method::GET, &format!("/v2/users?after={next}"));
    let answer = service.send(theirs.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.brief(), "400 request.cursor");
    for query in ["verified=yes", "active=1", "registered_after=today", "name=a", "size=1&size=2"] {
        let answer = service.get(&format!("/v2/users?{query}")).await;
        assert_eq!(answer.brief(), "400 request.malformed", "{query}");
    }
    let theirs = service.request_by(&stranger, Method::GET, "/v2/users");
    let answer = service.send(theirs.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.json(), json!({"data": [], "meta": {}}));
}

#[tokio::test]
async fn a_page_of_large_users_ends_early_and_the_next_goes_on() {
    let service = Service::start().await;
    let large = "x".repeat(1_000_000);
    for _ in 0..8 {
        created(&service, &json!({"email": "a@b.de", "terms": large})).await;
    }
    let page = service.get("/v2/users?size=100").await;
    assert!(page.body.len() < 6 << 20, "{}", page.body.len());
    let first = page.json()["data"].as_array().unwrap().len();
    let next = page.json()["meta"]["next"].as_str().unwrap().to_owned();
    let rest = service.get(&format!("/v2/users?size=100&after={next}")).await.json();
    assert_eq!(first + rest["data"].as_array().unwrap().len(), 8);
}

#[tokio::test]
async fn a_stored_text_that_is_damaged_is_an_error_of_the_request_and_never_part_of_an_answer() {
    let service = Service::start().await;
    let whole = someone(&service).await;
    let damaged = created(&service, &json!({"email": "a@b.de", "verification": {}})).await;
    let connection = rusqlite::Connection::open(service.database()).unwrap();
    for column in ["profile", "verification"] {
        let before = service.get(&damaged).await;
        assert_eq!(before.status, StatusCode::OK);
        let of_the_damaged = format!("where instr({column}, 'a@b') > 0 or {column} = '{{}}'");
        let read = format!("select {column} from users {of_the_damaged}");
        let text: String = connection.query_row(&read, [], |row| row.get(0)).unwrap();
        let write = format!("update users set {column} = ?1 where {column} = ?2");
        for broken in ["", "[]", "null", "{\"a\":1}}", "{\"secret", "{}, {}", " {}"] {
            assert_eq!(connection.execute(&write, [broken, &text]).unwrap(), 1);
            for path in [damaged.as_str(), "/v2/users"] {
                let answer = service.get(path).await;
                assert_eq!(answer.brief(), "503 service.unavailable", "{column} {broken}");
                assert!(!String::from_utf8_lossy(&answer.body).contains("secret"));
            }
            assert_eq!(service.get(&whole).await.status, StatusCode::OK);
            assert_eq!(connection.execute(&write, [&text, broken]).unwrap(), 1);
        }
        assert_eq!(service.get(&damaged).await.body, before.body);
    }
}
