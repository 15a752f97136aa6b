//! One server on one store, whatever part of it a second one names; tools work beside it.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use e2e::{Document, Service, data_folder, dossier, refused, run};
use serde_json::Value;

/// Settings beside the data folder.
type Elsewhere<'a> = &'a [(&'a str, String)];

fn set<'a>(elsewhere: Elsewhere<'a>) -> impl FnOnce(&mut Command) + 'a {
    move |command| {
        command.envs(elsewhere.iter().map(|(name, value)| (name, value)));
    }
}

fn database(path: &Path) -> (&'static str, String) {
    ("DOSSIER_DATABASE_URL", format!("sqlite:{}", path.display()))
}

fn storage(path: &Path) -> (&'static str, String) {
    ("DOSSIER_STORAGE_URL", format!("file:{}", path.display()))
}

/// The second server is told so, and the first still has its files; `fsck` says it beside both.
fn assert_refused(second: (&Path, Elsewhere), part: &str, first: (&Service, &Path, Elsewhere)) {
    let complaint = refused(set(second.1), second.0);
    assert!(complaint.contains("another server runs on this store"), "{complaint}");
    assert!(complaint.contains(part), "{part}: {complaint}");
    let (service, data, elsewhere) = first;
    let mut client = service.client();
    let id = client.upload(&Document::report(1, 1_000)).unwrap().created_id();
    assert_eq!(client.contents(&id).unwrap().status, 200);
    let mut tool = dossier(data);
    set(elsewhere)(&mut tool);
    let output = run(tool.args(["fsck", "--contents", "--json"]));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["sound"], &report["files"]), (&true.into(), &client.list().len().into()));
}

#[test]
fn a_second_server_on_the_default_storage_or_database_of_another_is_refused() {
    let (one, other) = (data_folder(), data_folder());
    let (one, other) = (one.path(), other.path());
    let service = Service::start(one);
    let (blobs, rows) = (one.join("blobs"), one.join("dossier.db"));
    let first = (&service, one, &[][..]);
    assert_refused((other, &[storage(&blobs)]), "the storage", first);
    assert_refused((other, &[database(&rows)]), "the database", first);
    assert_refused((other, &[database(&rows), storage(&blobs)]), "with --", first);
    assert_refused((one, &[storage(other), database(&other.join("x.db"))]), "--data-dir", first);
}

#[test]
fn two_data_folders_on_one_database_or_storage_elsewhere_have_one_server() {
    let (one, other, elsewhere) = (data_folder(), data_folder(), data_folder());
    let (one, other) = (one.path(), other.path());
    let (rows, blobs) = (elsewhere.path().join("rows"), elsewhere.path().join("bytes"));
    let both = [database(&rows), storage(&blobs)];
    let service = Service::start_with(set(&both), one);
    let first = (&service, one, &both[..]);
    assert_refused((other, &both[..1]), &rows.display().to_string(), first);
    assert_refused((other, &both[1..]), &blobs.display().to_string(), first);
    // Nor does another name of the same.
    let [to_rows, to_blobs] = ["to-rows", "to-bytes"].map(|name| elsewhere.path().join(name));
    symlink(&rows, &to_rows).unwrap();
    symlink(&blobs, &to_blobs).unwrap();
    assert_refused((other, &[database(&to_rows)]), "the database", first);
    assert_refused((other, &[storage(&to_blobs)]), "the storage", first);
    service.stop();
    Service::start_with(set(&both), one).stop();
}
