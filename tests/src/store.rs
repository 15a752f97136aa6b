//! Looks at a store from outside.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::service::{dossier, run};

/// An empty folder for the data of one test.
///
/// # Panics
/// When none can be made.
#[must_use]
pub fn data_folder() -> TempDir {
    tempfile::Builder::new().prefix("dossier-e2e-").tempdir().expect("there is room for tests")
}

/// What `dossier fsck` found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fsck {
    /// Whether it ended with success and said that all is sound.
    pub sound: bool,
    /// How many files it saw.
    pub files: usize,
    /// Kind and id of each finding.
    pub findings: Vec<(String, String)>,
}

/// Compares rows with names and lengths.
///
/// # Panics
/// When the tool does not work at all.
#[must_use]
pub fn fsck(data: &Path) -> Fsck {
    check(data, &[])
}

/// Compares rows with every byte.
///
/// # Panics
/// When the tool does not work at all.
#[must_use]
pub fn fsck_contents(data: &Path) -> Fsck {
    check(data, &["--contents"])
}

fn check(data: &Path, options: &[&str]) -> Fsck {
    let output = run(dossier(data).args(["fsck", "--json"]).args(options));
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let sound = report["sound"] == true;
    assert_eq!(output.status.success(), sound, "the exit code says what the report says");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().expect("a report lists its findings");
    Fsck {
        sound,
        files: report["files"].as_u64().and_then(|n| n.try_into().ok()).expect("a count"),
        findings: findings.iter().map(|f| (text(&f["kind"]), text(&f["id"]))).collect(),
    }
}

/// The files that are there by what the audit says: made and not deleted.
///
/// # Panics
/// When the audit is not sound, or tells of one thing twice.
#[must_use]
pub fn audited_files(data: &Path) -> BTreeSet<String> {
    let verified = run(dossier(data).args(["audit", "verify"]));
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    let exported = run(dossier(data).args(["audit", "export"]));
    assert!(exported.status.success(), "{}", String::from_utf8_lossy(&exported.stderr));
    let mut files = BTreeSet::new();
    for line in exported.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let entry: Value = serde_json::from_slice(line).expect("an entry is JSON");
        let id = entry["object_id"].as_str().expect("an entry names its object").to_owned();
        match entry["action"].as_str() {
            Some("file.created") => assert!(files.insert(id), "made twice: {entry}"),
            Some("file.deleted") => assert!(files.remove(&id), "deleted and not there: {entry}"),
            _ => {}
        }
    }
    files
}

/// Every file in which bytes of a document lie. Names that were made ahead are empty.
///
/// # Panics
/// When the folder of the blobs cannot be read.
#[must_use]
pub fn blob_files(data: &Path) -> Vec<PathBuf> {
    let list = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).expect("the folder can be read");
        entries.map(|entry| entry.expect("the folder can be read").path()).collect()
    };
    let folders = list(&data.join("blobs"));
    let mut files: Vec<_> =
        folders.iter().filter(|path| path.is_dir()).flat_map(|path| list(path)).collect();
    files.retain(|path| path.metadata().is_ok_and(|found| found.len() > 0));
    files
}
