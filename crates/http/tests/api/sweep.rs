//! The reaper: it finishes what crashes left, and touches nothing that may be somebody's.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use dossier_app::{App, Clock, Depth, Operator, StartError, SweepError, SweepReport};
use rusqlite::Connection;

use crate::support::{Body, Service, TestClock, form, json_of, start_in};

/// Older than any request can live.
const AGE: Duration = Duration::from_secs(3 * 60 * 60);

/// Plants a blob without a row, written `age` before the service's now.
pub(crate) fn plant(service: &Service, number: u32, age: Duration) -> PathBuf {
    let folder = service.blobs().join(format!("{:03x}", number % 4));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("{number:032x}"));
    fs::write(&path, b"left by a crash").unwrap();
    set_age(service, &path, age);
    path
}

pub(crate) fn set_age(service: &Service, path: &Path, age: Duration) {
    let micros = u64::try_from(service.clock.now().micros()).unwrap();
    let written = SystemTime::UNIX_EPOCH + Duration::from_micros(micros) - age;
    File::options().write(true).open(path).unwrap().set_modified(written).unwrap();
}

async fn sweep(service: &Service) -> SweepReport {
    service.app.sweep(Operator, AGE).await.unwrap()
}

#[tokio::test]
async fn old_bytes_without_a_row_are_erased_and_others_are_not() {
    let service = Service::start().await;
    service.clock.advance(20 * AGE);
    let id = service.upload(&form("verification_report", "a.json", "", &json_of(30))).await.id();
    let named = service.stored().pop().unwrap();
    set_age(&service, &named, 10 * AGE);
    let old = plant(&service, 1, AGE);
    let young = plant(&service, 2, AGE - Duration::from_secs(1));
    let stranger = service.blobs().join("README");
    fs::write(&stranger, b"not ours").unwrap();
    set_age(&service, &stranger, 10 * AGE);
    assert_eq!(sweep(&service).await.unnamed_erased, 1);
    assert!(!old.exists() && young.exists() && named.exists() && stranger.exists());
    let contents = service.get(&format!("/v1/files/{id}/contents")).await;
    assert_eq!(contents.status.as_u16(), 200);
    assert_eq!(sweep(&service).await, SweepReport::default());
}

#[tokio::test]
async fn bytes_from_before_the_start_are_erased_whatever_their_age() {
    let service = Service::start().await;
    let before = plant(&service, 1, Duration::ZERO);
    service.clock.advance(Duration::from_secs(1));
    let after = plant(&service, 2, Duration::ZERO);
    assert_eq!(sweep(&service).await.unnamed_erased, 1);
    assert!(!before.exists() && after.exists());
}

#[tokio::test]
async fn names_without_a_byte_are_erased_however_many_and_are_no_finding() {
    let service = Service::start().await;
    for number in 0..1001 {
        let name = plant(&service, number, AGE);
        fs::write(&name, b"").unwrap();
        set_age(&service, &name, AGE);
    }
    let bytes = plant(&service, 1001, AGE);
    let found = service.app.fsck(Operator, Depth::Lengths).await.unwrap();
    assert_eq!((found.findings_total, service.stored().len()), (1, 1002));
    assert_eq!(sweep(&service).await.unnamed_erased, 1);
    assert!(service.stored().is_empty() && !bytes.exists());
}

#[tokio::test]
async fn bytes_in_flight_are_not_erased_whatever_their_age() {
    let service = Service::start().await;
    let scan = dossier_testkit::png::large(2_400_000);
    let body = form("passport", "scan.png", "image/png", &scan).build();
    let (body, go_on) = Body::paused(&body, body.len() - 10);
    let upload = service.send(service.post().body(body.0).unwrap());
    tokio::pin!(upload);
    tokio::select! {
        answer = &mut upload => panic!("{}", answer.brief()),
        () = async {
            while service.stored().is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        } => {}
    }
    set_age(&service, &service.stored()[0], 10 * AGE);
    assert_eq!(sweep(&service).await.unnamed_erased, 0);
    go_on.send(()).unwrap();
    let id = upload.await.id();
    let contents = service.get(&format!("/v1/files/{id}/contents")).await;
    assert!(contents.body == scan);
}

#[tokio::test]
async fn too_many_bytes_without_a_row_are_left_for_the_operator() {
    let service = Service::start().await;
    for number in 0..1000 {
        plant(&service, number, AGE);
    }
    let refused = service.app.sweep(Operator, AGE).await.unwrap_err();
    assert!(matches!(refused, SweepError::TooManyUnnamed(1000)), "{refused}");
    assert_eq!(service.stored().len(), 1000);
    plant(&service, 1000, AGE);
    let young = plant(&service, 1001, Duration::ZERO);
    assert_eq!(service.app.erase_unnamed(Operator).await.unwrap(), 1001);
    assert_eq!(service.stored(), [young]);
}

