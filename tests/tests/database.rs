//! A database that is locked by another process, gone, or another one, under a running server:
//! refusals while it lasts, nothing lost, and no restart needed after.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use e2e::{Client, Document, Service, blob_files, data_folder, eventually, fsck, sh, skip};

/// How soon a server must be well again, on a machine that also runs other tests.
const RECOVERY_MAX: Duration = Duration::from_secs(5);

/// Another process that holds the write lock of the database until it is dropped.
struct Lock(Child);

impl Lock {
    /// Takes the lock; says so loudly when there is no tool for it.
    fn take(data: &Path) -> Option<Self> {
        if !sh("sqlite3 -version") {
            skip("a database that another process locks", "sqlite3 is missing");
            return None;
        }
        let held = data.join("held");
        let mut tool = Command::new("sqlite3");
        tool.arg(data.join("dossier.db")).stdin(Stdio::piped()).stdout(Stdio::null());
        let mut child = tool.spawn().expect("sqlite3 can be started");
        let stdin = child.stdin.as_mut().expect("standard input is piped");
        let begin = format!("begin immediate;\n.shell touch {}\n", held.display());
        std::io::Write::write_all(stdin, begin.as_bytes()).expect("sqlite3 listens");
        eventually("the lock is held", || held.exists());
        Some(Self(child))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn upload(client: &mut Client, seed: u64) -> e2e::Answer {
    client.upload(&Document::report(seed, 1_000)).expect("an answer comes")
}

/// A refusal that tells the client to come back.
fn assert_unavailable(answer: &e2e::Answer) {
    assert_eq!(answer.status, 503, "{}", answer.text());
    let after = answer.header("retry-after").and_then(|value| value.parse::<u32>().ok());
    assert!(after.is_some(), "{answer:?}");
}

fn assert_well_soon(service: &Service, seed: u64) {
    let since = Instant::now();
    eventually("uploads are taken again", || upload(&mut service.client(), seed).status == 201);
    assert!(since.elapsed() <= RECOVERY_MAX, "it took {:?}", since.elapsed());
}

#[test]
fn a_database_that_another_process_locks_refuses_writes_and_recovers_by_itself() {
    let folder = data_folder();
    let service = Service::start(folder.path());
    let id = upload(&mut service.client(), 1).created_id();
    let Some(lock) = Lock::take(folder.path()) else { return };
    assert_unavailable(&upload(&mut service.client(), 2));
    assert_eq!(service.client().get("/readyz").unwrap().status, 503);
    let details = service.client().get(&format!("/v1/files/{id}")).unwrap();
    assert_eq!(details.status, 200, "what needs no entry in the audit is read on");
    assert_unavailable(&service.client().contents(&id).unwrap());
    drop(lock);
    assert_well_soon(&service, 3);
    eventually("the refused upload left no bytes", || blob_files(folder.path()).len() == 2);
    service.stop();
    let found = fsck(folder.path());
    assert!(found.sound && found.files == 2, "{found:?}");
}

/// Moves the database with its log aside, as whoever removes it would.
fn move_database(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for name in ["dossier.db", "dossier.db-wal", "dossier.db-shm"] {
        match fs::rename(from.join(name), to.join(name)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            moved => moved.unwrap(),
        }
    }
}

#[test]
fn a_database_that_is_gone_refuses_everything_and_its_return_loses_nothing() {
    let folder = data_folder();
    let data = folder.path();
    let service = Service::start(data);
    let id = upload(&mut service.client(), 1).created_id();
    move_database(data, &data.join("aside"));
    assert_unavailable(&upload(&mut service.client(), 2));
    assert_unavailable(&service.client().contents(&id).unwrap());
    assert!(!data.join("dossier.db").exists(), "no new one is made");
    move_database(&data.join("aside"), data);
    assert_well_soon(&service, 3);
    assert_eq!(service.client().contents(&id).unwrap().body, Document::report(1, 1_000).content);
    service.stop();
    let found = fsck(data);
    assert!(found.sound && found.files == 2, "{found:?}");
}

#[test]
fn another_database_in_its_place_is_never_believed_and_costs_no_file() {
    let (folder, other) = (data_folder(), data_folder());
    let data = folder.path();
    let elsewhere = Service::start(other.path());
    assert_eq!(elsewhere.client().get("/healthz").unwrap().status, 200);
    elsewhere.stop();
    let often = |command: &mut Command| {
        command.env("DOSSIER_REAPER_INTERVAL", "100ms").env("DOSSIER_ORPHAN_AGE", "2s");
    };
    let service = Service::start_with(often, data);
    let id = upload(&mut service.client(), 1).created_id();
    move_database(data, &data.join("aside"));
    move_database(other.path(), data);
    for _ in 0..30 {
        let answer = service.client().contents(&id).unwrap();
        assert!(answer.status == 503, "{answer:?}");
        let refused = upload(&mut service.client(), 2).status;
        assert_eq!(refused, 503);
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(blob_files(data).len(), 1, "the reaper has erased nothing");
    move_database(data, other.path());
    move_database(&data.join("aside"), data);
    assert_well_soon(&service, 3);
    assert_eq!(service.client().contents(&id).unwrap().body, Document::report(1, 1_000).content);
    service.stop();
    let found = fsck(data);
    assert!(found.sound && found.files == 2, "{found:?}");
}
