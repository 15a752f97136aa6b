//! User keys: each holds the keys of the files of one user, and is held by the key of the client.
//!
//! A user gets its key with its first file. When the file is attached its key is wrapped anew and
//! its bytes stay as they are.

use dossier_db::{Db, UserKey as StoredUserKey};
use dossier_domain::{BlobId, ClientId, UserId};
use dossier_seal::{
    Entropy, FileKey, SecretKey, UserKey, WrapContext, WrappedKey, unwrap_key, wrap_key,
};

use crate::client_keys::{ClientKeys, EnvelopeError, holder, version_of};

/// The words of a file's row for "the key of the user it belongs to". A user has one key.
const HOLDER: &str = "user:1";
/// The id of that key in what its wrapped keys are bound to.
const KEY_ID: u128 = 1;

/// Whether these words of a row name the key of the user.
pub(crate) fn is_holder(words: &str) -> bool {
    words == HOLDER
}

/// The unwrapped key of a user.
pub(crate) struct OpenUserKey {
    user_id: UserId,
    key: UserKey,
}

impl OpenUserKey {
    /// Wraps the key of a file of the user; answers the wrapped key and which key holds it.
    pub(crate) fn wrap(
        &self,
        entropy: &dyn Entropy,
        blob: BlobId,
        key: &FileKey,
    ) -> (WrappedKey, String) {
        (wrap_key(&self.key, entropy, self.context(blob), key), HOLDER.to_owned())
    }

    /// Unwraps the key of a file of the user.
    pub(crate) fn unwrap(
        &self,
        blob: BlobId,
        wrapped: &WrappedKey,
    ) -> Result<FileKey, EnvelopeError> {
        unwrap_key(&self.key, self.context(blob), wrapped).map_err(|_| EnvelopeError::Unwrap)
    }

    const fn context(&self, blob: BlobId) -> WrapContext {
        WrapContext::FileUnderUser {
            blob: blob.to_bytes(),
            user: self.user_id.to_bytes(),
            key: KEY_ID.to_be_bytes(),
        }
    }
}

impl ClientKeys {
    /// A first key for a user, and how it is stored.
    pub(crate) async fn generate_user_key(
        &self,
        db: &Db,
        entropy: &dyn Entropy,
        (client, user_id): (ClientId, UserId),
    ) -> Result<(OpenUserKey, StoredUserKey), EnvelopeError> {
        let (version, client_key) = self.newest(db, client).await?;
        let key = UserKey::generate(entropy);
        let context = user_context(client, user_id, version.0);
        let wrapped = wrap_key(&client_key, entropy, context, &key);
        let stored =
            StoredUserKey { wrapped_key: wrapped.as_bytes().to_vec(), key_holder: holder(version) };
        Ok((OpenUserKey { user_id, key }, stored))
    }

    /// Opens the key of a user.
    pub(crate) async fn open_user_key(
        &self,
        db: &Db,
        (client, user_id): (ClientId, UserId),
        stored: &StoredUserKey,
    ) -> Result<OpenUserKey, EnvelopeError> {
        let version = version_of(&stored.key_holder).ok_or(EnvelopeError::Unwrap)?;
        let client_key = self.of_version(db, client, version).await?;
        let wrapped = WrappedKey::from_bytes(stored.wrapped_key.clone());
        let context = user_context(client, user_id, version.0);
        let key = unwrap_key(&client_key, context, &wrapped).map_err(|_| EnvelopeError::Unwrap)?;
        Ok(OpenUserKey { user_id, key })
    }

    /// Finds and opens the key of a user.
    pub(crate) async fn find_user_key(
        &self,
        db: &Db,
        ids: (ClientId, UserId),
    ) -> Result<OpenUserKey, EnvelopeError> {
        let stored = db.find_user_key(ids.0, ids.1).await?.ok_or(EnvelopeError::Missing)?;
        self.open_user_key(db, ids, &stored).await
    }
}

fn user_context(client: ClientId, user: UserId, version: u32) -> WrapContext {
    WrapContext::UserUnderClient {
        user: user.to_bytes(),
        client: client.to_bytes(),
        key: u128::from(version).to_be_bytes(),
    }
}
