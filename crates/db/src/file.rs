//! Files as they are read.

use dossier_domain::{BlobId, ByteCount, ClientId, FileId, Timestamp, UserId};

use crate::PAGE_ROWS_MAX;
use crate::batch::Query;
use crate::columns::read_columns;
use crate::engine::Db;
use crate::error::DbError;
use crate::value::params;

/// A file that exists.
#[derive(Clone, PartialEq, Eq)]
pub struct FileRow {
    /// Its id.
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
    /// Warnings, as they were given.
    pub warnings: String,
    /// What was found in the content, as it was given.
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
    /// The user it is attached to.
    pub user_id: Option<UserId>,
}

read_columns! {
    file_columns of FileRow:
    file_id, client_id, purpose, name, media_type, size, sha256, status, checked, warnings,
    facts, created_at, blob_id, location, wrapped_key, key_holder, user_id,
}
#[expect(clippy::single_component_path_imports, reason = "it shows the macro to file_list")]
pub(crate) use file_columns;

const FIND_FILE: &str =
    concat!("select ", file_columns!(), " from files where file_id = ?2 and client_id = ?1");

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[FIND_FILE];

impl Db {
    /// A file of this client.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn find_file(
        &self,
        client_id: ClientId,
        file_id: FileId,
    ) -> Result<Option<FileRow>, DbError> {
        self.read(find(client_id, file_id)).await?.pop().map(FileRow::from_row).transpose()
    }

    /// Those of `file_ids` that are files of this client, in one read; at most
    /// [`PAGE_ROWS_MAX`] are looked for.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn find_files(
        &self,
        client_id: ClientId,
        file_ids: &[FileId],
    ) -> Result<Vec<FileRow>, DbError> {
        let ids = file_ids.iter().take(PAGE_ROWS_MAX);
        let found = self.read_each(ids.map(|id| find(client_id, *id)).collect()).await?;
        found.into_iter().flatten().map(FileRow::from_row).collect()
    }
}

/// Filenames never reach a log by way of `Debug`.
impl std::fmt::Debug for FileRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FileRow({}, {})", self.file_id, self.status)
    }
}

fn find(client_id: ClientId, file_id: FileId) -> Query {
    Query { sql: FIND_FILE, params: params![client_id, file_id], rows_max: 1 }
}
