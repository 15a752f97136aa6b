//! Deleting a file in two halves: first the row goes, then the bytes, then the record says so.

use dossier_domain::{BlobId, ClientId, FileId, Timestamp, UserId};

use crate::PAGE_ROWS_MAX;
use crate::audit::{self, NewAuditEntry};
use crate::batch::{Batch, Expect, Query, Written};
use crate::columns::read_columns;
use crate::engine::Db;
use crate::error::DbError;
use crate::value::{Columns, Row, params};

/// What came of beginning an erasure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BeginErasure {
    /// The file is gone for its client, its key with it. Its bytes are to be erased now.
    Begun {
        /// The sealed bytes.
        blob_id: BlobId,
        /// Where they are.
        location: String,
    },
    /// This client has no such file.
    NotFound,
    /// The file is not the owner's who was named, or the owner was changed since it was read;
    /// nothing was changed.
    Stale,
}

/// The user whose file is to be deleted, as it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileOwner {
    /// The user.
    pub user_id: UserId,
    /// The revision in which its verification does not name the file.
    pub revision: i64,
}

/// Bytes that are still to be erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErasureRow {
    /// The sealed bytes.
    pub blob_id: BlobId,
    /// Where they are.
    pub location: String,
    /// The file they were.
    pub file_id: FileId,
    /// Whose file.
    pub client_id: ClientId,
    /// When its erasure was asked for.
    pub requested_at: Timestamp,
}

read_columns! {
    erasure_columns of ErasureRow:
    blob_id, location, file_id, client_id, requested_at,
}

/// A file is the answer of one idempotency key; more would still have to go with it.
const ANSWERS_OF_A_FILE_MAX: usize = 16;
const INSERT_ERASURE: &str = "\
    insert into erasures (blob_id, location, file_id, client_id, requested_at) \
    select blob_id, location, file_id, client_id, ?3 from files \
    where file_id = ?2 and client_id = ?1 and user_id is not distinct from ?4 \
    on conflict (blob_id) do nothing returning blob_id, location";
const DELETE_ANSWERS: &str = "delete from idempotency where file_id = ?1";
const DELETE_FILE: &str = "delete from files where file_id = ?2 and client_id = ?1";
/// Who writes the user at the same time, and may name the file anew, reads it again.
const RELEASE_FILE: &str = "\
    update users set revision = revision + 1 \
    where client_id = ?1 and user_id = ?2 and revision = ?3";
const FIND_FILE: &str = "select file_id from files where file_id = ?2 and client_id = ?1";
const FINISH_ERASURE: &str =
    "update erasures set erased_at = ?2 where blob_id = ?1 and erased_at is null";
const LIST_UNFINISHED_ERASURES: &str = concat!(
    "select ",
    erasure_columns!(),
    " from erasures where erased_at is null and blob_id > ?1 order by blob_id limit ?2"
);

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[
    INSERT_ERASURE,
    DELETE_ANSWERS,
    DELETE_FILE,
    RELEASE_FILE,
    FIND_FILE,
    FINISH_ERASURE,
    LIST_UNFINISHED_ERASURES,
];

impl Db {
    /// Deletes the row of a file of `owner` or of nobody, its wrapped key and its idempotency
    /// answers, and records that its bytes are to be erased: one commit, with its entry in the
    /// audit.
    ///
    /// # Errors
    /// As every write.
    pub async fn begin_erasure(
        &self,
        client_id: ClientId,
        file_id: FileId,
        owner: Option<FileOwner>,
        entry: NewAuditEntry,
    ) -> Result<BeginErasure, DbError> {
        let mut batch = Batch::default();
        let params = params![client_id, file_id, entry.at, owner.map(|owner| owner.user_id)];
        let erasure = batch.add(Expect::ReturnOne, INSERT_ERASURE, params);
        batch.add(Expect::ChangeAtMost(ANSWERS_OF_A_FILE_MAX), DELETE_ANSWERS, params![file_id]);
        batch.add(Expect::ChangeOne, DELETE_FILE, params![client_id, file_id]);
        if let Some(FileOwner { user_id, revision }) = owner {
            batch.add(Expect::ChangeOne, RELEASE_FILE, params![client_id, user_id, revision]);
        }
        audit::add(&mut batch, client_id, entry);
        if let Written::Done(rows) = self.write(batch).await? {
            let row = rows.into_iter().nth(erasure.0).and_then(|mut rows| rows.pop());
            return begun(&mut row.unwrap_or(Row(Vec::new())).columns());
        }
        let query = Query { sql: FIND_FILE, params: params![client_id, file_id], rows_max: 1 };
        let found = self.read(query).await?.pop();
        Ok(found.map_or(BeginErasure::NotFound, |_| BeginErasure::Stale))
    }

    /// Records that the bytes are gone, with its entry in the audit. Doing it again changes
    /// nothing.
    ///
    /// # Errors
    /// As every write.
    pub async fn finish_erasure(
        &self,
        client_id: ClientId,
        blob_id: BlobId,
        entry: NewAuditEntry,
    ) -> Result<(), DbError> {
        let mut batch = Batch::default();
        batch.add(Expect::ChangeOne, FINISH_ERASURE, params![blob_id, entry.at]);
        audit::add(&mut batch, client_id, entry);
        match self.write(batch).await? {
            // It was recorded before.
            Written::Done(_) | Written::Missed(_) => Ok(()),
        }
    }

    /// Bytes that are still to be erased, in the order of their ids, after `after`.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn list_unfinished_erasures(
        &self,
        after: Option<BlobId>,
        limit: usize,
    ) -> Result<Vec<ErasureRow>, DbError> {
        let rows_max = limit.min(PAGE_ROWS_MAX);
        let after = after.map_or(Vec::new(), |id| id.to_bytes().to_vec());
        let params = params![after, rows_max];
        let query = Query { sql: LIST_UNFINISHED_ERASURES, params, rows_max };
        self.read(query).await?.into_iter().map(ErasureRow::from_row).collect()
    }
}

fn begun(columns: &mut Columns) -> Result<BeginErasure, DbError> {
    Ok(BeginErasure::Begun { blob_id: columns.take()?, location: columns.take()? })
}
