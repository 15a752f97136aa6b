//! Settings of `serve` whose work only the real binary shows.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use e2e::{Client, Document, KEY, Service, data_folder, dossier, refused, run};
use serde_json::Value;

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Stops a server and returns its log.
fn log_of(service: Service) -> String {
    service.ask_to_stop();
    let (status, log) = service.wait();
    assert_eq!(status.code(), Some(0), "{log}");
    log
}

#[test]
fn a_bootstrap_key_comes_from_a_file_and_one_that_others_may_read_is_warned_about() {
    let folder = data_folder();
    let (data, file) = (folder.path().join("data"), folder.path().join("key"));
    let from_file = |command: &mut Command| {
        command.env_remove("DOSSIER_BOOTSTRAP_KEY").env("DOSSIER_BOOTSTRAP_KEY_FILE", &file);
    };
    assert!(refused(from_file, &data).contains("cannot read the bootstrap key file"));
    fs::write(&file, format!("{KEY}\n")).unwrap();
    // A container's secret is mounted with the second of the two.
    for (mode, warnings) in [(0o400, 0), (0o444, 1)] {
        set_mode(&file, mode);
        let service = Service::start_with(from_file, &data);
        let mut client = service.client();
        assert_eq!(client.get("/v1/files").unwrap().status, 200, "mode {mode:o}");
        assert_eq!(client.with_key("dsk_x").get("/v1/files").unwrap().status, 401);
        let log = log_of(service);
        let told = log.matches("the bootstrap key file is open to other users").count();
        assert_eq!(told, warnings, "mode {mode:o}: {log}");
        assert!(!log.contains(KEY), "{log}");
    }
    set_mode(&file, 0o600);
    fs::write(&file, "dsk_short").unwrap();
    let complaint = refused(from_file, &data);
    assert!(complaint.contains("a bootstrap key is `dsk_`"), "{complaint}");
    assert!(!complaint.contains("dsk_short"), "{complaint}");
}

#[test]
fn rows_and_bytes_lie_where_the_flags_say_and_nowhere_else() {
    let folder = data_folder();
    let [data, rows, bytes] = ["data", "rows.db", "bytes"].map(|name| folder.path().join(name));
    let [database, storage] = [("sqlite", &rows), ("file", &bytes)]
        .map(|(scheme, path)| format!("{scheme}:{}", path.display()));
    let flags = ["--database", &database, "--storage", &storage];
    let elsewhere = |command: &mut Command| {
        command.args(flags);
    };
    let service = Service::start_with(elsewhere, &data);
    let document = Document::report(1, 1_000);
    let id = service.client().upload(&document).unwrap().created_id();
    service.stop();
    assert!(rows.exists() && fs::read_dir(&bytes).unwrap().count() > 1);
    assert_eq!(fs::metadata(&bytes).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::metadata(&rows).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!data.join("dossier.db").exists() && !data.join("blobs").exists());
    // Flag over environment, for the tools too.
    let tool = run(dossier(&data)
        .args(["fsck", "--contents", "--json"])
        .args(flags)
        .env("DOSSIER_DATABASE_URL", "sqlite:/nowhere/rows.db"));
    let report: Value = serde_json::from_slice(&tool.stdout).unwrap();
    assert_eq!((&report["sound"], &report["files"]), (&true.into(), &1.into()));
    let service = Service::start_with(elsewhere, &data);
    assert_eq!(service.client().contents(&id).unwrap().body, document.content);
}

#[test]
fn an_address_that_others_reach_without_tls_is_warned_about() {
    let folder = data_folder();
    let told = |listen: &'static str| {
        let set = |command: &mut Command| {
            command.env("DOSSIER_LISTEN", listen);
        };
        log_of(Service::start_with(set, folder.path())).contains("come in the clear")
    };
    assert!(!told("127.0.0.1:0"));
    assert!(told("0.0.0.0:0"));
}

#[test]
fn metrics_with_an_address_of_their_own_are_there_alone() {
    let folder = data_folder();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let aside = |command: &mut Command| {
        command.env("DOSSIER_METRICS_LISTEN", free.to_string());
    };
    let service = Service::start_with(aside, folder.path());
    let mut client = service.client();
    let _ = client.upload(&Document::report(1, 100)).unwrap().created_id();
    assert_eq!(client.get("/metrics").unwrap().status, 404);
    let mut metrics = Client::new(free).with_key("none is needed");
    let answer = metrics.get("/metrics").unwrap();
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("dossier_uploads_total 1\n"), "{}", answer.text());
    for path in ["/v1/files", "/healthz"] {
        assert_eq!(metrics.get(path).unwrap().status, 404, "{path}");
    }
    service.stop();
    assert!(metrics.get("/metrics").is_err(), "it ends with the service");
}

#[test]
fn a_data_folder_is_made_for_its_owner_alone_and_a_wider_one_is_warned_about() {
    let folder = data_folder();
    let data = folder.path().join("not/there/yet");
    let told = |log: &str| log.contains("the data folder is open to other users");
    assert!(!told(&log_of(Service::start(&data))));
    let mode = || fs::metadata(&data).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o700);
    set_mode(&data, 0o750);
    let service = Service::start(&data);
    assert_eq!(service.client().upload(&Document::report(1, 100)).unwrap().status, 201);
    let log = log_of(service);
    assert!(told(&log) && log.contains("\"mode\":\"750\""), "{log}");
    assert_eq!(mode(), 0o750, "it is the operator's");
}

#[test]
fn a_weak_content_check_is_said_at_start_in_readyz_and_on_each_file() {
    for level in ["structure", "signature", "declared"] {
        let folder = data_folder();
        let weak = |command: &mut Command| {
            command.env("DOSSIER_CONTENT_CHECK", level);
        };
        let service = Service::start_with(weak, folder.path());
        let mut client = service.client();
        assert_eq!(client.get("/readyz").unwrap().json()["content_check"], level);
        // Nothing of a PDF but its first bytes.
        let content = b"%PDF-1.7 and nothing more".to_vec();
        let (name, kind) = ("dummy.pdf".to_owned(), "application/pdf");
        let dummy = Document { name, kind, content, ..Document::report(1, 100) };
        let answer = client.upload(&dummy).unwrap();
        let is_weak = level != "structure";
        if is_weak {
            let id = answer.created_id();
            let details = client.get(&format!("/v1/files/{id}")).unwrap().json();
            assert_eq!(answer.json()["data"][0]["checked"], level);
            assert_eq!(details["data"]["checked"], level);
        } else {
            assert_eq!(answer.status, 422);
            let whole = client.upload(&Document::report(1, 100)).unwrap();
            assert!(whole.json()["data"][0]["checked"].is_null(), "{}", whole.text());
        }
        let log = log_of(service);
        let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let told: Vec<_> = lines.filter(|line| !line["content_check"].is_null()).collect();
        assert_eq!(told.len(), usize::from(is_weak), "{log}");
        let right = |line: &Value| line["level"] == "WARN" && line["content_check"] == level;
        assert!(told.iter().all(right), "{log}");
    }
}
