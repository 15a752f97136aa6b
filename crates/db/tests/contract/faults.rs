use std::future::ready;
use std::time::Duration;

use dossier_db::{Db, DbError, FinishUpload, OpenError, Options};

use crate::fixture::{Fixture, at, by, entry, file};

#[tokio::test]
async fn a_lock_held_by_another_stops_writes_and_not_reads_and_both_go_on_after() {
    let fixture = Fixture::new().await;
    let new = file(fixture.client_id, 1);
    let stranger = fixture.stranger();
    stranger.execute_batch("begin exclusive").unwrap();
    let refused = fixture.db.finish_upload(new.clone(), None, None, by(fixture.credential)).await;
    assert!(matches!(refused, Err(DbError::Unavailable(_))), "{refused:?}");
    assert!(matches!(fixture.db.probe().await, Err(DbError::Unavailable(_))));
    assert_eq!(fixture.db.find_file(fixture.client_id, new.file_id).await, Ok(None));
    stranger.execute_batch("rollback").unwrap();
    fixture.db.probe().await.unwrap();
    let finished = fixture.db.finish_upload(new, None, None, by(fixture.credential)).await;
    assert_eq!(finished, Ok(FinishUpload::Finished));
}

#[tokio::test]
async fn a_write_waits_for_a_lock_that_is_soon_released() {
    let fixture = Fixture::new().await;
    let options = Options { lock_wait_max: Duration::from_secs(60), ..Options::server() };
    let patient = Db::open(&fixture.path(), options).unwrap();
    let stranger = fixture.stranger();
    stranger.execute_batch("begin exclusive").unwrap();
    let waiting = tokio::spawn(async move { patient.probe().await });
    // The impatient one has asked for the lock after the patient one was started.
    assert!(fixture.db.probe().await.is_err());
    stranger.execute_batch("rollback").unwrap();
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_file_that_vanished_stops_everything_and_its_return_heals_it() {
    let fixture = Fixture::new().await;
    let aside = fixture.folder.path().join("aside");
    std::fs::rename(fixture.path(), &aside).unwrap();
    assert!(matches!(fixture.db.probe().await, Err(DbError::Unavailable(_))));
    let found = fixture.db.find_client_by_name("First").await;
    assert!(matches!(found, Err(DbError::Unavailable(_))), "{found:?}");
    assert!(!fixture.path().exists());
    std::fs::rename(&aside, fixture.path()).unwrap();
    fixture.db.probe().await.unwrap();
    assert!(fixture.db.find_client_by_name("First").await.unwrap().is_some());
}

#[tokio::test]
async fn another_database_in_its_place_is_not_believed_and_its_return_heals_it() {
    let (fixture, other) = (Fixture::new().await, Fixture::new().await);
    // The log belongs to its database and goes with it.
    let files =
        ["", "-wal", "-shm"].map(|end| fixture.folder.path().join(format!("db.sqlite{end}")));
    let aside = fixture.folder.path().join("aside");
    std::fs::create_dir(&aside).unwrap();
    for file in &files {
        std::fs::rename(file, aside.join(file.file_name().unwrap())).unwrap();
    }
    let copy = other.stranger();
    copy.execute("vacuum into ?1", [fixture.path().to_str().unwrap()]).unwrap();
    assert!(matches!(fixture.db.probe().await, Err(DbError::Unavailable(_))));
    for _ in 0..8 {
        let found = fixture.db.find_client_by_name("First").await;
        assert!(matches!(found, Err(DbError::Unavailable(_))), "{found:?}");
    }
    for file in &files {
        let back = aside.join(file.file_name().unwrap());
        std::fs::rename(back, file).unwrap();
    }
    fixture.db.probe().await.unwrap();
    assert!(fixture.db.find_client_by_name("First").await.unwrap().is_some());
}

#[tokio::test]
async fn a_write_whose_caller_left_is_committed_all_the_same() {
    let fixture = Fixture::new().await;
    let new = file(fixture.client_id, 1);
    let id = new.file_id;
    tokio::select! {
        biased;
        _ = fixture.db.finish_upload(new, None, None, by(fixture.credential)) => {}
        () = ready(()) => {}
    }
    // Writes are committed in the order in which they were queued.
    fixture.db.probe().await.unwrap();
    assert!(fixture.db.find_file(fixture.client_id, id).await.unwrap().is_some());
}

#[tokio::test]
async fn what_was_committed_is_there_after_opening_again() {
    let fixture = Fixture::new().await;
    let new = file(fixture.client_id, 1);
    let id = new.file_id;
    fixture.db.finish_upload(new, None, None, by(fixture.credential)).await.unwrap();
    let again = Db::open(&fixture.path(), Options::server()).unwrap();
    assert!(again.find_file(fixture.client_id, id).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_writes_beside_a_busy_server_and_neither_fails() {
    let fixture = Fixture::new().await;
    let server = Db::open(&fixture.path(), Options::server()).unwrap();
    let tool = Db::open(&fixture.path(), Options::tool()).unwrap();
    let tasks: Vec<_> = [server, tool]
        .into_iter()
        .cycle()
        .take(8)
        .map(|db| {
            tokio::spawn(async move {
                for _ in 0..20 {
                    db.probe().await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let sql = "select written from write_probe";
    let written: i64 = fixture.stranger().query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(written, 160);
}

#[tokio::test]
async fn a_schema_newer_than_the_program_is_refused() {
    let fixture = Fixture::new().await;
    let sql = "insert into schema_versions (version, name) values (99, '0099_later')";
    fixture.stranger().execute(sql, []).unwrap();
    for options in [Options::server(), Options::tool()] {
        let refused = Db::open(&fixture.path(), options).unwrap_err();
        assert!(matches!(refused, OpenError::SchemaNewer { found: 99, .. }), "{refused}");
    }
}

#[test]
fn a_tool_may_be_the_first_to_open_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db.sqlite");
    drop(Db::open(&path, Options::tool()).unwrap());
    Db::open(&path, Options::server()).unwrap();
}

#[test]
fn many_may_open_a_new_database_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = &folder.path().join("db.sqlite");
    std::thread::scope(|scope| {
        for options in [Options::server(), Options::tool(), Options::tool(), Options::server()] {
            scope.spawn(move || Db::open(path, options).unwrap());
        }
    });
}

#[test]
fn a_missing_folder_and_a_file_of_another_kind_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("nowhere/db.sqlite");
    let refused = Db::open(&nowhere, Options::server());
    assert!(matches!(refused, Err(OpenError::Folder { .. })), "{refused:?}");
    let other = folder.path().join("other");
    std::fs::write(&other, "This is no database at all. ".repeat(100)).unwrap();
    let refused = Db::open(&other, Options::server());
    assert!(matches!(refused, Err(OpenError::Unusable(_))), "{refused:?}");
    assert_eq!(std::fs::read(&other).unwrap().len(), 2800);
}

#[tokio::test]
async fn times_of_any_size_are_kept() {
    let fixture = Fixture::new().await;
    let far = dossier_domain::Timestamp::from_micros(i64::MAX);
    fixture.db.revoke_key(fixture.key_id, entry(far)).await.unwrap();
    let owner = fixture.db.find_key_by_hash([1; 32]).await.unwrap().unwrap();
    assert_eq!(owner.revoked_at, Some(far));
    assert_eq!(fixture.db.erase_expired_idempotency(at(0), usize::MAX).await, Ok(0));
}
