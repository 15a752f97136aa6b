//! Attaching files to a user: which are named, whether they may be, and their keys under the
//! user's.

use std::collections::HashMap;

use dossier_db::{ClaimFile, FileRow, UserKey};
use dossier_domain::user::{Reference, ReferencedFile};
use dossier_domain::{ClientId, FileId, Json, Purpose, UserId};
use dossier_seal::WrappedKey;

use super::UserError;
use crate::client_keys::EnvelopeError;
use crate::file::{purpose_of, status_of};
use crate::{App, FileStatus};

/// The files of the client that a request names.
pub(super) struct Named {
    /// What the rules must know of each.
    pub(super) files: HashMap<FileId, ReferencedFile>,
    rows: Vec<FileRow>,
}

/// What attaching changes.
pub(super) struct Attachment {
    /// The key of the user, the one it has or its first.
    pub(super) key: Option<UserKey>,
    pub(super) claims: Vec<ClaimFile>,
}

impl Named {
    /// The purposes of these files.
    pub(super) fn purposes(&self, ids: &[FileId]) -> Vec<Purpose> {
        ids.iter().filter_map(|id| self.files.get(id)).map(|file| file.purpose).collect()
    }
}

impl App {
    /// Finds the files that a request names, in one read.
    pub(super) async fn find_named(
        &self,
        client_id: ClientId,
        references: &[Reference],
    ) -> Result<Named, UserError> {
        let mut ids: Vec<_> = references.iter().filter_map(|reference| reference.id).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(Named { files: HashMap::new(), rows: Vec::new() });
        }
        let rows = self.db.find_files(client_id, &ids).await?;
        let files = rows.iter().map(|row| {
            let file = ReferencedFile {
                purpose: purpose_of(row)?,
                rejected: status_of(row)? == FileStatus::Rejected,
                user_id: row.user_id,
            };
            Ok::<_, UserError>((row.file_id, file))
        });
        Ok(Named { files: files.collect::<Result<_, _>>()?, rows })
    }

    /// Wraps the keys of those files that are nobody's yet under the key of the user, which is
    /// made when there is none. The rules have been asked before.
    pub(super) async fn attach(
        &self,
        ids: (ClientId, UserId),
        key: Option<UserKey>,
        named: &Named,
    ) -> Result<Attachment, UserError> {
        let free: Vec<_> = named.rows.iter().filter(|row| row.user_id.is_none()).collect();
        if free.is_empty() {
            return Ok(Attachment { key, claims: Vec::new() });
        }
        let (user_key, stored) = match key {
            Some(stored) => (self.client_keys.open_user_key(&self.db, ids, &stored).await?, stored),
            None => self.client_keys.generate_user_key(&self.db, &*self.entropy, ids).await?,
        };
        let mut claims = Vec::with_capacity(free.len());
        for row in free {
            let wrapped = WrappedKey::from_bytes(row.wrapped_key.clone());
            let of = (row.client_id, row.blob_id);
            let key = self.client_keys.unwrap(&self.db, of, &wrapped, &row.key_holder).await?;
            let (wrapped, key_holder) = user_key.wrap(&*self.entropy, row.blob_id, &key);
            claims.push(ClaimFile {
                file_id: row.file_id,
                wrapped_key_before: row.wrapped_key.clone(),
                wrapped_key: wrapped.as_bytes().to_vec(),
                key_holder,
            });
        }
        Ok(Attachment { key: Some(stored), claims })
    }
}

/// What the history keeps of files.
pub(super) fn files_json(ids: impl Iterator<Item = FileId>) -> Json {
    let ids = ids.map(|id| Json::Text(id.to_string())).collect();
    Json::Object(vec![("files".to_owned(), Json::List(ids))])
}

impl From<EnvelopeError> for UserError {
    fn from(error: EnvelopeError) -> Self {
        match error {
            EnvelopeError::Db(error) => error.into(),
            error @ (EnvelopeError::Unwrap | EnvelopeError::Missing) => {
                Self::Unavailable(error.to_string())
            }
        }
    }
}
