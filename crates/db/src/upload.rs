//! The end of an upload: the commit that makes a file exist.

use dossier_domain::{BlobId, ByteCount, ClientId, FileId, Timestamp};

use crate::audit::{self, NewAuditEntry};
use crate::batch::{Batch, Expect, Written};
use crate::columns::written_columns;
use crate::engine::Db;
use crate::error::DbError;
use crate::event::{NewEvent, add_event};
use crate::idempotency::{self, FinishIdempotency};
use crate::key::add_guard;
use crate::probe;
use crate::value::params;

/// A file to make. Its bytes must be durable under `location` before.
#[derive(Clone, PartialEq, Eq)]
pub struct NewFile {
    /// Its id: a UUID of version 7, so that ids follow time.
    pub file_id: FileId,
    /// Whose file.
    pub client_id: ClientId,
    /// What it was uploaded for.
    pub purpose: String,
    /// The filename as received.
    pub name: String,
    /// The canonical media type found in the bytes.
    pub media_type: String,
    /// The size of the plain bytes.
    pub size: ByteCount,
    /// SHA-256 of the plain bytes.
    pub sha256: [u8; 32],
    /// `ready`, `processing` or `rejected`.
    pub status: String,
    /// How thoroughly the content was checked.
    pub checked: String,
    /// Warnings, in the form the reader of the row understands.
    pub warnings: String,
    /// What was found in the content, if anything, in the same way.
    pub facts: Option<String>,
    /// When the upload was accepted.
    pub created_at: Timestamp,
    /// The sealed bytes.
    pub blob_id: BlobId,
    /// Where they are, in the words of the blob store.
    pub location: String,
    /// The key that seals them, wrapped.
    pub wrapped_key: Vec<u8>,
    /// Which key wraps it.
    pub key_holder: String,
}

written_columns! {
    new_file_columns of NewFile:
    file_id, client_id, purpose, name, media_type, size, sha256, status, checked, warnings,
    facts, created_at, blob_id, location, wrapped_key, key_holder,
}

/// Filenames never reach a log by way of `Debug`.
impl std::fmt::Debug for NewFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewFile({}, {})", self.file_id, self.status)
    }
}

/// What came of finishing an upload. Only the first and the last mean that the file exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinishUpload {
    /// The file exists.
    Finished,
    /// The key or token was revoked while the upload ran; nothing was changed.
    CredentialRevoked,
    /// The lease of the idempotency key went to another attempt; nothing was changed.
    LeaseLost,
    /// A file with this id, or with this blob, exists: this upload was finished before.
    AlreadyFinished,
}

/// What became of an upload whose commit had no known outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadOutcome {
    /// The file exists.
    Committed,
    /// The file does not exist and never will by that commit: its bytes are nobody's.
    NotCommitted,
}

const INSERT_FILE: &str = concat!(
    "insert into files (",
    new_file_columns!(),
    ") values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16) \
     on conflict do nothing"
);
const FIND_FILE_ID: &str = "select file_id from files where file_id = ?1";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[INSERT_FILE, FIND_FILE_ID];

impl Db {
    /// Makes the file exist, announces it, turns the idempotency lease into an answer, and
    /// requires that the key or token of the caller, who the entry of the audit names, is not
    /// revoked: one commit.
    ///
    /// After `OutcomeUnknown` ask [`Db::find_upload_outcome`] before any byte is erased.
    ///
    /// # Errors
    /// As every write.
    pub async fn finish_upload(
        &self,
        file: NewFile,
        event: Option<NewEvent>,
        idempotency: Option<FinishIdempotency>,
        entry: NewAuditEntry,
    ) -> Result<FinishUpload, DbError> {
        let (file_id, client_id) = (file.file_id, file.client_id);
        let mut batch = Batch::default();
        // First, so that a second try after an unknown outcome finds the file whatever has
        // become of the credential or the lease since.
        let insert_file = batch.add(Expect::ChangeOne, INSERT_FILE, file.into_params());
        let live = entry.actor.credential().map(|caller| add_guard(&mut batch, caller));
        if let Some(event) = event {
            add_event(&mut batch, event);
        }
        if let Some(finish) = idempotency {
            idempotency::add_finish(&mut batch, finish, file_id);
        }
        audit::add(&mut batch, client_id, entry);
        Ok(match self.write(batch).await? {
            Written::Done(_) => FinishUpload::Finished,
            Written::Missed(step) if step == insert_file => FinishUpload::AlreadyFinished,
            Written::Missed(step) if Some(step) == live => FinishUpload::CredentialRevoked,
            Written::Missed(_) => FinishUpload::LeaseLost,
        })
    }

    /// Settles whether an upload was committed, for good. The answer comes with a commit of its
    /// own on a new connection, which overwrites whatever a failed one left in the log: a plain
    /// read could say no to a row that a crash would still bring to life.
    ///
    /// # Errors
    /// As every write; then the outcome is still not known.
    pub async fn find_upload_outcome(&self, file_id: FileId) -> Result<UploadOutcome, DbError> {
        let mut batch = Batch::default();
        probe::add_write(&mut batch);
        batch.add(Expect::ReturnAtMost(1), FIND_FILE_ID, params![file_id]);
        let found = self.write_all(batch).await?.pop().is_some_and(|rows| !rows.is_empty());
        Ok(if found { UploadOutcome::Committed } else { UploadOutcome::NotCommitted })
    }
}
