//! The tide mark: a small file in the root that tells which state of the database the bytes
//! belong to.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use dossier_domain::TideMark;
use tokio::task::spawn_blocking;

use crate::error::joined;
use crate::local::Blobs;

/// The name of the file. No folder of blobs has it.
pub(crate) const FILE_NAME: &str = "tide-mark";
/// A UUID with hyphens and the end of its line.
const TEXT_LEN: usize = 37;

/// What the file of the mark says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoredMark {
    /// There is no such file.
    Absent,
    /// The mark that was stored last.
    Mark(TideMark),
    /// The file is there, and nothing that was written by [`Blobs::store_tide_mark`].
    Unreadable,
}

impl Blobs {
    /// Reads the mark.
    pub async fn find_tide_mark(&self) -> io::Result<StoredMark> {
        let folders = Arc::clone(&self.folders);
        joined(spawn_blocking(move || find(folders.root())).await)
    }

    /// Puts the mark in the place of the last one. When it returns, a power cut brings back
    /// neither the last one nor a part of this one.
    pub async fn store_tide_mark(&self, mark: TideMark) -> io::Result<()> {
        let folders = Arc::clone(&self.folders);
        joined(spawn_blocking(move || store(folders.root(), mark)).await)
    }
}

fn find(root: &Path) -> io::Result<StoredMark> {
    let file = match File::open(root.join(FILE_NAME)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(StoredMark::Absent),
        opened => opened?,
    };
    let mut text = Vec::new();
    file.take(TEXT_LEN as u64 + 1).read_to_end(&mut text)?;
    let text = std::str::from_utf8(&text).ok().filter(|text| text.len() == TEXT_LEN);
    let mark = text.and_then(|text| text.strip_suffix('\n')?.parse().ok());
    Ok(mark.map_or(StoredMark::Unreadable, StoredMark::Mark))
}

fn store(root: &Path, mark: TideMark) -> io::Result<()> {
    let new = root.join(format!("{FILE_NAME}.{mark}"));
    // Not truncated: two processes that store the same mark write the same bytes.
    let mut options = OpenOptions::new();
    let mut file = options.create(true).write(true).truncate(false).mode(0o600).open(&new)?;
    file.write_all(format!("{mark}\n").as_bytes())?;
    file.sync_all()?;
    match fs::rename(&new, root.join(FILE_NAME)) {
        // The other of the two was first.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        renamed => renamed?,
    }
    File::open(root)?.sync_all()
}
