//! Reading the bytes of a file, verified row by row.

use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use dossier_blobs::{Location, ReadError as BlobError, TextStream};
use dossier_db::{BlobRow, FileRow};
use dossier_domain::{AuditAction, AuditObject, BlobId, ByteCount, ClientId, FileId, UserId};
use dossier_seal::{FileKey, Opener, WrappedKey};
use futures_util::Stream;

use crate::audit::Author;
use crate::client_keys::EnvelopeError;
use crate::{App, File, FileStatus, FilesRead, Permit, ReadError, user_keys};

/// A file whose bytes may be read.
pub struct Contents {
    /// The file.
    pub file: File,
    blob: StoredBlob,
    reader: Author,
}

/// What is needed to read a blob.
pub(crate) struct StoredBlob {
    pub(crate) client_id: ClientId,
    pub(crate) blob_id: BlobId,
    pub(crate) location: String,
    pub(crate) size: ByteCount,
    pub(crate) wrapped_key: Vec<u8>,
    pub(crate) key_holder: String,
    pub(crate) user_id: Option<UserId>,
}

/// Verified bytes in order. The first are already verified when the stream is handed out; an
/// error ends the stream, and no wrong byte comes before it.
pub struct ContentStream {
    file_id: FileId,
    text: TextStream,
}

impl Stream for ContentStream {
    type Item = Result<Bytes, ReadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = Pin::new(&mut self.text).poll_next(cx);
        item.map(|item| item.map(|read| read.map_err(|error| noted(error.into(), self.file_id))))
    }
}

/// Tells the operator of damage: the client only sees an answer that breaks off.
fn noted(error: ReadError, file_id: FileId) -> ReadError {
    match &error {
        ReadError::Integrity => tracing::error!(%file_id, "stored bytes are damaged or missing"),
        ReadError::Unavailable(reason) => tracing::warn!(%file_id, reason, "a read broke off"),
        ReadError::NotFound | ReadError::NotReady | ReadError::InUse | ReadError::StorageFull => {}
    }
    error
}

impl App {
    /// Finds a file whose bytes may be read.
    ///
    /// # Errors
    /// [`ReadError::NotFound`], [`ReadError::NotReady`], [`ReadError::Unavailable`]
    pub async fn open_contents(
        &self,
        permit: Permit<FilesRead>,
        id: FileId,
    ) -> Result<Contents, ReadError> {
        let row = self.get_row(permit.client_id(), id).await?;
        let blob = StoredBlob::from(&row);
        let file = File::try_from(row)?;
        match file.status {
            FileStatus::Ready => Ok(Contents { file, blob, reader: (&permit).into() }),
            FileStatus::Processing | FileStatus::Rejected => Err(ReadError::NotReady),
        }
    }

    /// Reads `range` (byte offsets, inside the file, not empty) of its bytes. That it is read is
    /// committed to the audit before: no byte is given out without its entry.
    ///
    /// # Errors
    /// [`ReadError::Integrity`], [`ReadError::StorageFull`], [`ReadError::Unavailable`]
    pub async fn read_contents(
        &self,
        contents: &Contents,
        range: Range<u64>,
    ) -> Result<ContentStream, ReadError> {
        let file_id = contents.file.id;
        let text = self.read_blob(&contents.blob, range).await;
        let text = text.map_err(|error| noted(error, file_id))?;
        let object = AuditObject::File(file_id);
        let reader = contents.reader.clone();
        let entry = self.audit_entry(reader, AuditAction::FileContentsRead, object);
        self.db.insert_audit_entry(contents.blob.client_id, entry).await?;
        Ok(ContentStream { file_id, text })
    }

    /// Opens a blob and reads a range of its text.
    pub(crate) async fn read_blob(
        &self,
        blob: &StoredBlob,
        range: Range<u64>,
    ) -> Result<TextStream, ReadError> {
        let key = self.open_key(blob).await?;
        let opener = Opener::new(&key, blob.blob_id.to_bytes(), blob.size.get());
        let opener = opener.ok_or(ReadError::Integrity)?;
        let location: Location = blob.location.parse().map_err(|_| ReadError::Integrity)?;
        Ok(self.blobs.read(&location, opener, range).await?)
    }

    async fn open_key(&self, blob: &StoredBlob) -> Result<FileKey, ReadError> {
        let wrapped = WrappedKey::from_bytes(blob.wrapped_key.clone());
        let key = match blob.user_id {
            Some(user_id) if user_keys::is_holder(&blob.key_holder) => {
                let ids = (blob.client_id, user_id);
                let user_key = self.client_keys.find_user_key(&self.db, ids).await;
                user_key.and_then(|key| key.unwrap(blob.blob_id, &wrapped))
            }
            Some(_) | None => {
                let ids = (blob.client_id, blob.blob_id);
                self.client_keys.unwrap(&self.db, ids, &wrapped, &blob.key_holder).await
            }
        };
        key.map_err(|error| match error {
            EnvelopeError::Unwrap | EnvelopeError::Missing => ReadError::Integrity,
            EnvelopeError::Db(error) => error.into(),
        })
    }
}

impl From<&FileRow> for StoredBlob {
    fn from(row: &FileRow) -> Self {
        Self {
            client_id: row.client_id,
            blob_id: row.blob_id,
            location: row.location.clone(),
            size: row.size,
            wrapped_key: row.wrapped_key.clone(),
            key_holder: row.key_holder.clone(),
            user_id: row.user_id,
        }
    }
}

impl From<&BlobRow> for StoredBlob {
    fn from(row: &BlobRow) -> Self {
        Self {
            client_id: row.client_id,
            blob_id: row.blob_id,
            location: row.location.clone(),
            size: row.size,
            wrapped_key: row.wrapped_key.clone(),
            key_holder: row.key_holder.clone(),
            user_id: row.user_id,
        }
    }
}

impl From<BlobError> for ReadError {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::Missing | BlobError::Damaged(_) => Self::Integrity,
            BlobError::Unavailable(error) => Self::Unavailable(error.to_string()),
        }
    }
}
