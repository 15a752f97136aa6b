use axum::body::Body;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{UNKNOWN, created, id_of, owner, patch, post, read, send_by, someone, uploaded};
use crate::support::Service;

async fn history(service: &Service, path: &str) -> Vec<Value> {
    let list = service.get(&format!("{path}/verification/history")).await.json();
    list["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn given_members_replace_null_removes_and_the_rest_stays() {
    let service = Service::start().await;
    let body = json!({"external_id": "a", "email": "a@b.de", "first_name": "A",
                      "metadata": {"a": 1, "b": 2}, "terms": {"v": 1}});
    let path = created(&service, &body).await;
    let answer = patch(
        &service,
        &path,
        &json!({"first_name": null, "last_name": "B", "metadata": {"c": 3}, "phone": null}),
    )
    .await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json(), json!({"data": {"id": id_of(&path)}}));
    let user = read(&service, &path).await;
    assert_eq!(user.get("first_name"), None);
    assert_eq!((&user["last_name"], &user["metadata"]), (&json!("B"), &json!({"c": 3})));
    assert_eq!((&user["external_id"], &user["terms"]), (&json!("a"), &json!({"v": 1})));
    assert_eq!(user["verification_status"], "missing");

    let answer = patch(&service, &path, &json!({"external_id": null, "email": null})).await;
    assert_eq!(answer.brief(), "422 user.member.invalid pointer=/external_id");
    let answer = patch(&service, &path, &json!({"phone": "1", "nam": 1})).await;
    assert_eq!(
        answer.brief(),
        "422 user.member.invalid pointer=/phone | user.member.unknown pointer=/nam"
    );
    assert_eq!(read(&service, &path).await, user);
}

#[tokio::test]
async fn a_write_that_changes_nothing_leaves_no_trace() {
    let service = Service::start().await;
    let (file, other) = (uploaded(&service, "passport").await, uploaded(&service, "other").await);
    let verification = json!({"files": [file], "gender": "x"});
    let body = json!({"external_id": "a", "metadata": {"a": 1, "b": 2}, "account_level_id": 1.50,
                      "verification": verification});
    let path = created(&service, &body).await;
    let request = json!({"purposes": ["passport"], "reason_codes": ["document_expired"]});
    let ask = format!("{path}/verification/request");
    assert_eq!(post(&service, &ask, &request).await.status, StatusCode::OK);
    let traces = async || {
        let tables = ["audit_entries", "events", "verification_changes"];
        let etag = service.get(&path).await.header("etag").to_owned();
        (etag, tables.map(|table| service.rows(table)))
    };
    let before = traces().await;
    for nothing in [
        json!({}),
        json!({"phone": null}),
        json!({"external_id": "a"}),
        json!({"metadata": {"a": 1, "b": 2}, "account_level_id": 1.50, "phone": null}),
        json!({"verification": verification}),
    ] {
        assert_eq!(patch(&service, &path, &nothing).await.status, StatusCode::OK);
        assert_eq!(traces().await, before, "{nothing}");
    }
    let append = format!("{path}/verification");
    let again = json!({"files": [file]});
    assert_eq!(post(&service, &append, &again).await.status, StatusCode::ACCEPTED);
    assert_eq!(post(&service, &ask, &request).await.status, StatusCode::OK);
    assert_eq!(traces().await, before);

    for something in [
        json!({"external_id": "A"}),
        json!({"metadata": {"a": 1, "b": 3}}),
        json!({"metadata": null}),
        json!({"verification": {"files": [file, other], "gender": "x"}}),
    ] {
        let before = traces().await;
        assert_eq!(patch(&service, &path, &something).await.status, StatusCode::OK);
        let after = traces().await;
        assert_eq!(after.1[0], before.1[0] + 1, "{something}");
        assert_ne!(after.0, before.0, "{something}");
    }
}

#[tokio::test]
async fn a_verification_that_was_decided_is_pending_when_it_is_given_again() {
    let service = Service::start().await;
    let verification = json!({"provider": "x"});
    let body = json!({"email": "a@b.de", "verification": verification});
    let path = created(&service, &body).await;
    let approved = json!({"decision": "approved"});
    post(&service, &format!("{path}/verification/decision"), &approved).await;
    patch(&service, &path, &json!({"verification": verification})).await;
    assert_eq!(read(&service, &path).await["verification_status"], "pending");
    assert_eq!(history(&service, &path).await[0]["step"], "submitted");
}

#[tokio::test]
async fn a_user_of_whom_too_much_would_be_said_stays_readable_and_can_be_changed() {
    let service = Service::start().await;
    let zeros = vec![0; 60_000];
    let path = created(&service, &json!({"email": "a@b.de", "terms": zeros})).await;
    let user = read(&service, &path).await;
    let answer = patch(&service, &path, &json!({"aml": zeros})).await;
    assert_eq!(answer.brief(), "422 user.member.invalid pointer=/aml limit=100000 actual=120004");
    assert_eq!(read(&service, &path).await, user);
    assert_eq!(read(&service, &format!("{path}/requirements")).await["complete"], false);
    let answer = patch(&service, &path, &json!({"aml": zeros, "terms": null})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.brief());
    assert_eq!(read(&service, &path).await["aml"], json!(zeros));
}

