//! The reaper: finishes what crashes left. Every unfinished thing is a state that it can find.

use std::time::Duration;

use dossier_blobs::Stored;
use dossier_db::DbError;
use dossier_domain::{BlobId, Scope};

use crate::{App, Caller, MissingScope};

/// Rows of one read, and blobs asked about at once.
const PAGE: usize = 1000;
/// More unnamed blobs than this are not the rest of a crash but a sign that rows are missing: a
/// database restored from an older backup, say. Then nothing is erased.
const UNNAMED_MAX: usize = 1000;

/// What one sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweepReport {
    /// Deleted files whose bytes are gone now.
    pub erasures_finished: u64,
    /// Blobs that no row named, erased.
    pub unnamed_erased: u64,
    /// Idempotency keys that ran out.
    pub keys_expired: u64,
}

/// Why a sweep ended early. The next one goes on.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The caller may not do that.
    #[error(transparent)]
    Scope(#[from] MissingScope),
    /// Rows cannot be read or written.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Bytes cannot be listed or erased.
    #[error("bytes cannot be listed or erased: {0}")]
    Storage(#[from] std::io::Error),
    /// Too many blobs have no row; nothing of them was erased.
    #[error(
        "{0} or more blobs have no row; if the database was restored from a backup, restore \
         the newer one, else erase them with `dossier fsck --erase-unnamed`"
    )]
    TooManyUnnamed(usize),
}

impl App {
    /// Finishes erasures, forgets expired idempotency keys, and erases bytes that no row names
    /// and that nobody has written to for `unnamed_age`.
    ///
    /// # Errors
    /// [`SweepError`]
    pub async fn sweep(
        &self,
        caller: &Caller,
        unnamed_age: Duration,
    ) -> Result<SweepReport, SweepError> {
        caller.require(Scope::Admin)?;
        let unnamed = self.find_unnamed(unnamed_age, UNNAMED_MAX).await?;
        let report = SweepReport {
            erasures_finished: self.finish_erasures().await?,
            keys_expired: self.expire_keys().await?,
            unnamed_erased: 0,
        };
        if unnamed.len() >= UNNAMED_MAX {
            return Err(SweepError::TooManyUnnamed(UNNAMED_MAX));
        }
        let unnamed_erased = self.erase_all(&unnamed).await?;
        Ok(SweepReport { unnamed_erased, ..report })
    }

    /// Erases every blob that no row names, however many: the operator has decided.
    ///
    /// # Errors
    /// [`SweepError`]
    pub async fn erase_unnamed(
        &self,
        caller: &Caller,
        unnamed_age: Duration,
    ) -> Result<u64, SweepError> {
        caller.require(Scope::Admin)?;
        let mut erased = 0;
        loop {
            let unnamed = self.find_unnamed(unnamed_age, UNNAMED_MAX).await?;
            erased += self.erase_all(&unnamed).await?;
            if unnamed.len() < UNNAMED_MAX {
                return Ok(erased);
            }
        }
    }

    /// Blobs that no row names, older than `age`, not in flight here; at most `limit`.
    pub(crate) async fn find_unnamed(
        &self,
        age: Duration,
        limit: usize,
    ) -> Result<Vec<Stored>, SweepError> {
        let before = self.clock.now().minus(age);
        let mut unnamed = Vec::new();
        let mut cursor = None;
        loop {
            let page = self.blobs.list(cursor).await?;
            let old = page.stored.into_iter().filter(|stored| stored.modified <= before);
            let due: Vec<_> = old.filter(|s| !self.blobs.is_in_flight(s.blob)).collect();
            for part in due.chunks(PAGE) {
                let ids: Vec<BlobId> = part.iter().map(|stored| stored.blob).collect();
                let named = self.db.which_are_named(&ids).await?;
                unnamed.extend(part.iter().filter(|s| !named.contains(&s.blob)).cloned());
            }
            unnamed.truncate(limit);
            cursor = page.next;
            if cursor.is_none() || unnamed.len() == limit {
                return Ok(unnamed);
            }
        }
    }

    async fn erase_all(&self, unnamed: &[Stored]) -> Result<u64, SweepError> {
        for stored in unnamed {
            self.blobs.erase(&stored.location).await?;
        }
        Ok(unnamed.len() as u64)
    }

    async fn finish_erasures(&self) -> Result<u64, SweepError> {
        let mut finished = 0;
        let mut after = None;
        loop {
            let rows = self.db.list_unfinished_erasures(after, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(finished) };
            after = Some(last.blob_id);
            for row in &rows {
                self.finish_erasure(row.blob_id, &row.location).await?;
                finished += 1;
            }
        }
    }

    /// Erases the bytes of a deleted file, then records that they are gone.
    pub(crate) async fn finish_erasure(
        &self,
        blob_id: BlobId,
        location: &str,
    ) -> Result<(), SweepError> {
        // A location that cannot be read names no bytes of ours.
        if let Ok(location) = location.parse() {
            self.blobs.erase(&location).await?;
        }
        Ok(self.db.finish_erasure(blob_id, self.clock.now()).await?)
    }

    async fn expire_keys(&self) -> Result<u64, SweepError> {
        let mut expired = 0;
        loop {
            let now = self.db.erase_expired_idempotency(self.clock.now(), PAGE).await?;
            expired += now as u64;
            if now < PAGE {
                return Ok(expired);
            }
        }
    }
}
