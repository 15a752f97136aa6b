//! The file of a blob that is not published: it erases itself unless it is kept.

use std::fs::File;
use std::io::{self, IoSlice};
use std::sync::Arc;

use dossier_domain::BlobId;
use rustix::fs::{AtFlags, Mode, OFlags, Timespec, Timestamps, UTIME_NOW};
use tokio::task::spawn_blocking;

use crate::buffer::RowBuffer;
use crate::folder::{Folder, Folders};
use crate::location::{Location, file_name};
use crate::stage::to_u64;

/// A file under its final name that nobody may rely on yet. All calls block.
#[derive(Debug)]
pub(crate) struct Draft {
    file: File,
    folder: Arc<Folder>,
    blob: BlobId,
    written: u64,
    writes: Writes,
    name: Name,
    /// Whether dropping it erases the file.
    kept: bool,
}

/// Whether a power cut may still take the name of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    New,
    Durable,
}

/// How bytes reach the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writes {
    /// Past the page cache, in whole pages.
    Direct,
    /// Through the page cache.
    Cached,
}

impl Draft {
    /// Makes the file of `blob`.
    pub(crate) fn create(folders: &Folders, blob: BlobId) -> io::Result<Self> {
        match Self::create_in(folders.take(blob)?, blob) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // Somebody removed the folder; the next turn makes one.
                folders.end_turn();
                Self::create_in(folders.take(blob)?, blob)
            }
            done => done,
        }
    }

    /// Takes the file of `blob` that is `ready`, or makes it.
    pub(crate) fn open(folders: &Folders, blob: BlobId, ready: Option<Self>) -> io::Result<Self> {
        match ready {
            Some(mut draft) if rustix::fs::fstat(&draft.file)?.st_nlink == 0 => {
                // Somebody removed the file.
                draft.kept = true;
                Self::create(folders, blob)
            }
            Some(draft) => Ok(draft),
            None => Self::create(folders, blob),
        }
    }

    /// The same for rows that are aligned: they are written past the page cache where the file
    /// system can, at a fifth of the processor time.
    pub(crate) fn open_direct(
        folders: &Folders,
        blob: BlobId,
        ready: Option<Self>,
    ) -> io::Result<Self> {
        let mut draft = Self::open(folders, blob, ready)?;
        // Not at creation: a file system that refuses the flag has made the file nevertheless.
        if rustix::fs::fcntl_setfl(&draft.file, OFlags::DIRECT).is_ok() {
            draft.writes = Writes::Direct;
        }
        Ok(draft)
    }

    fn create_in(folder: Arc<Folder>, blob: BlobId) -> io::Result<Self> {
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        let file = rustix::fs::openat(folder.handle(), file_name(blob), flags, mode)?;
        Ok(Self {
            file: File::from(file),
            folder,
            blob,
            written: 0,
            writes: Writes::Cached,
            name: Name::New,
            kept: false,
        })
    }

    /// Appends sealed rows.
    pub(crate) fn write_rows(&mut self, rows: &RowBuffer) -> io::Result<()> {
        self.write(rows)?;
        self.written += rows.stored_len();
        Ok(())
    }

    /// Appends the sealed end, filled up to a whole page.
    pub(crate) fn write_end(&mut self, mut rows: RowBuffer) -> io::Result<()> {
        rows.pad_to_page();
        self.write_rows(&rows)
    }

    fn write(&mut self, rows: &RowBuffer) -> io::Result<()> {
        let done = write_all(&self.file, rows, self.written);
        match done {
            Err(error)
                if self.writes == Writes::Direct && error.kind() == io::ErrorKind::InvalidInput =>
            {
                rustix::fs::fcntl_setfl(&self.file, OFlags::empty())?;
                self.writes = Writes::Cached;
                write_all(&self.file, rows, self.written)
            }
            done => done,
        }
    }

    /// Makes the bytes durable.
    pub(crate) fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// Whose file it is.
    pub(crate) const fn blob(&self) -> BlobId {
        self.blob
    }

    /// Notes that its folder was synced.
    pub(crate) const fn name_is_durable(&mut self) {
        self.name = Name::Durable;
    }

    /// Whether its folder need not be synced any more.
    pub(crate) fn has_durable_name(&self) -> bool {
        self.name == Name::Durable
    }

    /// The folder whose sync makes the name durable.
    pub(crate) const fn folder(&self) -> &Arc<Folder> {
        &self.folder
    }

    /// Keeps the file, whose bytes and name are durable.
    pub(crate) fn keep(mut self) -> Location {
        self.kept = true;
        Location::new(self.folder.name(), self.blob)
    }

    /// Erases the file, on a thread that may block.
    pub(crate) async fn erase(self) {
        // The runtime refuses only when it is shut down; then the reaper erases it.
        if let Err(error) = spawn_blocking(move || drop(self)).await {
            tracing::warn!(%error, "a blob that nobody names was not erased; the reaper will");
        }
    }

    /// Sets the time of the last change to now, by the clock of the file system, so that no
    /// sweep takes the file for one that a crash left.
    pub(crate) fn touch(&self) -> io::Result<()> {
        let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
        let times = Timestamps { last_access: now, last_modification: now };
        Ok(rustix::fs::futimens(&self.file, &times)?)
    }
}

/// What this leaves behind, a sweep finds: no row will ever name it. It blocks for the
/// time of one unlink.
impl Drop for Draft {
    fn drop(&mut self) {
        let name = file_name(self.blob);
        if !self.kept
            && let Err(error) = rustix::fs::unlinkat(self.folder.handle(), name, AtFlags::empty())
        {
            tracing::warn!(%error, "a blob that nobody names was not erased; the reaper will");
        }
    }
}

/// Writes all rows with as few calls as the system needs, most often one.
fn write_all(file: &File, rows: &RowBuffer, offset: u64) -> io::Result<()> {
    let mut slices: Vec<IoSlice<'_>> = rows.sealed().map(IoSlice::new).collect();
    let (mut slices, mut offset) = (slices.as_mut_slice(), offset);
    while !slices.is_empty() {
        match rustix::io::pwritev(file, slices, offset) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                IoSlice::advance_slices(&mut slices, written);
                offset += to_u64(written);
            }
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