#[tokio::test]
async fn a_verification_is_replaced_whole_and_becomes_pending_again() {
    let service = Service::start().await;
    let (first, second) =
        (uploaded(&service, "passport").await, uploaded(&service, "passport").await);
    let body = json!({"email": "a@b.de", "verification": {"files": [first], "gender": "x"}});
    let path = created(&service, &body).await;
    let approved = json!({"decision": "approved"});
    let decided = post(&service, &format!("{path}/verification/decision"), &approved).await;
    assert_eq!(decided.status, StatusCode::OK);
    assert_eq!(read(&service, &path).await["verified"], true);

    // A change of something else leaves the decision alone.
    patch(&service, &path, &json!({"first_name": "A"})).await;
    assert_eq!(read(&service, &path).await["verification_status"], "approved");

    let replaced = json!({"verification": {"files": [second], "birth_place": "b"}});
    assert_eq!(patch(&service, &path, &replaced).await.status, StatusCode::OK);
    let user = read(&service, &path).await;
    assert_eq!(user["verification"], replaced["verification"]);
    assert_eq!(
        (&user["verified"], &user["verification_status"]),
        (&json!(false), &json!("pending"))
    );

    assert_eq!(patch(&service, &path, &json!({"verification": null})).await.status, StatusCode::OK);
    let user = read(&service, &path).await;
    assert_eq!((user.get("verification"), &user["verification_status"]), (None, &json!("missing")));
    for file in [&first, &second] {
        assert_eq!(owner(&service, file).await, id_of(&path));
    }
    let history = history(&service, &path).await;
    let steps: Vec<_> = history.iter().map(|change| change["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["removed", "submitted", "approved", "submitted"]);
    assert_eq!(history[1]["files"], json!([second]));
}

#[tokio::test]
async fn an_inactive_user_is_read_and_changed_no_more() {
    let service = Service::start().await;
    let path = someone(&service).await;
    let inactivate = format!("/v1/users/{}/inactivate", id_of(&path));
    for _ in 0..2 {
        let request = service.request(Method::PATCH, &inactivate).body(Body::empty()).unwrap();
        let answer = service.send(request).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.json(), json!({"data": {"id": id_of(&path)}}));
    }
    let file = uploaded(&service, "passport").await;
    let decision = json!({"decision": "approved"});
    let request = json!({"purposes": ["passport"], "reason_codes": ["document_expired"]});
    for answer in [
        patch(&service, &path, &json!({"first_name": "A"})).await,
        patch(&service, &path, &json!({"wrong": 1})).await,
        post(&service, &format!("{path}/verification"), &json!({"files": [file]})).await,
        post(&service, &format!("{path}/verification/decision"), &decision).await,
        post(&service, &format!("{path}/verification/request"), &request).await,
    ] {
        assert_eq!(answer.brief(), "403 user.inactive");
    }
    let user = read(&service, &path).await;
    assert_eq!((&user["active"], user.get("first_name")), (&json!(false), None));
    assert_eq!(owner(&service, &file).await, Value::Null);
}

#[tokio::test]
async fn the_user_of_another_client_is_an_unknown_one_byte_for_byte() {
    let service = Service::start().await;
    let path = someone(&service).await;
    let scopes = "users:read,users:write,reviews:write";
    let stranger = service.key_of("stranger", scopes).await;
    let unknown = format!("/v2/users/{UNKNOWN}");
    let files = json!({"files": [UNKNOWN]});
    let decision = json!({"decision": "approved"});
    let request = json!({"purposes": ["passport"], "reason_codes": ["document_expired"]});
    for (method, end, body) in [
        (Method::GET, "", json!({})),
        (Method::PATCH, "", json!({"wrong": 1})),
        (Method::POST, "/verification", files),
        (Method::POST, "/verification/decision", decision),
        (Method::POST, "/verification/request", request),
        (Method::GET, "/verification/history", json!({})),
        (Method::GET, "/requirements", json!({})),
    ] {
        let send = async |path: &str| {
            let path = format!("{path}{end}");
            send_by(&service, &stranger, method.clone(), &path, &body).await
        };
        let nobody = send(&unknown).await;
        assert_eq!(nobody.brief(), "404 user.not_found", "{method} {end}");
        for other in [send(&path).await, send("/v2/users/nonsense").await] {
            assert_eq!(other.body, nobody.body);
            assert_eq!(other.headers, nobody.headers);
        }
    }
    let inactivate = async |id: &str| {
        let path = format!("/v1/users/{id}/inactivate");
        send_by(&service, &stranger, Method::PATCH, &path, &json!({})).await
    };
    let nobody = inactivate(UNKNOWN).await;
    assert_eq!(nobody.brief(), "404 user.not_found");
    for other in [inactivate(id_of(&path)).await, inactivate("x").await] {
        assert_eq!(other.body, nobody.body);
        assert_eq!(other.headers, nobody.headers);
    }
    assert_eq!(read(&service, &path).await["active"], true);
}

#[tokio::test]
async fn a_key_without_the_scope_is_told_which_it_lacks() {
    let service = Service::start().await;
    let path = someone(&service).await;
    let nothing = json!({});
    for (scopes, method, end, lacks) in [
        ("users:write", Method::GET, "", "users:read"),
        ("users:read", Method::PATCH, "", "users:write"),
        ("users:read", Method::POST, "/verification", "users:write"),
        ("users:write,users:read", Method::POST, "/verification/decision", "reviews:write"),
        ("users:write,users:read", Method::POST, "/verification/request", "reviews:write"),
        ("users:write,reviews:write", Method::GET, "/verification/history", "users:read"),
        ("users:write,reviews:write", Method::GET, "/requirements", "users:read"),
    ] {
        let key = service.key_of("tests", scopes).await;
        let path = format!("{path}{end}");
        let answer = send_by(&service, &key, method, &path, &nothing).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(lacks), "{detail}");
    }
}
