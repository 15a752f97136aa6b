//! What happens when the disk does not do as it is told.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::path::Path;
use std::process::Command;

use common::{Keep, begin, blob, chunks, files, open, opener, read, sealer, store, text};
use dossier_blobs::{Blobs, PublishError, StageError, Staging};

/// What became of one upload.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Published,
    Full,
    Unavailable,
}

async fn upload(blobs: &Blobs, n: u8, len: usize) -> Outcome {
    let text = text(len);
    let flight = begin(blobs, n);
    match blobs.stage(flight, sealer(n), &mut chunks(&text, 65_536), Keep::all()).await {
        Ok(Staging::Whole { staged, .. }) => match staged.publish().await {
            Ok(_) => Outcome::Published,
            Err(PublishError::Full) => Outcome::Full,
            Err(PublishError::Unavailable(_)) => Outcome::Unavailable,
        },
        Ok(Staging::Stopped { .. }) => panic!("this tap takes everything"),
        Err(StageError::Source(never)) => match never {},
        Err(StageError::Full) => Outcome::Full,
        Err(StageError::Unavailable(_)) => Outcome::Unavailable,
    }
}

/// A file system of its own in memory; `None`, loudly, where this test may not mount.
struct Tmpfs(tempfile::TempDir);

impl Tmpfs {
    fn mount(options: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(folder.path())
            .output();
        if mount.is_ok_and(|done| done.status.success()) {
            return Some(Self(folder));
        }
        println!("SKIPPED: a full disk cannot be tested here, because mount is not permitted");
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _unmounted = Command::new("umount").arg(self.path()).output();
    }
}

#[tokio::test]
async fn a_full_disk_refuses_with_its_own_error_keeps_nothing_and_heals_by_itself() {
    let Some(disk) = Tmpfs::mount("size=4m") else { return };
    let blobs = open(disk.path());
    for len in [5_000_000, 4_300_000] {
        assert_eq!(upload(&blobs, 1, len).await, Outcome::Full);
        assert!(files(disk.path()).is_empty() && !blobs.is_in_flight(blob(1)));
    }
    let kept = store(&blobs, 2, &text(4_000_000), 65_536).await;
    for len in [200_000, 262_017, 600_000] {
        assert_eq!(upload(&blobs, 3, len).await, Outcome::Full, "{len}");
        assert_eq!(files(disk.path()).len(), 1);
    }
    let range = 0..4_000_000;
    let (got, error) = read(&blobs, kept.location(), opener(2, 4_000_000), range).await;
    assert!(error.is_none() && got == text(4_000_000));
    blobs.erase(kept.location()).await.unwrap();
    assert_eq!(upload(&blobs, 3, 600_000).await, Outcome::Published);
}

#[tokio::test]
async fn a_disk_without_inodes_is_full_too() {
    let Some(disk) = Tmpfs::mount("size=16m,nr_inodes=5") else { return };
    let blobs = open(disk.path());
    let mut outcomes = Vec::new();
    for n in 1..=8 {
        outcomes.push(upload(&blobs, n, if n % 2 == 0 { 300_000 } else { 100 }).await);
    }
    assert_eq!(outcomes.first(), Some(&Outcome::Published));
    assert_eq!(outcomes.last(), Some(&Outcome::Full));
    let published = outcomes.iter().filter(|outcome| **outcome == Outcome::Published).count();
    assert_eq!(files(disk.path()).len(), published);
}

#[tokio::test]
async fn a_folder_that_was_removed_is_made_again() {
    let temp = tempfile::tempdir().unwrap();
    let blobs = open(temp.path());
    assert_eq!(upload(&blobs, 1, 100).await, Outcome::Published);
    for file in files(temp.path()) {
        std::fs::remove_dir_all(file.parent().unwrap()).unwrap();
    }
    assert_eq!(upload(&blobs, 2, 100).await, Outcome::Published);
    assert_eq!(upload(&blobs, 3, 1_000_000).await, Outcome::Published);
    assert_eq!(files(temp.path()).len(), 2);
}

#[tokio::test]
async fn a_store_that_is_gone_is_unavailable_and_heals_when_it_is_back() {
    let temp = tempfile::tempdir().unwrap();
    let (root, away) = (temp.path().join("root"), temp.path().join("away"));
    let blobs = open(&root);
    std::fs::rename(&root, &away).unwrap();
    assert_eq!(upload(&blobs, 1, 100).await, Outcome::Unavailable);
    assert_eq!(upload(&blobs, 1, 1_000_000).await, Outcome::Unavailable);
    assert!(blobs.walk().await.is_err());
    std::fs::rename(&away, &root).unwrap();
    assert_eq!(upload(&blobs, 1, 100).await, Outcome::Published);
    assert_eq!(files(&root).len(), 1);
}

#[tokio::test]
async fn what_a_crash_left_is_listed_for_the_sweep_and_a_location_only_comes_from_publish() {
    let temp = tempfile::tempdir().unwrap();
    let blobs = open(temp.path());
    let staging = blobs
        .stage(begin(&blobs, 1), sealer(1), &mut chunks(&text(1_200_000), 65_536), Keep::all())
        .await;
    let Staging::Whole { staged, .. } = staging.unwrap() else { panic!("stopped") };
    // The process dies here: no destructor runs.
    std::mem::forget(staged);
    let after = open(temp.path());
    let mut walk = after.walk().await.unwrap();
    let page = walk.next_page().await.unwrap().unwrap();
    let left: Vec<_> = page.stored.iter().map(|found| found.blob).collect();
    assert_eq!((left, walk.next_page().await.unwrap()), (vec![blob(1)], None));
    assert!(!after.is_in_flight(blob(1)));
    for found in page.stored {
        after.erase(&found.location).await.unwrap();
    }
    assert!(files(temp.path()).is_empty());
}
