//! A new root key takes over: what is stored and what was handed out stays valid.

use std::sync::Arc;
use std::time::Duration;

use dossier_app::{App, RootError, StartError};
use dossier_seal::{Entropy, RootKeyring};

use crate::support::{SeededEntropy, Service, TestClock, form, json_of, start_in};

/// The ring of every test, with a second key that takes over.
fn rotated() -> RootKeyring {
    let first = RootKeyring::generate(&SeededEntropy::default());
    let second = "22".repeat(32);
    let text = format!("{}dossier-root-key-v1 2 {second}\n", *first.to_text());
    text.parse().unwrap()
}

#[tokio::test]
async fn keys_cursors_and_idempotency_keys_outlive_a_rotation_of_the_root_key() {
    let service = Service::start().await;
    let body = form("verification_report", "a.json", "", &json_of(30)).build();
    let head = service.post().header("idempotency-key", "once");
    let id = service.send_body(head, body.clone()).await.id();
    service.clock.advance(Duration::from_secs(1));
    service.upload(&form("verification_report", "b.json", "", &json_of(31))).await.id();
    let page = service.get("/v1/files?size=1").await.json();
    let cursor = page["meta"]["next"].as_str().unwrap().to_owned();

    let service = service.restart_with(rotated()).await;
    let connection = rusqlite::Connection::open(service.database()).unwrap();
    let version = "select root_version from service_secret";
    let version: i64 = connection.query_row(version, [], |row| row.get(0)).unwrap();
    assert_eq!(version, 2, "the secret is wrapped anew");

    let next = service.get(&format!("/v1/files?size=1&after={cursor}")).await;
    assert_eq!(next.status.as_u16(), 200, "{}", next.brief());
    assert_eq!(next.json()["data"][0]["id"], id.as_str());
    let contents = service.get(&format!("/v1/files/{id}/contents")).await;
    assert_eq!(contents.body, json_of(30));
    let head = service.post().header("idempotency-key", "once");
    assert_eq!(service.send_body(head, body).await.id(), id);
    service.assert_stored(2);
}

#[tokio::test]
async fn a_secret_that_does_not_open_refuses_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let start = || start_in(folder.path(), Arc::new(TestClock::new()));
    drop(App::start(start()).await.unwrap());
    let connection = rusqlite::Connection::open(folder.path().join("dossier.db")).unwrap();
    connection.execute("update service_secret set wrapped = zeroblob(61)", []).unwrap();
    let refused = App::start(start()).await.err();
    assert!(matches!(refused, Some(StartError::Root(RootError::Secret(1)))), "{refused:?}");
}

#[tokio::test]
async fn another_root_key_refuses_the_start_and_leaves_the_secret_alone() {
    let folder = tempfile::tempdir().unwrap();
    let start = || start_in(folder.path(), Arc::new(TestClock::new()));
    drop(App::start(start()).await.unwrap());
    let other = SeededEntropy::default();
    other.fill(&mut [0; 8]);
    let keyring = RootKeyring::generate(&other);
    let refused = App::start(dossier_app::Start { keyring, ..start() }).await.err();
    assert!(matches!(refused, Some(StartError::Root(RootError::Wrong(1)))), "{refused:?}");
    assert!(App::start(start()).await.is_ok());
}
