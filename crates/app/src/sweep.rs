//! The reaper: finishes what crashes left. Every unfinished thing is a state that it can find.

use std::time::Duration;

use dossier_blobs::{Stored, Walk};
use dossier_db::DbError;
use dossier_domain::{AuditAction, AuditObject, BlobId, ClientId, FileId, Timestamp};

use crate::audit::Author;
use crate::{App, Operator, Tide};

/// Bytes that were written to more recently may belong to an upload that is under way in another
/// process. An upload renews the time of its bytes once a minute.
const LEASE: Duration = Duration::from_secs(5 * 60);
/// Rows of one read.
const PAGE: usize = 1000;
/// So many unnamed blobs are not the rest of a crash but a sign that rows are missing: a database
/// restored from an older backup, say. Then nothing is erased.
const TOO_MANY_UNNAMED: usize = 1000;

/// What one sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweepReport {
    /// Deleted files whose bytes are gone now.
    pub erasures_finished: u64,
    /// Blobs that no row named, erased.
    pub unnamed_erased: u64,
    /// Idempotency keys that ran out.
    pub keys_expired: u64,
    /// Events and ended jobs that were old enough to be forgotten.
    pub events_forgotten: u64,
    /// Tokens and grants that ended.
    pub tokens_expired: u64,
}

/// What no row names.
pub(crate) struct Unnamed {
    /// What holds bytes.
    pub(crate) blobs: Vec<Stored>,
    /// Names that were made ahead of a blob, and that no server here will use.
    pub(crate) empty: Vec<Stored>,
}

/// What came of many erasures: one blob that cannot be erased must not keep all behind it for
/// ever.
#[derive(Debug, Default)]
struct Tally {
    done: u64,
    failed: Option<SweepError>,
}

impl Tally {
    fn note(&mut self, outcome: Result<(), SweepError>) {
        match outcome {
            Ok(()) => self.done += 1,
            Err(error) => {
                self.failed.get_or_insert(error);
            }
        }
    }

    /// How many were done, or the first thing that failed.
    fn end(self) -> Result<u64, SweepError> {
        self.failed.map_or(Ok(self.done), Err)
    }
}

