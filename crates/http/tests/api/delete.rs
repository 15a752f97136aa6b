//! `GET`, `DELETE` and preview of one file, and ids that name none.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use insta::assert_snapshot;
use serde_json::json;

use crate::support::{Answer, Service, document, form, json_of};
use crate::users::{created, id_of};

const UNKNOWN: &str = "0198c0de-1111-7222-8333-444455556666";

async fn uploaded(service: &Service) -> String {
    let form = form("verification_report", "report.json", "", &json_of(30));
    service.upload(&form).await.id()
}

async fn by(service: &Service, key: &str, method: Method, path: &str) -> Answer {
    service.send(service.request_by(key, method, path).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_deleted_file_is_gone_with_its_bytes() {
    let service = Service::start().await;
    let id = uploaded(&service).await;
    let kept = uploaded(&service).await;
    let answer = service.delete(&format!("/v1/files/{id}")).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert!(answer.body.is_empty());
    service.assert_stored(1);
    for path in [format!("/v1/files/{id}"), format!("/v1/files/{id}/contents")] {
        assert_eq!(service.get(&path).await.brief(), "404 file.not_found");
    }
    assert_eq!(service.delete(&format!("/v1/files/{id}")).await.brief(), "404 file.not_found");
    assert_eq!(service.get(&format!("/v1/files/{kept}")).await.status, StatusCode::OK);
    let list = service.get("/v1/files").await.json();
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_file_of_a_user_cannot_be_deleted() {
    let service = Service::start().await;
    let photo = form("passport", "passport.png", "", &document("image/png").bytes);
    let id = service.upload(&photo).await.id();
    let user = json!({"email": "a@b.de", "verification": {"files": [id]}});
    let user = created(&service, &user).await;
    let answer = service.delete(&format!("/v1/files/{id}")).await;
    assert_snapshot!(answer.whole(), @r#"
    409
    {
      "code": "file.in_use",
      "detail": "The file is part of a user's verification.",
      "errors": [
        {
          "code": "file.in_use",
          "detail": "The file is part of a user's verification.",
          "retryable": false,
          "status": 409,
          "title": "File in use",
          "user_message": "This file is part of a verification and cannot be deleted."
        }
      ],
      "request_id": "test",
      "status": 409,
      "title": "File in use",
      "type": "/docs/errors#file.in_use"
    }
    "#);
    service.assert_stored(1);
    let file = service.get(&format!("/v1/files/{id}")).await.json();
    assert_eq!(file["data"]["user_id"], id_of(&user));
}

#[tokio::test]
async fn a_file_that_is_not_ready_is_not_read() {
    let service = Service::start().await;
    let id = uploaded(&service).await;
    let connection = rusqlite::Connection::open(service.database()).unwrap();
    for status in ["processing", "rejected"] {
        connection.execute("update files set status = ?1", [status]).unwrap();
        let answer = service.get(&format!("/v1/files/{id}/contents")).await;
        assert_eq!(answer.brief(), "409 file.not_ready", "{status}");
        let file = service.get(&format!("/v1/files/{id}")).await.json();
        assert_eq!(file["data"]["status"], status);
    }
}

#[tokio::test]
async fn the_file_of_another_client_is_an_unknown_one_byte_for_byte() {
    let service = Service::start().await;
    let id = uploaded(&service).await;
    let stranger = service.key_of("stranger", "files:read,files:write,files:delete").await;
    let deleted = uploaded(&service).await;
    assert_eq!(service.delete(&format!("/v1/files/{deleted}")).await.status.as_u16(), 204);
    for method in [Method::GET, Method::DELETE] {
        for end in ["", "/contents", "/preview"] {
            if method == Method::DELETE && !end.is_empty() {
                continue;
            }
            let path = |id: &str| format!("/v1/files/{id}{end}");
            let unknown = by(&service, &stranger, method.clone(), &path(UNKNOWN)).await;
            assert_eq!(unknown.brief(), "404 file.not_found");
            let theirs = by(&service, &stranger, method.clone(), &path(&id)).await;
            let gone = by(&service, &service.key, method.clone(), &path(&deleted)).await;
            let no_id = by(&service, &stranger, method.clone(), &path("nonsense")).await;
            for other in [theirs, gone, no_id] {
                assert_eq!(other.status, unknown.status);
                assert_eq!(other.body, unknown.body);
                assert_eq!(other.headers, unknown.headers);
            }
        }
    }
    service.assert_stored(1);
    assert_snapshot!(service.get(&format!("/v1/files/{UNKNOWN}")).await.whole(), @r#"
    404
    {
      "code": "file.not_found",
      "detail": "There is no file with this id.",
      "errors": [
        {
          "code": "file.not_found",
          "detail": "There is no file with this id.",
          "retryable": false,
          "status": 404,
          "title": "No such file",
          "user_message": "This file does not exist."
        }
      ],
      "request_id": "test",
      "status": 404,
      "title": "No such file",
      "type": "/docs/errors#file.not_found"
    }
    "#);
}

#[tokio::test]
async fn every_form_of_a_uuid_names_the_file() {
    let service = Service::start().await;
    let id = uploaded(&service).await;
    let simple = id.replace('-', "");
    for form in [
        id.to_uppercase(),
        simple.clone(),
        simple.to_uppercase(),
        format!("urn:uuid:{id}"),
        format!("%7B{id}%7D"),
    ] {
        let file = service.get(&format!("/v1/files/{form}")).await;
        assert_eq!(file.status, StatusCode::OK, "{form}");
        assert_eq!(file.json()["data"]["id"], id.as_str());
    }
}

#[tokio::test]
async fn what_is_no_id_is_not_found() {
    let service = Service::start().await;
    let id = uploaded(&service).await;
    let long = "a".repeat(10_000);
    for text in [
        "x",
        "%00",
        "%ff",
        "%F0%9F%92%A9",
        "..%2f..%2fetc%2fpasswd",
        &format!("{id}."),
        &format!("{id}%20"),
        &format!("{id}%00"),
        &long,
    ] {
        let answer = service.get(&format!("/v1/files/{text}")).await;
        assert_eq!(answer.brief(), "404 file.not_found", "{text}");
        let answer = service.delete(&format!("/v1/files/{text}")).await;
        assert_eq!(answer.brief(), "404 file.not_found", "{text}");
    }
    service.assert_stored(1);
}

#[tokio::test]
async fn there_is_no_preview_yet_and_the_answer_says_so() {
    let service = Service::start().await;
    let id = uploaded(&service).await;
    let answer = service.get(&format!("/v1/files/{id}/preview?page=1&width=200")).await;
    assert_snapshot!(answer.whole(), @r#"
    404
    {
      "code": "file.no_preview",
      "detail": "This version of the service makes no previews.",
      "errors": [
        {
          "code": "file.no_preview",
          "detail": "This version of the service makes no previews.",
          "retryable": false,
          "status": 404,
          "title": "No preview",
          "user_message": "There is no preview of this file."
        }
      ],
      "request_id": "test",
      "status": 404,
      "title": "No preview",
      "type": "/docs/errors#file.no_preview"
    }
    "#);
}
