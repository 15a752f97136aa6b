use axum::http::{Method, StatusCode};
use insta::assert_snapshot;
use serde_json::json;

use super::{assert_no_user, created, owner, patch, post, read, uploaded};
use crate::support::{Answer, Service, pretty};

#[tokio::test]
async fn a_user_is_read_back_as_it_was_given() {
    let service = Service::start().await;
    let (front, back) =
        (uploaded(&service, "idcard_front").await, uploaded(&service, "idcard_back").await);
    let report = uploaded(&service, "verification_report").await;
    let body = json!({
        "external_id": "Client-7", "email": "zoe@example.com", "phone": "+4917012345678",
        "first_name": "Zoë", "last_name": "Öztürk", "language": "de", "country": "DE",
        "metadata": {"tier": "gold", "score": 1.5, "note": null, "vip": true},
        "terms": {"accepted": ["2026-07-01"]}, "aml": "clear", "appropriateness": [1, 2],
        "tax": null, "ext_compliance": {"a": {"b": []}}, "account_level_id": 12,
        "verification": {
            "report": report, "files": [front, back], "provider": "video-ident",
            "token": "abc", "document_type": "id_card", "issuing_date": "2020-02-29",
            "issuing_authority": "Stadt Köln", "issuing_country": "DE",
            "expiration_date": "2030-02-28", "verification_date": "2026-07-01",
            "gender": "female", "birth_date": "1990-12-31", "birth_place": "İzmir",
            "national_id": "T22000129", "mrz_code": "IDD<<T220001293<\n9012315F", "language": "de",
            "address": {"street": "Am Ring 1", "city": "Köln", "zip_code": "50667",
                        "country_of_residence": "DE"},
        },
    });
    let path = created(&service, &body).await;
    let user = read(&service, &path).await;
    let mut want = body.clone();
    want.as_object_mut().unwrap().remove("tax");
    for (name, value) in [
        ("verified", json!(false)),
        ("active", json!(true)),
        ("verification_status", json!("pending")),
        ("id", user["id"].clone()),
        ("registered_at", user["registered_at"].clone()),
    ] {
        want[name] = value;
    }
    assert_eq!(pretty(&user), pretty(&want));
    assert!(user["registered_at"].as_str().unwrap().ends_with("+00:00"));
    for file in [front, back, report] {
        assert_eq!(owner(&service, &file).await, user["id"]);
    }
}

#[tokio::test]
async fn an_external_id_or_an_email_is_enough() {
    let service = Service::start().await;
    for body in [json!({"external_id": "a"}), json!({"email": "a@b.de", "external_id": null})] {
        let path = created(&service, &body).await;
        let user = read(&service, &path).await;
        assert_eq!(user["verification_status"], "missing");
        assert_eq!(user.get("verification"), None);
    }
    assert_eq!(service.rows("verification_changes"), 0);
    let answer = post(&service, "/v2/users", &json!({"first_name": "A"})).await;
    assert_eq!(answer.brief(), "422 user.member.invalid pointer=/external_id");
    assert_eq!(service.rows("users"), 2);
}

#[tokio::test]
async fn every_broken_member_is_named_in_one_answer() {
    let service = Service::start().await;
    let answer = post(
        &service,
        "/v2/users",
        &json!({
            "external_id": 7, "email": "nobody", "phone": "0170 123", "first_name": "a\u{0}b",
            "last_name": "", "language": "DEU", "country": "Germany", "metadata": ["a"],
            "verifed": {}, "verification": {
                "report": ["x"], "files": "x", "document_type": "visa", "birth_date": "2999-01-01",
                "issuing_date": "2023-02-29", "issuing_country": "D", "language": "english",
                "gender": {}, "adress": {}, "address": {"city": 1, "country_of_residence": "de"},
            },
        }),
    )
    .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_snapshot!(answer.entries(), @"
    user.member.invalid pointer=/external_id
    user.member.invalid pointer=/email
    user.member.invalid pointer=/phone
    user.member.invalid pointer=/first_name
    user.member.invalid pointer=/last_name
    user.member.invalid pointer=/language
    user.member.invalid pointer=/country
    user.member.invalid pointer=/metadata
    user.member.invalid pointer=/verification/report
    user.member.invalid pointer=/verification/files
    user.member.invalid pointer=/verification/document_type
    user.member.invalid pointer=/verification/issuing_date
    user.member.invalid pointer=/verification/issuing_country
    user.member.invalid pointer=/verification/gender
    user.member.invalid pointer=/verification/birth_date
    user.member.invalid pointer=/verification/language
    user.member.invalid pointer=/verification/address/city
    user.member.invalid pointer=/verification/address/country_of_residence
    user.member.unknown pointer=/verification/adress
    user.member.unknown pointer=/verifed
    ");
    assert_no_user(&service);
}

#[tokio::test]
async fn an_external_id_is_unique_whatever_its_case_and_for_its_client_only() {
    let service = Service::start().await;
    let path = created(&service, &json!({"external_id": "Straße-É"})).await;
    let answer = post(&service, "/v2/users", &json!({"external_id": "STRAßE-é"})).await;
    assert_snapshot!(answer.whole(), @r#"
    409
    {
      "code": "user.external_id.taken",
      "detail": "Another user has this `external_id`, whatever its case.",
      "errors": [
        {
          "code": "user.external_id.taken",
          "detail": "Another user has this `external_id`, whatever its case.",
          "pointer": "/external_id",
          "retryable": false,
          "status": 409,
          "title": "external_id is taken",
          "user_message": "Something went wrong. Please try again later."
        }
      ],
      "request_id": "test",
      "status": 409,
      "title": "external_id is taken",
      "type": "/docs/errors#user.external_id.taken"
    }
    "#);
    assert_eq!(service.rows("users"), 1);
    let stranger = service.key_of("stranger", "users:write").await;
    let body = json!({"external_id": "Straße-É"});
    let theirs = super::send_by(&service, &stranger, Method::POST, "/v2/users", &body);
    assert_eq!(theirs.await.status, StatusCode::CREATED);
    // The user may change the case of its own, and gives it up with null.
    let own = patch(&service, &path, &json!({"external_id": "straße-é", "email": "a@b.de"})).await;
    assert_eq!(own.status, StatusCode::OK);
    assert_eq!(patch(&service, &path, &json!({"external_id": null})).await.status, StatusCode::OK);
    created(&service, &json!({"external_id": "STRAßE-É"})).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_ten_who_create_a_user_with_one_external_id_at_once_one_does() {
    let service = std::sync::Arc::new(Service::start().await);
    let tasks: Vec<_> = (0..10)
        .map(|_| {
            let service = service.clone();
            tokio::spawn(async move {
                post(&service, "/v2/users", &json!({"external_id": "same"})).await
            })
        })
        .collect();
    let mut answers: Vec<Answer> = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    let count = |status: u16| answers.iter().filter(|a| a.status.as_u16() == status).count();
    assert_eq!((count(201), count(409)), (1, 9));
    assert_eq!((service.rows("users"), service.rows("user_external_ids")), (1, 1));
}
