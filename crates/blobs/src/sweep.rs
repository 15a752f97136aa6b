//! What is stored, for sweeps and checks, and the erasure of it.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use dossier_domain::{BlobId, ByteCount, Timestamp};
use dossier_seal::Layout;
use tokio::task::spawn_blocking;

use crate::error::joined;
use crate::folder::Folders;
use crate::local::Blobs;
use crate::location::{FolderName, Location, parse_file_name};
use crate::pool::stored_len;
use crate::tide;

/// One blob as it lies in the store, published or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Where it lies.
    pub location: Location,
    /// The blob that its name says it is.
    pub blob: BlobId,
    /// How many bytes it takes.
    pub stored: ByteCount,
    /// When it was last written, by the clock of the file system. An upload in flight renews it
    /// once a minute.
    pub modified: Timestamp,
}

/// What one folder of the store holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The blobs of this page. A page may be empty and not the last.
    pub stored: Vec<Stored>,
    /// How many entries of this page are not ours. They are never erased.
    pub strangers: u64,
}

/// A walk over all that is stored. It holds the names of the folders, of which there are at most
/// 4,096, and reads one folder at a time: of ten million files that is a page of 2,500.
#[derive(Debug)]
pub struct Walk {
    folders: Arc<Folders>,
    due: std::vec::IntoIter<FolderName>,
    /// What lies beside the folders and is not ours, until a page has told it.
    strangers: u64,
}

impl Blobs {
    /// Begins a walk. A blob that is there during the whole walk is on exactly one page.
    pub async fn walk(&self) -> io::Result<Walk> {
        let folders = Arc::clone(&self.folders);
        joined(spawn_blocking(move || list_folders(folders)).await)
    }

    /// What lies at `location`, if anything does.
    pub async fn find(&self, location: &Location) -> io::Result<Option<Stored>> {
        let (folders, location) = (Arc::clone(&self.folders), location.clone());
        let found =
            spawn_blocking(move || match fs::symlink_metadata(location.path(folders.root())) {
                Ok(found) => Ok(Some(Stored::new(location, &found))),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
            });
        joined(found.await)
    }

    /// Erases what lies at `location`; nothing there is as good. A power cut may bring the bytes
    /// back, unnamed, for the next sweep.
    pub async fn erase(&self, location: &Location) -> io::Result<()> {
        let path = location.path(self.folders.root());
        let erased = spawn_blocking(move || match fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done,
        });
        joined(erased.await)
    }
}

impl Stored {
    /// Whether nothing was written there yet: a name that is ready for a blob, or that a crash
    /// left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.stored == ByteCount(0)
    }

    /// Whether it is as long as a blob with so much text is.
    #[must_use]
    pub fn has_the_length_of(&self, text: ByteCount) -> bool {
        let sealed = Layout::of_text(text.get()).map(|layout| layout.sealed_len());
        sealed.map(stored_len) == Some(self.stored.get())
    }

    fn new(location: Location, found: &Metadata) -> Self {
        let micros = found.mtime().saturating_mul(1_000_000) + found.mtime_nsec() / 1_000;
        Self {
            blob: location.blob(),
            location,
            stored: ByteCount(found.len()),
            modified: Timestamp::from_micros(micros),
        }
    }
}

impl Walk {
    /// The next page; `None` after the last.
    pub async fn next_page(&mut self) -> io::Result<Option<Page>> {
        let mut page = Page { strangers: std::mem::take(&mut self.strangers), ..Page::default() };
        let Some(name) = self.due.next() else {
            return Ok(Some(page).filter(|page| page.strangers > 0));
        };
        let folders = Arc::clone(&self.folders);
        let read = spawn_blocking(move || {
            list_folder(folders.root(), name, &mut page)?;
            Ok(Some(page))
        });
        joined(read.await)
    }
}

fn list_folders(folders: Arc<Folders>) -> io::Result<Walk> {
    let (mut names, mut strangers) = (Vec::new(), 0);
    for entry in fs::read_dir(folders.root())? {
        let name = entry?.file_name();
        match name.to_str().and_then(FolderName::parse) {
            Some(name) => names.push(name),
            None => strangers += u64::from(name != tide::FILE_NAME),
        }
    }
    names.sort_unstable();
    Ok(Walk { folders, due: names.into_iter(), strangers })
}

fn list_folder(root: &Path, folder: FolderName, page: &mut Page) -> io::Result<()> {
    let entries = match fs::read_dir(root.join(folder.to_string())) {
        // A file with the name of a folder.
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            page.strangers += 1;
            return Ok(());
        }
        opened => opened?,
    };
    for entry in entries {
        let entry = entry?;
        let found = match entry.metadata() {
            Ok(found) => found,
            // Erased since its name was read.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        match entry.file_name().to_str().and_then(parse_file_name).filter(|_| found.is_file()) {
            Some(blob) => page.stored.push(Stored::new(Location::new(folder, blob), &found)),
            None => page.strangers += 1,
        }
    }
    Ok(())
}