#[tokio::test]
async fn a_half_done_erasure_is_finished() {
    let service = Service::start().await;
    let id = service.upload(&form("verification_report", "a.json", "", &json_of(30))).await.id();
    // What a crash between the two halves of a deletion leaves: the row gone, the bytes there.
    let blob = service.stored().pop().unwrap();
    let bytes = fs::read(&blob).unwrap();
    assert_eq!(service.delete(&format!("/v1/files/{id}")).await.status.as_u16(), 204);
    fs::write(&blob, bytes).unwrap();
    let connection = Connection::open(service.database()).unwrap();
    connection.execute("update erasures set erased_at = null", []).unwrap();
    assert_eq!(sweep(&service).await.erasures_finished, 1);
    service.assert_nothing_stored();
    assert_eq!(sweep(&service).await, SweepReport::default());
}

#[tokio::test]
async fn bytes_that_could_not_be_erased_at_once_are_erased_later() {
    let service = Service::start().await;
    let id = service.upload(&form("verification_report", "a.json", "", &json_of(30))).await.id();
    let blob = service.stored().pop().unwrap();
    // A folder in the place of the file cannot be removed as a file.
    fs::remove_file(&blob).unwrap();
    fs::create_dir(&blob).unwrap();
    assert_eq!(service.delete(&format!("/v1/files/{id}")).await.status.as_u16(), 204);
    assert_eq!(service.get(&format!("/v1/files/{id}")).await.status.as_u16(), 404);
    assert!(service.app.sweep(Operator, AGE).await.is_err());
    fs::remove_dir(&blob).unwrap();
    assert_eq!(sweep(&service).await.erasures_finished, 1);
}

#[tokio::test]
async fn bytes_that_cannot_be_erased_hold_nothing_else_up() {
    let service = Service::start().await;
    for _ in 0..3 {
        let json = json_of(30);
        let id = service.upload(&form("verification_report", "a.json", "", &json)).await.id();
        let blob = service.stored().pop().unwrap();
        fs::remove_file(&blob).unwrap();
        fs::create_dir(&blob).unwrap();
        assert_eq!(service.delete(&format!("/v1/files/{id}")).await.status.as_u16(), 204);
    }
    let connection = Connection::open(service.database()).unwrap();
    let first = "select hex(blob_id) from erasures order by blob_id limit 1";
    let first: String = connection.query_row(first, [], |row| row.get(0)).unwrap();
    let entries = fs::read_dir(service.blobs()).unwrap().map(|entry| entry.unwrap().path());
    for folder in entries.filter(|path| path.is_dir()) {
        for blob in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if !blob.file_name().to_str().unwrap().eq_ignore_ascii_case(&first) {
                fs::remove_dir(blob.path()).unwrap();
            }
        }
    }
    let old = plant(&service, 1, AGE);
    assert!(service.app.sweep(Operator, AGE).await.is_err());
    assert!(!old.exists());
    let left = "select count(*) from erasures where erased_at is null";
    let left: i64 = connection.query_row(left, [], |row| row.get(0)).unwrap();
    assert_eq!(left, 1);
}

#[tokio::test]
async fn a_new_database_beside_old_bytes_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let blob = folder.path().join("blobs/00a").join(format!("{:032x}", 10));
    fs::create_dir_all(blob.parent().unwrap()).unwrap();
    fs::write(&blob, b"known to another database").unwrap();
    for _ in 0..2 {
        let started = App::start(start_in(folder.path(), Arc::new(TestClock::new()))).await;
        assert!(matches!(started, Err(StartError::StrangeBytes)));
    }
    assert!(blob.exists());
    fs::remove_file(&blob).unwrap();
    assert!(App::start(start_in(folder.path(), Arc::new(TestClock::new()))).await.is_ok());
}

#[tokio::test]
async fn idempotency_keys_that_ran_out_are_forgotten() {
    let service = Service::start().await;
    let body = form("verification_report", "a.json", "", &json_of(30)).build();
    let head = service.post().header("idempotency-key", "k");
    service.send_body(head, body).await.created();
    assert_eq!(sweep(&service).await.keys_expired, 0);
    service.clock.advance(Duration::from_secs(24 * 60 * 60));
    assert_eq!(sweep(&service).await.keys_expired, 1);
    assert_eq!(service.rows("idempotency"), 0);
    service.assert_stored(1);
}
