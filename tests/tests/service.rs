//! Starting, stopping and tending a server from outside.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use e2e::{
    Client, Document, KEY, Service, blob_files, data_folder, dossier, eventually, fsck,
    fsck_contents, refused, run, sh, skip,
};
use serde_json::Value;

fn output(command: &mut Command) -> String {
    let output = run(command);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn stored(data: &Path, size: usize) -> String {
    let service = Service::start(data);
    let id = service.client().upload(&Document::report(1, size)).unwrap().created_id();
    service.stop();
    id
}

#[test]
fn uploads_that_run_when_the_server_is_stopped_are_finished() {
    let folder = data_folder();
    let service = Service::start(folder.path());
    let mut running: Vec<(Client, Document)> =
        (0..4).map(|seed| (service.client(), Document::report(seed, 200_000))).collect();
    for (client, document) in &mut running {
        client.upload_head(document).unwrap();
        client.write(document.form().split_at(100_000).0).unwrap();
    }
    let mut idle = service.client();
    assert_eq!(idle.get("/healthz").unwrap().status, 200);
    service.ask_to_stop();
    let address = service.address();
    eventually("new connections are refused", || std::net::TcpStream::connect(address).is_err());
    for (client, document) in &mut running {
        client.write(document.form().split_at(100_000).1).unwrap();
    }
    let ids: Vec<String> =
        running.iter_mut().map(|(client, _)| client.read_answer().unwrap().created_id()).collect();
    let (status, log) = service.wait();
    assert_eq!(status.code(), Some(0), "{log}");
    let service = Service::start(folder.path());
    for (id, (_, document)) in ids.iter().zip(&running) {
        assert!(service.client().contents(id).unwrap().body == document.content);
    }
    let found = fsck(folder.path());
    assert!(found.sound && found.files == 4, "{found:?}");
}

#[test]
fn uploads_that_never_end_are_cut_and_leave_nothing() {
    let folder = data_folder();
    let hasty = |command: &mut Command| {
        command.env("DOSSIER_DRAIN_TIME", "200ms");
    };
    let service = Service::start_with(hasty, folder.path());
    let document = Document::report(1, 4_000_000);
    let mut client = service.client();
    client.upload_head(&document).unwrap();
    client.write(document.form().split_at(3_500_000).0).unwrap();
    eventually("the upload runs", || blob_files(folder.path()).len() == 1);
    service.stop();
    assert!(client.read_answer().map_or(true, |answer| answer.status >= 400));
    let service = Service::start(folder.path());
    assert_eq!(service.client().list().len(), 0);
    eventually("the bytes are gone", || blob_files(folder.path()).is_empty());
}

#[test]
fn a_second_server_on_the_same_folder_is_refused() {
    let folder = data_folder();
    let service = Service::start(folder.path());
    let complaint = refused(|_| {}, folder.path());
    assert!(complaint.contains("another server runs on this store"), "{complaint}");
    assert_eq!(service.client().get("/healthz").unwrap().status, 200);
}

#[test]
fn keys_that_are_made_and_revoked_beside_a_server_count() {
    let folder = data_folder();
    let service = Service::start(folder.path());
    let words = ["key", "create", "--client", "partner", "--scopes", "files:write,files:read"];
    let made = output(dossier(folder.path()).args(words).arg("--json"));
    let made: Value = serde_json::from_str(&made).unwrap();
    let key = made["key"].as_str().unwrap();
    let upload = || {
        let mut client = service.client().with_key(key);
        client.upload(&Document::report(1, 100)).unwrap().status
    };
    eventually("the new key counts", || upload() == 201);
    assert_eq!(service.client().list().len(), 0, "another client's files are not shown");
    let id = made["id"].as_str().unwrap();
    assert_eq!(output(dossier(folder.path()).args(["key", "revoke", id])), "");
    eventually("the revoked key does not", || upload() == 401);
    assert!(output(dossier(folder.path()).args(["key", "list"])).contains("revoked"));
}

#[test]
fn a_tool_takes_no_mistyped_folder_for_a_store() {
    let folder = data_folder();
    let absent = folder.path().join("mistyped");
    for words in [&["fsck"][..], &["key", "list"], &["client", "list"], &["audit", "verify"]] {
        let refused = dossier(&absent).args(words).output().unwrap();
        let complaint = String::from_utf8_lossy(&refused.stderr);
        assert!(!refused.status.success(), "{words:?}");
        assert!(complaint.contains("there is no store"), "{words:?}: {complaint}");
        assert!(!absent.exists(), "{words:?} makes nothing");
    }
}

#[test]
fn fsck_names_the_file_whose_bytes_are_gone() {
    let folder = data_folder();
    let id = stored(folder.path(), 1_000);
    for path in blob_files(folder.path()) {
        fs::remove_file(path).unwrap();
    }
    let found = fsck(folder.path());
    assert_eq!((found.sound, found.findings), (false, vec![("missing".to_owned(), id)]));
}

#[test]
fn a_flipped_bit_is_found_and_never_served() {
    let folder = data_folder();
    let id = stored(folder.path(), 100_000);
    for path in blob_files(folder.path()) {
        let mut bytes = fs::read(&path).unwrap();
        *bytes.get_mut(80_000).unwrap() ^= 1;
        fs::write(path, bytes).unwrap();
    }
    assert!(fsck(folder.path()).sound, "names and lengths are right");
    let found = fsck_contents(folder.path());
    assert_eq!((found.sound, found.findings), (false, vec![("damaged".to_owned(), id.clone())]));
    let service = Service::start(folder.path());
    let answer = service.client().contents(&id);
    assert!(answer.as_ref().map_or(true, |answer| answer.status == 500), "{answer:?}");
}

#[test]
fn wrong_settings_are_all_named_at_once() {
    let folder = data_folder();
    let file = folder.path().join("d.toml");
    fs::write(&file, "[limits]\nidle_timeuot = \"5s\"\n[log]\nlevel = \"loud\"\n").unwrap();
    let data = folder.path().join("data");
    let complaint = refused(
        |command| {
            command.env("DOSSIER_CONFIG", &file).env("DOSSIER_LISTNE", "127.0.0.1:1");
            command.env("DOSSIER_DRAIN_TIME", "soon");
        },
        &data,
    );
    for part in ["limits.idle_timeuot", "DOSSIER_LISTNE", "DOSSIER_DRAIN_TIME", "log.level"] {
        assert!(complaint.contains(part), "{part} in {complaint}");
    }
    assert!(!complaint.contains(KEY) && !data.exists(), "{complaint}");
}

#[test]
fn a_root_key_that_others_may_read_is_refused() {
    let folder = data_folder();
    stored(folder.path(), 100);
    let root_key = folder.path().join("root.key");
    fs::set_permissions(&root_key, fs::Permissions::from_mode(0o644)).unwrap();
    let complaint = refused(|_| {}, folder.path());
    assert!(complaint.contains("chmod 600"), "{complaint}");
}

#[test]
fn a_wrong_root_key_is_refused() {
    let folder = data_folder();
    stored(folder.path(), 100);
    let other = folder.path().join("other.key");
    output(dossier(folder.path()).args(["keys", "generate", "--out"]).arg(&other));
    let with_the_other = |command: &mut Command| {
        command.env("DOSSIER_ROOT_KEY_FILE", &other);
    };
    let complaint = refused(with_the_other, folder.path());
    assert!(complaint.contains("not the one that the database was written under"), "{complaint}");
}

#[test]
fn a_lost_root_key_is_not_replaced() {
    let folder = data_folder();
    stored(folder.path(), 100);
    let root_key = folder.path().join("root.key");
    fs::remove_file(&root_key).unwrap();
    let complaint = refused(|_| {}, folder.path());
    assert!(complaint.contains("is gone, but there is a database"), "{complaint}");
    assert!(!root_key.exists());
}

#[test]
fn bytes_without_a_row_are_erased_at_start_and_strangers_let_be() {
    let folder = data_folder();
    let id = stored(folder.path(), 1_000);
    let [named] = blob_files(folder.path()).try_into().unwrap();
    let unnamed = named.with_file_name("0123456789abcdef0123456789abcdef");
    let stranger = named.with_file_name("notes.txt");
    fs::copy(&named, &unnamed).unwrap();
    fs::copy(&named, &stranger).unwrap();
    let service = Service::start(folder.path());
    eventually("bytes without a row are gone", || !unnamed.exists());
    assert!(stranger.exists() && named.exists());
    assert_eq!(service.client().contents(&id).unwrap().status, 200);
}

/// A file that cannot be erased while this lives, not even by root.
struct Unerasable<'a>(&'a Path);

