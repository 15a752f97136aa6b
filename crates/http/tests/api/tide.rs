//! The tide mark: a database that is older than the bytes is found out before anything is erased.

use std::fs;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request};
use dossier_app::{Depth, Operator, Tide};
use rusqlite::Connection;

use crate::support::{Service, form, json_of};
use crate::sweep::{plant, set_age};

const AGE: Duration = Duration::from_secs(3 * 60 * 60);

async fn erased(service: &Service) -> u64 {
    service.app.sweep(Operator, AGE).await.unwrap().unnamed_erased
}

async fn uploaded(service: &Service) -> String {
    service.upload(&form("verification_report", "a.json", "", &json_of(30))).await.id()
}

fn stored_mark(service: &Service) -> String {
    fs::read_to_string(service.blobs().join("tide-mark")).unwrap().trim_end().replace('-', "")
}

fn known_marks(service: &Service) -> Vec<String> {
    let connection = Connection::open(service.database()).unwrap();
    let sql = "select lower(hex(mark)) from tide_marks order by number";
    let mut statement = connection.prepare(sql).unwrap();
    let marks = statement.query_map([], |row| row.get(0)).unwrap();
    marks.map(Result::unwrap).collect()
}

async fn metrics(service: &Service) -> String {
    let request = Request::builder().method(Method::GET).uri("/metrics");
    let answer = service.send(request.body(Body::empty()).unwrap()).await;
    String::from_utf8(answer.body.to_vec()).unwrap()
}

#[tokio::test]
async fn an_older_database_beside_newer_bytes_erases_nothing_until_the_operator_says_so() {
    let service = Service::start().await;
    uploaded(&service).await;
    erased(&service).await;
    let backup = tempfile::tempdir().unwrap();
    let backup = backup.path().join("older.db");
    let connection = Connection::open(service.database()).unwrap();
    connection.execute("vacuum into ?1", [backup.to_str().unwrap()]).unwrap();
    uploaded(&service).await;
    erased(&service).await;
    for blob in service.stored() {
        set_age(&service, &blob, AGE);
    }

    let service = service.restart_on(&backup).await;
    assert_eq!(erased(&service).await, 0);
    assert_eq!(service.stored().len(), 2, "the newer bytes are there");
    let ready = service.get("/readyz").await;
    assert_eq!(ready.status.as_u16(), 200);
    assert!(ready.json()["warnings"][0].as_str().unwrap().contains("older"), "{}", ready.brief());
    assert!(metrics(&service).await.contains("dossier_tide_apart 1"));
    let report = service.app.fsck(Operator, Depth::Lengths).await.unwrap();
    assert_eq!((report.is_sound(), report.tide, report.findings_total), (false, Tide::Apart, 1));

    assert_eq!(service.app.erase_unnamed(Operator).await.unwrap(), 1);
    assert!(service.app.fsck(Operator, Depth::Lengths).await.unwrap().is_sound());
    assert!(service.get("/readyz").await.json()["warnings"].is_null());
    assert!(metrics(&service).await.contains("dossier_tide_apart 0"));
    plant(&service, 1, AGE);
    assert_eq!(erased(&service).await, 1);
}

#[tokio::test]
async fn a_crash_between_the_halves_of_a_mark_blocks_nothing() {
    let service = Service::start().await;
    uploaded(&service).await;
    for crashes in 1..4 {
        let connection = Connection::open(service.database()).unwrap();
        for _ in 0..crashes {
            let sql = "insert into tide_marks (mark, created_at) values (randomblob(16), 0)";
            connection.execute(sql, []).unwrap();
        }
        plant(&service, crashes, AGE);
        assert_eq!(erased(&service).await, 1, "after {crashes} crashes");
        assert_eq!(Some(stored_mark(&service)), known_marks(&service).pop());
    }
    for _ in 0..3 {
        erased(&service).await;
        assert_eq!(known_marks(&service).len(), 2, "older marks are forgotten");
    }
}

#[tokio::test]
async fn a_mark_that_is_gone_or_unreadable_beside_bytes_is_not_taken_for_a_new_store() {
    let service = Service::start().await;
    uploaded(&service).await;
    let old = plant(&service, 1, AGE);
    let mark = service.blobs().join("tide-mark");
    let kept = fs::read(&mark).unwrap();
    fs::write(&mark, b"").unwrap();
    assert_eq!(erased(&service).await, 0);
    fs::remove_file(&mark).unwrap();
    assert_eq!(erased(&service).await, 0);
    assert!(old.exists() && !mark.exists());
    fs::write(&mark, kept).unwrap();
    assert_eq!(erased(&service).await, 1);
}

#[tokio::test]
async fn sweeps_and_tools_at_once_stay_in_step() {
    let service = Service::start().await;
    uploaded(&service).await;
    for _ in 0..10 {
        let (sweep, settle, other) = tokio::join!(
            service.app.sweep(Operator, AGE),
            service.app.erase_unnamed(Operator),
            service.app.sweep(Operator, AGE),
        );
        assert!(sweep.is_ok() && settle.is_ok() && other.is_ok());
        assert_eq!(service.app.last_tide(Operator), Tide::InStep);
        assert!(known_marks(&service).contains(&stored_mark(&service)));
    }
    // How many are left depends on who met whom; whoever sweeps alone forgets them.
    for _ in 0..3 {
        erased(&service).await;
    }
    assert_eq!(known_marks(&service).len(), 2);
}
