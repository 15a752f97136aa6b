use std::sync::Arc;

use axum::http::{Method, StatusCode};
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{
    UNKNOWN, assert_no_user, created, id_of, owner, patch, post, read, send_by, someone, uploaded,
};
use crate::support::{Service, form, json_of};

fn user_with(verification: Value) -> Value {
    json!({"email": "a@b.de", "verification": verification})
}

async fn set_status(service: &Service, file: &str, status: &str) {
    let connection = rusqlite::Connection::open(service.database()).unwrap();
    let id = uuid_bytes(file);
    let sql = "update files set status = ?1 where file_id = ?2";
    assert_eq!(connection.execute(sql, (status, &id[..])).unwrap(), 1);
}

fn uuid_bytes(id: &str) -> [u8; 16] {
    u128::from_str_radix(&id.replace('-', ""), 16).unwrap().to_be_bytes()
}

#[tokio::test]
async fn every_wrong_reference_is_named_by_its_place_and_nothing_is_attached() {
    let service = Service::start().await;
    let report = uploaded(&service, "verification_report").await;
    let passport = uploaded(&service, "passport").await;
    let rejected = uploaded(&service, "passport").await;
    set_status(&service, &rejected, "rejected").await;
    let deleted = uploaded(&service, "passport").await;
    service.delete(&format!("/v1/files/{deleted}")).await;
    let stranger = service.key_of("stranger", "files:write").await;
    let head = service
        .request_by(&stranger, Method::POST, "/v1/files")
        .header("content-type", "multipart/form-data; boundary=XbX");
    let theirs = form("verification_report", "report.json", "", &json_of(30)).build();
    let foreign = service.send_body(head, theirs).await.id();
    let files = json!([passport, report, rejected, UNKNOWN, deleted, foreign, passport, "x"]);
    let body = json!({"email": "a@b", "phone": "1", "verification": {
        "report": passport, "files": files, "gender": 1,
    }});
    let answer = post(&service, "/v2/users", &body).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_snapshot!(answer.entries(), @"
    user.member.invalid pointer=/phone
    user.member.invalid pointer=/verification/gender
    reference.wrong_purpose pointer=/verification/report
    reference.wrong_purpose pointer=/verification/files/1
    reference.rejected pointer=/verification/files/2
    reference.unknown pointer=/verification/files/3
    reference.unknown pointer=/verification/files/4
    reference.unknown pointer=/verification/files/5
    reference.repeated pointer=/verification/files/6
    reference.unknown pointer=/verification/files/7
    ");
    assert_no_user(&service);
    assert!(!answer.body.windows(8).any(|w| w == &passport.as_bytes()[..8]), "an id is echoed");
}

#[tokio::test]
async fn a_file_in_processing_is_attached_and_any_form_of_an_id_is_understood() {
    let service = Service::start().await;
    let file = uploaded(&service, "passport").await;
    set_status(&service, &file, "processing").await;
    let shouted = format!("{{{}}}", file.to_uppercase());
    let path = created(&service, &user_with(json!({"files": [shouted]}))).await;
    assert_eq!(owner(&service, &file).await, id_of(&path));
    assert_eq!(read(&service, &path).await["verification"]["files"], json!([file]));
}

#[tokio::test]
async fn a_file_of_another_user_is_taken_in_every_way_in() {
    let service = Service::start().await;
    let file = uploaded(&service, "passport").await;
    let first = created(&service, &user_with(json!({"files": [file]}))).await;
    let second = someone(&service).await;
    let verification = json!({"verification": {"files": [file]}});
    let append = json!({"files": [file]});
    for (answer, pointer) in [
        (post(&service, "/v2/users", &user_with(json!({"files": [file]}))).await, "/verification"),
        (patch(&service, &second, &verification).await, "/verification"),
        (post(&service, &format!("{second}/verification"), &append).await, ""),
    ] {
        assert_eq!(answer.brief(), format!("422 reference.taken pointer={pointer}/files/0"));
    }
    assert_eq!(owner(&service, &file).await, id_of(&first));
    assert_eq!(service.rows("users"), 2);
    assert_eq!(read(&service, &second).await.get("verification"), None);
}

#[tokio::test]
async fn one_wrong_file_among_good_ones_attaches_none() {
    let service = Service::start().await;
    let good = uploaded(&service, "passport").await;
    let path = someone(&service).await;
    for answer in [
        patch(&service, &path, &json!({"verification": {"files": [good, UNKNOWN]}})).await,
        post(&service, &format!("{path}/verification"), &json!({"files": [good, UNKNOWN]})).await,
    ] {
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(answer.codes(), ["reference.unknown"]);
        assert!(answer.entries().ends_with("/files/1"), "{}", answer.entries());
    }
    assert_eq!(owner(&service, &good).await, Value::Null);
    assert_eq!(read(&service, &path).await["verification_status"], "missing");
}

#[tokio::test]
async fn a_list_names_at_most_a_hundred_files() {
    let service = Service::start().await;
    let path = someone(&service).await;
    for count in [101, 10_000] {
        let ids = vec![UNKNOWN; count];
        let limit = format!("limit=100 actual={count}");
        let answer = post(&service, "/v2/users", &user_with(json!({"files": ids}))).await;
        let want = format!("422 user.member.invalid pointer=/verification/files {limit}");
        assert_eq!(answer.brief(), want);
        let answer = post(&service, &format!("{path}/verification"), &json!({"files": ids})).await;
        assert_eq!(answer.brief(), format!("422 user.member.invalid pointer=/files {limit}"));
    }
    let answer =
        post(&service, "/v2/users", &user_with(json!({"files": vec![UNKNOWN; 100]}))).await;
    assert_eq!(answer.codes().len(), 100);
    assert_eq!(service.rows("users"), 1);
}

#[tokio::test]
async fn an_attached_file_cannot_be_deleted_and_is_listed_by_its_user() {
    let service = Service::start().await;
    let (file, other) =
        (uploaded(&service, "passport").await, uploaded(&service, "passport").await);
    let path = created(&service, &user_with(json!({"files": [file]}))).await;
    let answer = service.delete(&format!("/v1/files/{file}")).await;
    assert_eq!(answer.brief(), "409 file.in_use");
    let list = service.get(&format!("/v1/files?user_id={}", id_of(&path))).await.json();
    let ids: Vec<_> = list["data"].as_array().unwrap().iter().map(|f| f["id"].clone()).collect();
    assert_eq!(ids, [json!(file)]);
    // A file that a replacement drops stays the user's.
    let dropped = patch(&service, &path, &json!({"verification": {"files": [other]}})).await;
    assert_eq!(dropped.status, StatusCode::OK);
    assert_eq!(owner(&service, &file).await, id_of(&path));
    let again = patch(&service, &path, &json!({"verification": {"files": [file]}})).await;
    assert_eq!(again.status, StatusCode::OK);
    assert_eq!(service.delete(&format!("/v1/files/{file}")).await.brief(), "409 file.in_use");
    service.assert_stored(2);
}

#[tokio::test]
async fn a_file_that_a_verification_names_no_more_can_be_deleted() {
    let service = Service::start().await;
    let (file, report) =
        (uploaded(&service, "passport").await, uploaded(&service, "verification_report").await);
    let path = created(&service, &user_with(json!({"files": [file], "report": report}))).await;
    for in_use in [&file, &report] {
        let answer = service.delete(&format!("/v1/files/{in_use}")).await;
        assert_eq!(answer.brief(), "409 file.in_use");
    }
    let without = json!({"verification": {"report": report}});
    assert_eq!(patch(&service, &path, &without).await.status, StatusCode::OK);
    let before = service.get(&path).await;
    assert_eq!(service.delete(&format!("/v1/files/{file}")).await.status, StatusCode::NO_CONTENT);
    assert_eq!(service.get(&format!("/v1/files/{file}")).await.brief(), "404 file.not_found");
    assert_eq!(
        service.delete(&format!("/v1/files/{report}")).await.brief(),
        "409 file.in_use",
        "another one is still named"
    );
    // Whoever has read the user with the file must read again.
    assert_ne!(service.get(&path).await.header("etag"), before.header("etag"));
    let again = patch(&service, &path, &json!({"verification": {"files": [file]}})).await;
    assert_eq!(again.codes(), ["reference.unknown"]);
    service.assert_stored(1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_file_is_never_named_and_deleted_at_once() {
    let service = Arc::new(Service::start().await);
    for _ in 0..10 {
        let file = uploaded(&service, "passport").await;
        let path = created(&service, &user_with(json!({"files": [file]}))).await;
        let dropped = patch(&service, &path, &json!({"verification": null})).await;
        assert_eq!(dropped.status, StatusCode::OK);
        let name = {
            let (service, path, file) = (service.clone(), path.clone(), file.clone());
            tokio::spawn(async move {
                patch(&service, &path, &json!({"verification": {"files": [file]}})).await
            })
        };
        let delete = service.delete(&format!("/v1/files/{file}")).await;
        let name = name.await.unwrap();
        let there = service.get(&format!("/v1/files/{file}")).await.status.is_success();
        let user = read(&service, &path).await;
        match delete.status {
            StatusCode::NO_CONTENT => {
                assert_eq!((name.codes(), there), (vec!["reference.unknown".into()], false));
                assert_eq!(user.get("verification"), None);
            }
            _ => {
                assert_eq!((delete.brief().as_str(), there), ("409 file.in_use", true));
                assert_eq!(user["verification"]["files"], json!([file]));
            }
        }
    }
}

#[tokio::test]
async fn the_files_of_another_client_are_unknown() {
    let service = Service::start().await;
    let file = uploaded(&service, "passport").await;
    let stranger = service.key_of("stranger", "users:write").await;
    let body = user_with(json!({"files": [file]}));
    let answer = send_by(&service, &stranger, Method::POST, "/v2/users", &body).await;
    assert_eq!(answer.brief(), "422 reference.unknown pointer=/verification/files/0");
    assert_no_user(&service);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_ten_requests_at_once_that_name_one_file_one_wins() {
    let service = Arc::new(Service::start().await);
    for _ in 0..5 {
        let file = uploaded(&service, "passport").await;
        let users_before = service.rows("users");
        let mut paths = Vec::new();
        for _ in 0..4 {
            paths.push(someone(&service).await);
        }
        let mut tasks = Vec::new();
        for number in 0..10 {
            let (service, file) = (service.clone(), file.clone());
            let path = paths.get(number).cloned();
            tasks.push(tokio::spawn(async move {
                match path {
                    Some(path) if number % 2 == 0 => {
                        let body = json!({"files": [file]});
                        post(&service, &format!("{path}/verification"), &body).await
                    }
                    Some(path) => {
                        let body = json!({"verification": {"files": [file]}});
                        patch(&service, &path, &body).await
                    }
                    None => post(&service, "/v2/users", &user_with(json!({"files": [file]}))).await,
                }
            }));
        }
        let mut won = 0;
        for task in tasks {
            let answer = task.await.unwrap();
            if answer.status.is_success() {
                won += 1;
            } else {
                assert_eq!(answer.codes(), ["reference.taken"], "{}", answer.brief());
            }
        }
        assert_eq!(won, 1);
        let created = service.rows("users") - users_before - 4;
        assert!(created <= 1);
        assert!(owner(&service, &file).await.is_string());
    }
    let pending = service.rows("users where verification_status = 'pending'");
    assert_eq!(pending, 5);
    assert_eq!(service.rows("verification_changes"), 5);
}
