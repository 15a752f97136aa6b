//! The check of rows against bytes: it finds what is missing, damaged and unnamed, and changes
//! nothing.

use std::fs;
use std::time::Duration;

use dossier_app::{Depth, Finding, FsckReport, Operator};
use dossier_domain::FileId;
use dossier_testkit::png;

use crate::support::{Service, form};
use crate::sweep::plant;

async fn check(service: &Service, depth: Depth) -> FsckReport {
    service.app.fsck(Operator, depth).await.unwrap()
}

async fn uploaded(service: &Service, size: usize) -> FileId {
    let form = form("passport", "scan.png", "image/png", &png::large(size));
    service.upload(&form).await.id().parse().unwrap()
}

#[tokio::test]
async fn a_sound_store_is_sound_at_every_depth() {
    let service = Service::start().await;
    assert_eq!(check(&service, Depth::Contents).await, FsckReport::default());
    for size in [100, 70_000, 300_000] {
        uploaded(&service, size).await;
    }
    for depth in [Depth::Lengths, Depth::Contents] {
        let report = check(&service, depth).await;
        assert!(report.is_sound(), "{report:?}");
        assert_eq!(report.files, 3);
        assert!(report.bytes > 370_000);
    }
}

#[tokio::test]
async fn removed_and_cut_bytes_are_found_by_their_length() {
    let service = Service::start().await;
    let kept = uploaded(&service, 20_000).await;
    let before = service.stored();
    let removed = uploaded(&service, 20_000).await;
    let blob = service.stored().into_iter().find(|b| !before.contains(b)).unwrap();
    let bytes = fs::read(&blob).unwrap();
    fs::write(&blob, &bytes[..bytes.len() - 1]).unwrap();
    let report = check(&service, Depth::Lengths).await;
    assert_eq!(report.findings, [Finding::Damaged(removed)]);
    fs::remove_file(&blob).unwrap();
    let report = check(&service, Depth::Lengths).await;
    assert_eq!(report.findings, [Finding::Missing(removed)]);
    assert_eq!((report.files, report.findings_total), (2, 1));
    assert!(!report.is_sound());
    fs::write(&blob, &bytes).unwrap();
    assert!(check(&service, Depth::Contents).await.is_sound());
    assert_ne!(kept, removed);
}

#[tokio::test]
async fn bytes_that_cannot_be_read_do_not_end_the_check() {
    let service = Service::start().await;
    let file = uploaded(&service, 20_000).await;
    let blob = service.stored().pop().unwrap();
    let folder = blob.parent().unwrap();
    fs::remove_dir_all(folder).unwrap();
    // Nothing can be looked up in a file.
    fs::write(folder, b"").unwrap();
    let unnamed = plant(&service, 1, Duration::from_secs(600));
    for depth in [Depth::Lengths, Depth::Contents] {
        let report = check(&service, depth).await;
        assert_eq!(report.findings_total, 2, "{report:?}");
        assert_eq!(report.findings.first(), Some(&Finding::Unreadable(file)));
    }
    assert!(unnamed.exists());
}

#[tokio::test]
async fn a_flipped_bit_is_found_when_contents_are_read() {
    let service = Service::start().await;
    let id = uploaded(&service, 300_000).await;
    let blob = service.stored().pop().unwrap();
    let mut bytes = fs::read(&blob).unwrap();
    bytes[200_000] ^= 0x10;
    fs::write(&blob, &bytes).unwrap();
    assert!(check(&service, Depth::Lengths).await.is_sound());
    assert_eq!(check(&service, Depth::Contents).await.findings, [Finding::Damaged(id)]);
    assert_eq!(fs::read(&blob).unwrap(), bytes, "nothing is changed");
}

#[tokio::test]
async fn a_row_of_another_hash_is_found() {
    let service = Service::start().await;
    let id = uploaded(&service, 1000).await;
    let connection = rusqlite::Connection::open(service.database()).unwrap();
    connection.execute("update files set sha256 = zeroblob(32)", []).unwrap();
    assert!(check(&service, Depth::Lengths).await.is_sound());
    assert_eq!(check(&service, Depth::Contents).await.findings, [Finding::Damaged(id)]);
}

#[tokio::test]
async fn unnamed_bytes_are_found_once_no_upload_can_hold_them() {
    let service = Service::start().await;
    plant(&service, 1, Duration::from_secs(4 * 60));
    assert!(check(&service, Depth::Lengths).await.is_sound());
    let path = plant(&service, 2, Duration::from_secs(5 * 60));
    let report = check(&service, Depth::Lengths).await;
    assert!(matches!(report.findings[..], [Finding::Unnamed(_)]), "{report:?}");
    assert!(path.exists(), "nothing is changed");
}
