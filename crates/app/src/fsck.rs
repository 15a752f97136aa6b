//! Compares rows with bytes, beside a running server; changes nothing.

use dossier_db::BlobRow;
use dossier_domain::{BlobId, FileId};
use dossier_seal::Sha256;
use futures_util::StreamExt;

use crate::contents::StoredBlob;
use crate::{App, Operator, ReadError, SweepError, Tide};

/// Rows of one read.
const PAGE: usize = 1000;
/// Findings that are named; more are only counted.
const NAMED_MAX: usize = 10_000;

/// How much is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Names and lengths.
    Lengths,
    /// Every byte, against its seal and its SHA-256.
    Contents,
}

/// Something that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// A file whose bytes are gone.
    Missing(FileId),
    /// A file whose bytes are not the ones that were stored.
    Damaged(FileId),
    /// A file whose bytes the storage cannot read; the log says why.
    Unreadable(FileId),
    /// Bytes that no row names.
    Unnamed(BlobId),
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FsckReport {
    /// Files looked at.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Whether database and storage belong together.
    pub tide: Tide,
    /// How many things are not as they must be.
    pub findings_total: u64,
    /// The first of them.
    pub findings: Vec<Finding>,
}

impl FsckReport {
    /// Whether all is as it must be.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.findings_total == 0 && self.tide == Tide::InStep
    }

    fn add(&mut self, finding: Finding) {
        self.findings_total += 1;
        if self.findings.len() < NAMED_MAX {
            self.findings.push(finding);
        }
    }
}

impl App {
    /// Checks that every row has its bytes and that all bytes have a row.
    ///
    /// # Errors
    /// [`SweepError`] when rows or bytes cannot be read at all.
    pub async fn fsck(&self, _: Operator, depth: Depth) -> Result<FsckReport, SweepError> {
        let mut report = FsckReport { tide: self.tide().await?, ..FsckReport::default() };
        self.check_rows(depth, &mut report).await?;
        self.check_unnamed(&mut report).await?;
        Ok(report)
    }

    async fn check_rows(&self, depth: Depth, report: &mut FsckReport) -> Result<(), SweepError> {
        let mut after = None;
        loop {
            let rows = self.db.list_blob_rows(after, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = Some(last.blob_id);
            for row in rows {
                report.files += 1;
                report.bytes += row.size.get();
                if let Some(finding) = self.check_row(row, depth).await? {
                    report.add(finding);
                }
            }
        }
    }

    async fn check_unnamed(&self, report: &mut FsckReport) -> Result<(), SweepError> {
        let before = self.leases_ended();
        let mut walk = self.blobs.walk().await?;
        while let Some(unnamed) = self.find_unnamed(before, &mut walk).await? {
            for stored in unnamed.blobs {
                report.add(Finding::Unnamed(stored.blob));
            }
        }
        Ok(())
    }

    async fn check_row(&self, row: BlobRow, depth: Depth) -> Result<Option<Finding>, SweepError> {
        let file_id = row.file_id;
        let finding = match (self.check_length(&row).await, depth) {
            (None, Depth::Contents) => self.check_contents(&row).await,
            (found, Depth::Lengths | Depth::Contents) => found,
        };
        let Some(finding) = finding else { return Ok(None) };
        // A delete may have come between the read of the row and the look at its bytes.
        let still = self.db.find_file(row.client_id, file_id).await?;
        Ok(still.map(|_| finding))
    }

    async fn check_length(&self, row: &BlobRow) -> Option<Finding> {
        let Ok(location) = row.location.parse() else {
            return Some(Finding::Damaged(row.file_id));
        };
        match self.blobs.find(&location).await {
            Ok(None) => Some(Finding::Missing(row.file_id)),
            Ok(Some(stored)) if stored.has_the_length_of(row.size) => None,
            Ok(Some(_)) => Some(Finding::Damaged(row.file_id)),
            Err(error) => Some(unreadable(row.file_id, &error.to_string())),
        }
    }

    async fn check_contents(&self, row: &BlobRow) -> Option<Finding> {
        match self.hash_blob(&StoredBlob::from(row)).await {
            Ok(sha256) if sha256 == row.sha256 => None,
            Ok(_) | Err(ReadError::Integrity) => Some(Finding::Damaged(row.file_id)),
            // A bad spot of the disk must not end the check. A database that is gone does: the
            // next row cannot be read.
            Err(error) => Some(unreadable(row.file_id, &error.to_string())),
        }
    }

    async fn hash_blob(&self, blob: &StoredBlob) -> Result<[u8; 32], ReadError> {
        let mut text = self.read_blob(blob, 0..blob.size.get()).await?;
        let mut hash = Sha256::new();
        while let Some(bytes) = text.next().await {
            hash.push(&bytes?);
        }
        Ok(hash.finish().0)
    }
}

fn unreadable(file_id: FileId, reason: &str) -> Finding {
    tracing::warn!(%file_id, reason, "stored bytes cannot be read");
    Finding::Unreadable(file_id)
}
