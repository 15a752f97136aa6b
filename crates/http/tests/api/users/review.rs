use std::sync::Arc;

use axum::http::{Method, StatusCode};
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{created, post, read, send, someone, uploaded};
use crate::support::{Answer, Service};

async fn decide(service: &Service, path: &str, body: Value) -> Answer {
    post(service, &format!("{path}/verification/decision"), &body).await
}

async fn pending(service: &Service) -> String {
    let file = uploaded(service, "passport").await;
    let verification = json!({"files": [file], "document_type": "passport"});
    created(service, &json!({"email": "a@b.de", "verification": verification})).await
}

#[tokio::test]
async fn a_pending_verification_is_decided_once() {
    let service = Service::start().await;
    let path = pending(&service).await;
    let answer = decide(&service, &path, json!({"decision": "approved"})).await;
    assert_eq!(answer.status, StatusCode::OK);
    let data = &answer.json()["data"];
    assert_eq!(
        (&data["verified"], &data["verification_status"]),
        (&json!(true), &json!("approved"))
    );
    let user = read(&service, &path).await;
    assert_eq!(
        (&user["verified"], &user["verification_status"]),
        (&json!(true), &json!("approved"))
    );
    let rejection = json!({"decision": "rejected", "reason_codes": ["document_expired"]});
    for body in [json!({"decision": "approved"}), rejection.clone()] {
        assert_eq!(decide(&service, &path, body).await.brief(), "409 verification.not_pending");
    }
    let nothing = someone(&service).await;
    let answer = decide(&service, &nothing, rejection.clone()).await;
    assert_eq!(answer.brief(), "409 verification.not_pending");

    let other = pending(&service).await;
    let answer = decide(&service, &other, rejection).await;
    assert_eq!(answer.json()["data"]["verification_status"], "rejected");
    assert_eq!(read(&service, &other).await["verified"], false);
}

#[tokio::test]
async fn a_wrong_decision_is_refused_by_its_members() {
    let service = Service::start().await;
    let path = pending(&service).await;
    for (body, brief) in [
        (json!({}), "422 user.member.invalid pointer=/decision"),
        (json!({"decision": "rejected"}), "422 user.member.invalid pointer=/reason_codes"),
        (
            json!({"decision": "rejected", "reason_codes": ["bad", "under_age", "under_age"]}),
            "422 user.member.invalid pointer=/reason_codes/0 \
             | user.member.invalid pointer=/reason_codes/2",
        ),
        (
            json!({"decision": "approved", "note": 7, "why": "x"}),
            "422 user.member.invalid pointer=/note | user.member.unknown pointer=/why",
        ),
    ] {
        assert_eq!(decide(&service, &path, body.clone()).await.brief(), brief, "{body}");
    }
    assert_eq!(read(&service, &path).await["verification_status"], "pending");
    assert_eq!(service.rows("verification_changes"), 1);
}

/// The history without what differs from run to run.
async fn history_in_german(service: &Service, path: &str) -> String {
    let request = service
        .request(Method::GET, &format!("{path}/verification/history"))
        .header("accept-language", "de");
    let answer = service.send(request.body(axum::body::Body::empty()).unwrap()).await;
    let mut changes = answer.json()["data"].as_array().unwrap().clone();
    for change in &mut changes {
        let by = change["by"].as_str().unwrap();
        assert!(by.starts_with("key:") && by.len() == 40, "{by}");
        assert!(change["at"].as_str().unwrap().ends_with("+00:00"));
        let change = change.as_object_mut().unwrap();
        change.remove("by");
        change.remove("at");
        change.remove("files");
    }
    crate::support::pretty(&json!(changes))
}

