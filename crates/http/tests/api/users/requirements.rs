use axum::http::{Method, StatusCode};
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{created, patch, post, read, send, send_by, someone, uploaded};
use crate::support::Service;

async fn missing(service: &Service, path: &str) -> String {
    let requirements = read(service, &format!("{path}/requirements")).await;
    let missing = requirements["missing"].as_array().unwrap();
    assert_eq!(requirements["complete"], missing.is_empty());
    let set = |set: &Value| {
        let names: Vec<_> = set.as_array().unwrap().iter().map(|p| p.as_str().unwrap()).collect();
        names.join("+")
    };
    let line = |missing: &Value| {
        let sets: Vec<_> = missing["any_of"].as_array().unwrap().iter().map(set).collect();
        format!("{}: {}", missing["why"].as_str().unwrap(), sets.join(" or "))
    };
    missing.iter().map(line).collect::<Vec<_>>().join("; ")
}

async fn append(service: &Service, path: &str, purpose: &str) -> String {
    let file = uploaded(service, purpose).await;
    let answer = post(service, &format!("{path}/verification"), &json!({"files": [file]})).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    file
}

#[tokio::test]
async fn what_is_missing_shrinks_as_files_come() {
    let service = Service::start().await;
    let body = json!({"email": "a@b.de", "verification": {"document_type": "id_card"}});
    let path = created(&service, &body).await;
    assert_eq!(
        missing(&service, &path).await,
        "document: idcard_both_sides or idcard_front+idcard_back"
    );
    append(&service, &path, "idcard_front").await;
    assert_eq!(missing(&service, &path).await, "document: idcard_both_sides or idcard_back");
    let back = append(&service, &path, "idcard_back").await;
    assert_eq!(missing(&service, &path).await, "");
    let connection = rusqlite::Connection::open(service.database()).unwrap();
    let sql = "update files set status = 'rejected' where purpose = 'idcard_back'";
    connection.execute(sql, []).unwrap();
    assert_eq!(missing(&service, &path).await, "document: idcard_both_sides or idcard_back");
    // A replacement counts only what it names.
    let named = json!({"verification": {"document_type": "passport"}});
    assert_eq!(patch(&service, &path, &named).await.status, StatusCode::OK);
    assert_eq!(missing(&service, &path).await, "document: passport");
    assert!(super::owner(&service, &back).await.is_string());
}

#[tokio::test]
async fn a_client_asks_for_more_but_never_for_less() {
    let service = Service::start().await;
    let path = someone(&service).await;
    append(&service, &path, "passport").await;
    assert_eq!(missing(&service, &path).await, "");
    let put = async |body: Value| send(&service, Method::PUT, "/v2/requirements", &body).await;
    let answer = put(json!({"added": ["selfie_video", "proof_of_address"]})).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json()["data"]["added"], json!(["selfie_video", "proof_of_address"]));
    let both = "policy: selfie_video; policy: proof_of_address";
    assert_eq!(missing(&service, &path).await, both);
    for (body, pointer) in [
        (json!({}), "/added"),
        (json!({"added": ["passport"]}), "/added/0"),
        (json!({"added": ["selfie_video", "selfie_video"]}), "/added/1"),
    ] {
        let answer = put(body).await;
        assert_eq!(answer.brief(), format!("422 user.member.invalid pointer={pointer}"));
    }
    assert_eq!(put(json!({"removed": []})).await.codes().len(), 2);
    append(&service, &path, "selfie_video").await;
    assert_eq!(missing(&service, &path).await, "policy: proof_of_address");
}

#[tokio::test]
async fn the_table_of_documents_is_told_with_what_the_client_adds() {
    let service = Service::start().await;
    send(&service, Method::PUT, "/v2/requirements", &json!({"added": ["selfie_video"]})).await;
    let stranger = service.key_of("stranger", "users:read,users:write").await;
    let theirs = service.request_by(&stranger, Method::GET, "/v2/requirements");
    let theirs = service.send(theirs.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(theirs.json()["data"]["added"], json!([]));
    let nothing = json!({"added": []});
    let refused = send_by(&service, &stranger, Method::PUT, "/v2/requirements", &nothing);
    assert_eq!(refused.await.brief(), "403 auth.scope");
    assert_snapshot!(theirs.whole(), @r#"
    200
    {
      "data": {
        "addable": [
          "proof_of_address",
          "selfie_video"
        ],
        "added": [],
        "documents": [
          {
            "any_of": [
              [
                "idcard_both_sides"
              ],
              [
                "idcard_front",
                "idcard_back"
              ]
            ],
            "document_type": "id_card"
          },
          {
            "any_of": [
              [
                "paper_id"
              ]
            ],
            "document_type": "paper_id"
          },
          {
            "any_of": [
              [
                "passport"
              ]
            ],
            "document_type": "passport"
          },
          {
            "any_of": [
              [
                "driving_licence"
              ]
            ],
            "document_type": "driving_licence"
          },
          {
            "any_of": [
              [
                "residence_permit"
              ]
            ],
            "document_type": "residence_permit"
          }
        ]
      }
    }
    "#);
}

#[tokio::test]
async fn what_a_reviewer_asks_for_is_missing_until_a_new_file_comes() {
    let service = Service::start().await;
    let path = someone(&service).await;
    let old = append(&service, &path, "passport").await;
    let wanted = json!({"purposes": ["passport", "other"], "reason_codes": ["document_expired"]});
    post(&service, &format!("{path}/verification/request"), &wanted).await;
    assert_eq!(missing(&service, &path).await, "requested: passport; requested: other");
    let requirements = read(&service, &format!("{path}/requirements")).await;
    assert_eq!(requirements["request"]["purposes"], json!(["passport", "other"]));
    assert_eq!(requirements["request"]["reasons"][0]["code"], "document_expired");
    // The file that was there before is not a new one.
    patch(&service, &path, &json!({"verification": {"files": [old]}})).await;
    assert_eq!(missing(&service, &path).await, "requested: passport; requested: other");
    append(&service, &path, "passport").await;
    assert_eq!(missing(&service, &path).await, "requested: other");
    let other = uploaded(&service, "other").await;
    patch(&service, &path, &json!({"verification": {"files": [old, other]}})).await;
    assert_eq!(missing(&service, &path).await, "");
    assert_eq!(read(&service, &format!("{path}/requirements")).await.get("request"), None);
}

#[tokio::test]
async fn what_a_client_asks_already_is_not_told_again() {
    let service = Service::start().await;
    let put = async |added: Value| {
        let before = service.rows("audit_entries");
        let body = json!({"added": added});
        let answer = send(&service, Method::PUT, "/v2/requirements", &body).await;
        assert_eq!((answer.status, &answer.json()["data"]["added"]), (StatusCode::OK, &added));
        service.rows("audit_entries") - before
    };
    assert_eq!(put(json!([])).await, 0);
    assert_eq!(put(json!(["selfie_video"])).await, 1);
    assert_eq!(put(json!(["selfie_video"])).await, 0);
    assert_eq!(put(json!([])).await, 1);
}
