//! Settings of `serve` whose work only the real binary shows.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use e2e::{KEY, Service, data_folder, refused};

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
