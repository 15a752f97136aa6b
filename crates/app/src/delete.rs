//! Deleting a file, unless the verification of a user names it.

use dossier_db::{BeginErasure, FileOwner};
use dossier_domain::{AuditAction, AuditObject, BlobId, ClientId, FileId};

use crate::users::{ATTEMPTS_MAX, UserError};
use crate::{App, FilesDelete, Permit, ReadError};

impl App {
    /// Deletes a file: its row and key at once, its bytes now or by the reaper.
    ///
    /// # Errors
    /// [`ReadError::NotFound`], [`ReadError::InUse`], [`ReadError::StorageFull`],
    /// [`ReadError::Unavailable`]
    pub async fn delete_file(
        &self,
        permit: Permit<FilesDelete>,
        id: FileId,
    ) -> Result<(), ReadError> {
        let (client_id, object) = (permit.client_id(), AuditObject::File(id));
        let entry = self.audit_entry((&permit).into(), AuditAction::FileDeleted, object);
        for _ in 0..ATTEMPTS_MAX {
            let owner = self.find_owner_to_release(client_id, id).await?;
            match self.db.begin_erasure(client_id, id, owner, entry.clone()).await? {
                BeginErasure::NotFound => return Err(ReadError::NotFound),
                BeginErasure::Stale => {}
                BeginErasure::Begun { blob_id, location } => {
                    self.erase_deleted(&permit, (client_id, id, blob_id), &location).await;
                    return Ok(());
                }
            }
        }
        let why = "the user of the file changes faster than it can be deleted";
        Err(ReadError::Unavailable(why.to_owned()))
    }

    /// The user whose file it is, if anybody's. Refuses while that user's verification names it.
    async fn find_owner_to_release(
        &self,
        client_id: ClientId,
        id: FileId,
    ) -> Result<Option<FileOwner>, ReadError> {
        let Some(user_id) = self.get_row(client_id, id).await?.user_id else { return Ok(None) };
        let owner = self.find_releasing_owner(client_id, user_id, id).await.map_err(unreadable)?;
        owner.map(Some).ok_or(ReadError::InUse)
    }

    /// Erases the bytes. The file is gone for everybody; what fails here the reaper finishes.
    async fn erase_deleted(
        &self,
        permit: &Permit<FilesDelete>,
        ids: (ClientId, FileId, BlobId),
        location: &str,
    ) {
        if let Err(error) = self.finish_erasure(permit.into(), ids, location).await {
            tracing::warn!(%error, "bytes of a deleted file are left to the reaper");
        }
    }
}

/// The file has a user, so that the user is there.
fn unreadable(error: UserError) -> ReadError {
    ReadError::Unavailable(format!("the user of a file cannot be read: {error}"))
}