#[tokio::test]
async fn the_history_tells_who_did_what_and_why() {
    let service = Service::start().await;
    let path = pending(&service).await;
    let rejection = json!({
        "decision": "rejected", "reason_codes": ["document_expired", "selfie_unclear"],
        "note": "seen twice\nby two",
    });
    decide(&service, &path, rejection).await;
    let wanted = json!({"purposes": ["passport"], "reason_codes": ["document_expired"],
                        "until": "2999-01-01"});
    post(&service, &format!("{path}/verification/request"), &wanted).await;
    assert_snapshot!(history_in_german(&service, &path).await, @r#"
    [
      {
        "purposes": [
          "passport"
        ],
        "reason_codes": [
          "document_expired"
        ],
        "step": "documents_requested",
        "until": "2999-01-01",
        "user_messages": [
          "Dieses Dokument ist abgelaufen. Bitte verwenden Sie ein gültiges."
        ],
        "verification_status": "rejected"
      },
      {
        "note": "seen twice\nby two",
        "reason_codes": [
          "document_expired",
          "selfie_unclear"
        ],
        "step": "rejected",
        "user_messages": [
          "Dieses Dokument ist abgelaufen. Bitte verwenden Sie ein gültiges.",
          "Wir können Ihr Gesicht nicht gut sehen. Bitte machen Sie ein neues Video bei
    gutem Licht."
        ],
        "verification_status": "rejected"
      },
      {
        "step": "submitted",
        "verification_status": "pending"
      }
    ]
    "#);
    let page = service.get(&format!("{path}/verification/history?size=2")).await.json();
    assert_eq!(page["data"].as_array().unwrap().len(), 2);
    let next = page["meta"]["next"].as_str().unwrap();
    let page = service.get(&format!("{path}/verification/history?size=2&after={next}")).await;
    assert_eq!(page.json()["data"][0]["step"], "submitted");
    assert_eq!(page.json()["meta"], json!({}));
    let other = someone(&service).await;
    let strange = service.get(&format!("{other}/verification/history?after={next}")).await;
    assert_eq!(strange.brief(), "400 request.cursor");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_ten_who_decide_at_once_one_does() {
    let service = Arc::new(Service::start().await);
    let path = pending(&service).await;
    let tasks: Vec<_> = (0..10)
        .map(|number| {
            let (service, path) = (service.clone(), path.clone());
            let body = match number % 2 {
                0 => json!({"decision": "approved"}),
                _ => json!({"decision": "rejected", "reason_codes": ["risk_decision"]}),
            };
            tokio::spawn(async move { decide(&service, &path, body).await })
        })
        .collect();
    let mut decided = 0;
    for task in tasks {
        let answer = task.await.unwrap();
        if answer.status == StatusCode::OK {
            decided += 1;
        } else {
            assert_eq!(answer.brief(), "409 verification.not_pending");
        }
    }
    assert_eq!(decided, 1);
    assert_eq!(service.rows("verification_changes"), 2);
}

#[tokio::test]
async fn documents_are_asked_for_and_the_request_is_told_back() {
    let service = Service::start().await;
    let path = someone(&service).await;
    let wanted = json!({"purposes": ["passport", "selfie_video"],
                        "reason_codes": ["additional_document"], "note": "n",
                        "until": "2999-01-01"});
    let request = format!("{path}/verification/request");
    let answer = send(&service, Method::POST, &request, &wanted).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_snapshot!(answer.whole(), @r#"
    200
    {
      "data": {
        "note": "n",
        "purposes": [
          "passport",
          "selfie_video"
        ],
        "reasons": [
          {
            "code": "additional_document",
            "user_message": "We need one more document from you."
          }
        ],
        "until": "2999-01-01"
      }
    }
    "#);
    assert_eq!(read(&service, &path).await["verification_status"], "missing");
    for (body, brief) in [
        (
            json!({}),
            "422 user.member.invalid pointer=/purposes \
             | user.member.invalid pointer=/reason_codes",
        ),
        (
            json!({"purposes": ["pass"], "reason_codes": ["under_age"], "until": "2020-01-01"}),
            "422 user.member.invalid pointer=/purposes/0 | user.member.invalid pointer=/until",
        ),
    ] {
        assert_eq!(post(&service, &request, &body).await.brief(), brief, "{body}");
    }
}

#[tokio::test]
async fn a_reason_that_is_not_known_is_not_left_out() {
    let service = Service::start().await;
    let path = created(&service, &json!({"email": "a@b.de", "verification": {}})).await;
    let rejected = json!({"decision": "rejected", "reason_codes": ["under_age"]});
    post(&service, &format!("{path}/verification/decision"), &rejected).await;
    let history = format!("{path}/verification/history");
    assert_eq!(service.get(&history).await.status, StatusCode::OK);
    let connection = rusqlite::Connection::open(service.database()).unwrap();
    let sql = "update verification_changes set details = replace(details, 'under', 'over')";
    connection.execute(sql, []).unwrap();
    assert_eq!(service.get(&history).await.brief(), "503 service.unavailable");
}
