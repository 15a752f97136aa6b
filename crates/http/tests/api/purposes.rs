//! `GET /v1/purposes`: the table, as the contract lists it.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use dossier_domain::{ByteCount, Limits, Purpose};
use serde_json::json;

use crate::support::{Answer, Options, Service};

async fn conditional(service: &Service, value: &str) -> Answer {
    let head = service.request(Method::GET, "/v1/purposes").header("if-none-match", value);
    service.send(head.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn the_table_is_the_contracts() {
    let service = Service::start().await;
    let answer = service.get("/v1/purposes").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "application/json");
    let image = [
        "image/bmp",
        "image/x-ms-bmp",
        "image/x-bmp",
        "image/jpeg",
        "image/png",
        "image/heic",
        "image/heif",
    ];
    let document = [&image[..], &["application/pdf"]].concat();
    let other = [&image[..], &["image/heif-sequence", "application/pdf", "video/*"]].concat();
    let rows = answer.json()["data"].as_array().unwrap().clone();
    let table: Vec<_> =
        rows.iter().map(|r| (r["purpose"].clone(), r["permitted"].clone())).collect();
    let mut want =
        vec![(json!("verification_report"), json!(["application/pdf", "application/json"]))];
    for purpose in [
        "idcard_both_sides",
        "idcard_front",
        "idcard_back",
        "paper_id",
        "passport",
        "driving_licence",
        "residence_permit",
        "proof_of_address",
    ] {
        want.push((json!(purpose), json!(document)));
    }
    want.push((json!("selfie_video"), json!(["video/*"])));
    want.push((json!("other"), json!(other)));
    assert_eq!(table, want);
    for row in &rows {
        assert_eq!(row["size_min"], 15);
        assert_eq!(row["size_max"], 209_715_200);
        assert_eq!(row["name_length_min"], 3);
        assert_eq!(row["name_length_max"], 255);
        assert!(!row["guidance"].as_str().unwrap().is_empty());
        assert!(!row["title"].as_str().unwrap().is_empty());
    }
    assert_eq!(
        rows[8]["guidance"],
        "Evidence of the permanent residential address of a natural person, such as an \
         electricity or water bill, other authority bill, landline bill, power or other utility \
         statement, lease agreement, bank or card statement, bank or educational reference \
         letter, mortgage agreement."
    );
}

#[tokio::test]
async fn limits_are_those_in_force() {
    let limits = Limits {
        size_max: ByteCount(1000),
        size_max_by_purpose: vec![
            (Purpose::Passport, ByteCount(500)),
            (Purpose::Other, ByteCount(2000)),
        ],
        ..Limits::default()
    };
    let service = Service::with(Options { limits, ..Options::default() }).await;
    let rows = service.get("/v1/purposes").await.json()["data"].as_array().unwrap().clone();
    for row in rows {
        let size_max = if row["purpose"] == "passport" { 500 } else { 1000 };
        assert_eq!(row["size_max"], size_max, "{}", row["purpose"]);
    }
}

#[tokio::test]
async fn a_known_copy_is_not_sent_again() {
    let service = Service::start().await;
    let etag = service.get("/v1/purposes").await.header("etag").to_owned();
    assert!(etag.starts_with('"') && etag.ends_with('"'));
    for value in [etag.clone(), format!("W/{etag}"), format!("\"x\", {etag}"), "*".into()] {
        let answer = conditional(&service, &value).await;
        assert_eq!(answer.status, StatusCode::NOT_MODIFIED, "{value}");
        assert!(answer.body.is_empty());
        assert_eq!(answer.header("etag"), etag);
    }
    assert_eq!(conditional(&service, "\"x\"").await.status, StatusCode::OK);
}

#[tokio::test]
async fn any_key_may_read_them_and_nobody_else() {
    let service = Service::start().await;
    for scopes in ["files:write", "files:read", "users:read", "admin"] {
        let key = service.key_of("any", scopes).await;
        let request = service.request_by(&key, Method::GET, "/v1/purposes");
        let answer = service.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::OK, "{scopes}");
    }
    let request = axum::http::Request::get("/v1/purposes").body(Body::empty()).unwrap();
    assert_eq!(service.send(request).await.brief(), "401 auth.missing");
}
