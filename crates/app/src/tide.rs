//! Whether database and storage belong together: a random mark that both know.
//!
//! A new mark is committed first and stored then. So the storage's mark is unknown to the
//! database only when the database is older than the bytes, or another one; and then the bytes
//! that no row names may be somebody's.

use std::sync::atomic::Ordering;

use dossier_blobs::{Blobs, Stored, StoredMark};
use dossier_domain::TideMark;

use crate::{App, Operator, SweepError};

/// What the marks say of database and storage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tide {
    /// They belong together.
    #[default]
    InStep,
    /// The database does not know the storage's mark: it is older than the bytes, or another one.
    Apart,
}

/// What both sides know.
struct Marks {
    stored: Option<TideMark>,
    known: Vec<TideMark>,
    tide: Tide,
}

impl App {
    /// What the last comparison said.
    #[must_use]
    pub fn last_tide(&self, _: Operator) -> Tide {
        if self.apart.load(Ordering::Relaxed) { Tide::Apart } else { Tide::InStep }
    }

    /// Compares the marks. A change is logged once.
    pub(crate) async fn tide(&self) -> Result<Tide, SweepError> {
        Ok(self.marks().await?.tide)
    }

    /// Compares the marks, and agrees on the next one when they are in step.
    pub(crate) async fn move_tide_mark(&self) -> Result<Tide, SweepError> {
        let Marks { stored, known, tide } = self.marks().await?;
        if tide == Tide::Apart {
            return Ok(Tide::Apart);
        }
        let mark = match known.last().copied().filter(|newest| Some(*newest) != stored) {
            // A crash came between the two halves, or another process is between them now.
            Some(begun) => begun,
            None => self.commit_new_mark(stored).await?,
        };
        self.blobs.store_tide_mark(mark).await?;
        Ok(Tide::InStep)
    }

    /// Makes both sides agree, whatever they said before.
    pub(crate) async fn settle_tide(&self) -> Result<(), SweepError> {
        let mark = self.commit_new_mark(None).await?;
        self.blobs.store_tide_mark(mark).await?;
        self.note(Tide::InStep);
        Ok(())
    }

    async fn commit_new_mark(&self, stored: Option<TideMark>) -> Result<TideMark, SweepError> {
        let mark = TideMark::from(self.uuid_v4());
        self.db.insert_tide_mark(mark, stored, self.clock.now()).await?;
        Ok(mark)
    }

    /// Reads the storage first: a mark that is stored was committed before.
    async fn marks(&self) -> Result<Marks, SweepError> {
        let stored = self.blobs.find_tide_mark().await?;
        let known = self.db.list_tide_marks().await?;
        let (stored, tide) = match stored {
            StoredMark::Mark(mark) if known.contains(&mark) => (Some(mark), Tide::InStep),
            // The very first mark is stored before any byte.
            StoredMark::Absent if !holds_bytes(&self.blobs).await? => (None, Tide::InStep),
            StoredMark::Mark(_) | StoredMark::Absent | StoredMark::Unreadable => {
                (None, Tide::Apart)
            }
        };
        self.note(tide);
        Ok(Marks { stored, known, tide })
    }

    fn note(&self, tide: Tide) {
        let was_apart = self.apart.swap(tide == Tide::Apart, Ordering::Relaxed);
        match (was_apart, tide) {
            (false, Tide::Apart) => tracing::error!(
                "the database does not know the mark of the storage: it is older than the bytes, \
                 or another one; no bytes without a row are erased until the newer database is \
                 back, or `dossier fsck --erase-unnamed` erases them"
            ),
            (true, Tide::InStep) => tracing::info!("database and storage are in step again"),
            (false, Tide::InStep) | (true, Tide::Apart) => {}
        }
    }
}

/// Whether the storage holds any bytes of ours.
pub(crate) async fn holds_bytes(blobs: &Blobs) -> std::io::Result<bool> {
    let mut walk = blobs.walk().await?;
    while let Some(page) = walk.next_page().await? {
        // Names without a byte are what a crash left of those that were made ahead.
        if !page.stored.iter().all(Stored::is_empty) {
            return Ok(true);
        }
    }
    Ok(false)
}
