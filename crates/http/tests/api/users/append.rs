use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{created, id_of, owner, post, read, someone, uploaded};
use crate::support::{Answer, Service};

async fn append(service: &Service, path: &str, files: Value) -> Answer {
    post(service, &format!("{path}/verification"), &json!({"files": files})).await
}

#[tokio::test]
async fn an_append_makes_a_verification_adds_to_it_and_repeats_nothing() {
    let service = Service::start().await;
    let path = someone(&service).await;
    let (first, second) = (uploaded(&service, "passport").await, uploaded(&service, "other").await);
    let answer = append(&service, &path, json!([first])).await;
    assert_eq!((answer.status, answer.body.len()), (StatusCode::ACCEPTED, 0));
    let user = read(&service, &path).await;
    assert_eq!(user["verification"], json!({"files": [first]}));
    assert_eq!(user["verification_status"], "pending");
    assert_eq!(append(&service, &path, json!([second, first])).await.status, StatusCode::ACCEPTED);
    assert_eq!(read(&service, &path).await["verification"]["files"], json!([first, second]));
    assert_eq!(owner(&service, &second).await, id_of(&path));

    let decision = json!({"decision": "approved"});
    post(&service, &format!("{path}/verification/decision"), &decision).await;
    assert_eq!(append(&service, &path, json!([first])).await.status, StatusCode::ACCEPTED);
    assert_eq!(read(&service, &path).await["verification_status"], "approved");
    let third = uploaded(&service, "selfie_video").await;
    assert_eq!(append(&service, &path, json!([third])).await.status, StatusCode::ACCEPTED);
    assert_eq!(read(&service, &path).await["verification_status"], "pending");
    assert_eq!(service.rows("verification_changes"), 4);
}

#[tokio::test]
async fn other_members_and_the_report_stay() {
    let service = Service::start().await;
    let report = uploaded(&service, "verification_report").await;
    let verification = json!({"report": report, "gender": "x"});
    let body = json!({"email": "a@b.de", "verification": verification});
    let path = created(&service, &body).await;
    let file = uploaded(&service, "passport").await;
    assert_eq!(append(&service, &path, json!([file])).await.status, StatusCode::ACCEPTED);
    let mut want = verification;
    want["files"] = json!([file]);
    assert_eq!(read(&service, &path).await["verification"], want);
    let answer = append(&service, &path, json!([report])).await;
    assert_eq!(answer.brief(), "422 reference.wrong_purpose pointer=/files/0");
}

#[tokio::test]
async fn a_wrong_body_is_refused_by_its_members() {
    let service = Service::start().await;
    let path = format!("{}/verification", someone(&service).await);
    let file = uploaded(&service, "passport").await;
    for (body, brief) in [
        (json!({}), "422 user.member.invalid pointer=/files"),
        (json!({"files": []}), "422 user.member.invalid pointer=/files"),
        (json!({"files": null}), "422 user.member.invalid pointer=/files"),
        (json!({"files": {}}), "422 user.member.invalid pointer=/files"),
        (json!({"files": [7]}), "422 user.member.invalid pointer=/files/0"),
        (json!({"files": [file, file]}), "422 reference.repeated pointer=/files/1"),
        (json!({"files": [file], "report": file}), "422 user.member.unknown pointer=/report"),
    ] {
        assert_eq!(post(&service, &path, &body).await.brief(), brief, "{body}");
    }
    assert_eq!(owner(&service, &file).await, Value::Null);
    assert_eq!(service.rows("verification_changes"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_who_append_to_one_user_at_once_all_do() {
    let service = Arc::new(Service::start().await);
    let path = someone(&service).await;
    let mut files = Vec::new();
    for _ in 0..10 {
        files.push(uploaded(&service, "other").await);
    }
    let tasks: Vec<_> = files
        .iter()
        .map(|file| {
            let (service, path, file) = (service.clone(), path.clone(), file.clone());
            tokio::spawn(async move { append(&service, &path, json!([file])).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap().status, StatusCode::ACCEPTED);
    }
    let mut listed: Vec<String> =
        serde_json::from_value(read(&service, &path).await["verification"]["files"].clone())
            .unwrap();
    listed.sort();
    files.sort();
    assert_eq!(listed, files);
    for file in files {
        assert_eq!(owner(&service, &file).await, id_of(&path));
    }
}