impl<'a> Unerasable<'a> {
    fn make(path: &'a Path) -> Option<Self> {
        let shown = path.display();
        sh(&format!("mount --bind '{shown}' '{shown}'")).then_some(Self(path))
    }
}

impl Drop for Unerasable<'_> {
    fn drop(&mut self) {
        let _ = sh(&format!("umount -l '{}'", self.0.display()));
    }
}

#[test]
fn bytes_without_a_row_that_cannot_be_erased_hold_up_no_others() {
    let folder = data_folder();
    let id = stored(folder.path(), 1_000);
    let [named] = blob_files(folder.path()).try_into().unwrap();
    let unnamed: Vec<_> = ["000", "001", "fff"]
        .map(|part| folder.path().join("blobs").join(part).join(format!("{part:0>32}")))
        .into();
    for path in &unnamed {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::copy(&named, path).unwrap();
    }
    let [first, others @ ..] = &unnamed[..] else { panic!("there are three") };
    let Some(held) = Unerasable::make(first) else {
        return skip("bytes that cannot be erased", "only root may mount a file on itself");
    };
    let service = Service::start(folder.path());
    eventually("the others are gone", || others.iter().all(|path| !path.exists()));
    assert_eq!(service.client().contents(&id).unwrap().status, 200);
    service.ask_to_stop();
    let (_, log) = service.wait();
    assert!(log.contains("the reaper could not finish"), "{log}");
    assert!(first.exists() && named.exists());
    // The tool of the operator goes on as well. What was just written to it would spare.
    fs::copy(&named, &others[0]).unwrap();
    let long_ago = std::time::SystemTime::UNIX_EPOCH;
    for path in [first, &others[0]] {
        fs::File::options().append(true).open(path).unwrap().set_modified(long_ago).unwrap();
    }
    let tool = run(dossier(folder.path()).args(["fsck", "--erase-unnamed"]));
    let complaint = String::from_utf8_lossy(&tool.stderr);
    assert!(complaint.contains("cannot be listed or erased"), "{complaint}");
    assert!(!tool.status.success() && first.exists() && !others[0].exists());
    drop(held);
    let service = Service::start(folder.path());
    eventually("the first is gone too", || !first.exists());
    service.stop();
    assert!(fsck(folder.path()).sound);
}