/// Why a sweep did not do all of its work. The next one goes on.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
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
    /// Finishes erasures, forgets expired idempotency keys and tokens, and erases bytes that no
    /// row names and that nobody has written to for `unnamed_age`, or since this process began.
    /// What fails of one does not hold up the others.
    ///
    /// For the one process that holds the lock of the store: it knows its own uploads, so that
    /// what was there before it is the rest of a crash, whatever its age.
    ///
    /// # Errors
    /// [`SweepError`]: the first thing that failed.
    pub async fn sweep(
        &self,
        _: Operator,
        unnamed_age: Duration,
    ) -> Result<SweepReport, SweepError> {
        let erasures_finished = self.finish_erasures().await;
        let keys_expired = self.expire_keys().await;
        let tokens_expired = self.expire_tokens().await;
        let events_forgotten = self.forget_events().await;
        let unnamed_erased = self.erase_few_unnamed(unnamed_age).await;
        Ok(SweepReport {
            erasures_finished: erasures_finished?,
            keys_expired: keys_expired?,
            events_forgotten: events_forgotten?,
            tokens_expired: tokens_expired?,
            unnamed_erased: unnamed_erased?,
        })
    }

    /// Erases every blob that no row names, however many: the operator has decided. Spares what
    /// may belong to an upload that is under way in a server beside. From then on database and
    /// storage belong together. One that cannot be erased does not hold up the others.
    ///
    /// # Errors
    /// [`SweepError`]: the first thing that failed.
    pub async fn erase_unnamed(&self, _: Operator) -> Result<u64, SweepError> {
        let mut erased = Tally::default();
        let before = self.leases_ended();
        let mut walk = self.blobs.walk().await?;
        while let Some(unnamed) = self.find_unnamed(before, &mut walk).await? {
            self.erase_all(&unnamed.blobs, &mut erased).await;
        }
        self.settle_tide().await?;
        erased.end()
    }

    /// No upload of any process is under way into a blob that was last written before.
    pub(crate) fn leases_ended(&self) -> Timestamp {
        self.clock.now().minus(LEASE)
    }

    /// Of the next page the blobs that no row names, last written before and not in flight here.
    /// Rows are asked last: an upload that has ended by then has its row, or never will.
    pub(crate) async fn find_unnamed(
        &self,
        before: Timestamp,
        walk: &mut Walk,
    ) -> Result<Option<Unnamed>, SweepError> {
        let Some(page) = walk.next_page().await? else { return Ok(None) };
        let old = page.stored.into_iter().filter(|stored| stored.modified <= before);
        let mut unnamed: Vec<_> = old.filter(|s| !self.blobs.is_in_flight(s.blob)).collect();
        let ids: Vec<BlobId> = unnamed.iter().map(|stored| stored.blob).collect();
        let named = self.db.which_are_named(&ids).await?;
        unnamed.retain(|stored| !named.contains(&stored.blob));
        let (empty, blobs) = unnamed.into_iter().partition(Stored::is_empty);
        Ok(Some(Unnamed { blobs, empty }))
    }

    /// Erases what crashes left; nothing when there is too much of it, or when the database does
    /// not know the mark of the storage.
    async fn erase_few_unnamed(&self, age: Duration) -> Result<u64, SweepError> {
        let (mut unnamed, mut names, mut erased) = (Vec::new(), Tally::default(), Tally::default());
        match self.move_tide_mark().await {
            Ok(Tide::InStep) => {}
            Ok(Tide::Apart) => return Ok(0),
            // A full disk takes no mark. The last one does as well, or the look before the
            // erasure fails too.
            Err(error) => tracing::warn!(%error, "the tide mark was not moved"),
        }
        let before = self.started.max(self.clock.now().minus(age));
        let mut walk = self.blobs.walk().await?;
        while let Some(more) = self.find_unnamed(before, &mut walk).await? {
            // There is nothing in them to lose, however many a crash left.
            self.erase_all(&more.empty, &mut names).await;
            unnamed.extend(more.blobs);
            if unnamed.len() >= TOO_MANY_UNNAMED {
                return Err(SweepError::TooManyUnnamed(TOO_MANY_UNNAMED));
            }
        }
        // Once more after the rows were asked: the database may have been replaced meanwhile.
        if !unnamed.is_empty() && self.tide().await? == Tide::InStep {
            self.erase_all(&unnamed, &mut erased).await;
        }
        names.end()?;
        erased.end()
    }

    async fn erase_all(&self, unnamed: &[Stored], tally: &mut Tally) {
        for stored in unnamed {
            tally.note(self.blobs.erase(&stored.location).await.map_err(SweepError::from));
        }
    }

    async fn finish_erasures(&self) -> Result<u64, SweepError> {
        let mut finished = Tally::default();
        let mut after = None;
        loop {
            let rows = self.db.list_unfinished_erasures(after, PAGE).await?;
            let Some(last) = rows.last() else { return finished.end() };
            after = Some(last.blob_id);
            for row in &rows {
                let ids = (row.client_id, row.file_id, row.blob_id);
                finished.note(self.finish_erasure(Author::JOB, ids, &row.location).await);
            }
        }
    }

    /// Erases the bytes of a deleted file, then records that they are gone.
    pub(crate) async fn finish_erasure(
        &self,
        author: Author,
        (client_id, file_id, blob_id): (ClientId, FileId, BlobId),
        location: &str,
    ) -> Result<(), SweepError> {
        // A location that cannot be read names no bytes of ours.
        if let Ok(location) = location.parse() {
            self.blobs.erase(&location).await?;
        }
        let object = AuditObject::File(file_id);
        let entry = self.audit_entry(author, AuditAction::FileErased, object);
        Ok(self.db.finish_erasure(client_id, blob_id, entry).await?)
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

    async fn expire_tokens(&self) -> Result<u64, SweepError> {
        let mut expired = 0;
        loop {
            match self.db.erase_ended_tokens(self.clock.now(), PAGE).await? {
                0 => return Ok(expired),
                now => expired += now as u64,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failure_is_kept_and_counts_for_nothing() {
        let mut tally = Tally::default();
        tally.note(Ok(()));
        tally.note(Ok(()));
        assert_eq!(tally.end().unwrap(), 2);
        let mut tally = Tally::default();
        for outcome in [Ok(()), Err("first"), Ok(()), Err("second")] {
            tally.note(outcome.map_err(|words| SweepError::Storage(std::io::Error::other(words))));
        }
        assert_eq!(tally.done, 2);
        assert!(tally.end().unwrap_err().to_string().ends_with("first"));
    }
}
