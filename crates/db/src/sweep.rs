//! Reads for those who compare rows with bytes: short pages in key order, never one long read.

use std::collections::HashSet;

use dossier_domain::{BlobId, ByteCount, ClientId, FileId, UserId};

use crate::PAGE_ROWS_MAX;
use crate::batch::Query;
use crate::columns::read_columns;
use crate::engine::Db;
use crate::error::DbError;
use crate::value::params;

/// What a row says about its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobRow {
    /// The sealed bytes.
    pub blob_id: BlobId,
    /// Where they are.
    pub location: String,
    /// The file they are.
    pub file_id: FileId,
    /// Whose file.
    pub client_id: ClientId,
    /// The size of the plain bytes.
    pub size: ByteCount,
    /// SHA-256 of the plain bytes.
    pub sha256: [u8; 32],
    /// The key that seals them, wrapped.
    pub wrapped_key: Vec<u8>,
    /// Which key wraps it.
    pub key_holder: String,
    /// The user it is attached to.
    pub user_id: Option<UserId>,
}

read_columns! {
    blob_columns of BlobRow:
    blob_id, location, file_id, client_id, size, sha256, wrapped_key, key_holder, user_id,
}

/// Blobs asked about in one read, so that no reader is held for long.
const BLOBS_PER_READ: usize = 256;

const LIST_BLOB_ROWS: &str =
    concat!("select ", blob_columns!(), " from files where blob_id > ?1 order by blob_id limit ?2");
/// One statement for both tables: a row that moves from one to the other is seen in one of them.
const FIND_NAMED: &str = "\
    select blob_id from files where blob_id = ?1 union all \
    select blob_id from erasures where blob_id = ?1 and erased_at is null";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[LIST_BLOB_ROWS, FIND_NAMED];

impl Db {
    /// What rows say about their bytes, in the order of the blob ids, after `after`.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn list_blob_rows(
        &self,
        after: Option<BlobId>,
        limit: usize,
    ) -> Result<Vec<BlobRow>, DbError> {
        let rows_max = limit.min(PAGE_ROWS_MAX);
        let after = after.map_or(Vec::new(), |id| id.to_bytes().to_vec());
        let query = Query { sql: LIST_BLOB_ROWS, params: params![after, rows_max], rows_max };
        self.read(query).await?.into_iter().map(BlobRow::from_row).collect()
    }

    /// Those of `blobs` that a file or an unfinished erasure names. The others are nobody's.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn which_are_named(&self, blobs: &[BlobId]) -> Result<HashSet<BlobId>, DbError> {
        let mut named = HashSet::new();
        for chunk in blobs.chunks(BLOBS_PER_READ) {
            let query = |id: &BlobId| Query { sql: FIND_NAMED, params: params![*id], rows_max: 2 };
            for row in
                self.read_each(chunk.iter().map(query).collect()).await?.into_iter().flatten()
            {
                named.insert(row.columns().take()?);
            }
        }
        Ok(named)
    }
}
