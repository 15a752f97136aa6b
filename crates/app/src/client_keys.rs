//! Client keys: unwrapped once, kept in memory, used to wrap and unwrap file keys.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use dossier_db::{ClientKeyVersion, Db, DbError};
use dossier_domain::{BlobId, ClientId};
use dossier_seal::{
    ClientKey, Entropy, FileKey, RootKeyring, RootVersion, WrapContext, WrappedKey, unwrap_key,
    wrap_key,
};

/// Clients whose keys are kept unwrapped; more are unwrapped again when they are needed.
const KEPT_MAX: usize = 10_000;

/// The client keys of this process.
pub(crate) struct ClientKeys {
    keyring: RootKeyring,
    kept: RwLock<HashMap<ClientId, (ClientKeyVersion, ClientKey)>>,
}

/// Why a key cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EnvelopeError {
    #[error("a wrapped key does not open")]
    Unwrap,
    #[error("a key is missing")]
    Missing,
    #[error(transparent)]
    Db(#[from] DbError),
}

impl ClientKeys {
    pub(crate) fn new(keyring: RootKeyring) -> Self {
        Self { keyring, kept: RwLock::default() }
    }

    /// A first key for a new client, wrapped by the active root key.
    pub(crate) fn generate(
        &self,
        entropy: &dyn Entropy,
        client: ClientId,
    ) -> (RootVersion, WrappedKey) {
        use dossier_seal::SecretKey;
        let (root, root_key) = self.keyring.active();
        let context = WrapContext::ClientUnderRoot { client: client.to_bytes(), root };
        (root, wrap_key(root_key, entropy, context, &ClientKey::generate(entropy)))
    }

    /// Wraps the key of a new blob; answers the wrapped key and which key holds it.
    pub(crate) async fn wrap(
        &self,
        db: &Db,
        entropy: &dyn Entropy,
        (client, blob): (ClientId, BlobId),
        key: &FileKey,
    ) -> Result<(WrappedKey, String), EnvelopeError> {
        let (version, client_key) = self.newest(db, client).await?;
        let context = file_context(client, blob, version);
        Ok((wrap_key(&client_key, entropy, context, key), holder(version)))
    }

    /// Unwraps the key of a blob.
    pub(crate) async fn unwrap(
        &self,
        db: &Db,
        (client, blob): (ClientId, BlobId),
        wrapped: &WrappedKey,
        holder: &str,
    ) -> Result<FileKey, EnvelopeError> {
        let version = version_of(holder).ok_or(EnvelopeError::Unwrap)?;
        let client_key = self.of_version(db, client, version).await?;
        let context = file_context(client, blob, version);
        unwrap_key(&client_key, context, wrapped).map_err(|_| EnvelopeError::Unwrap)
    }

    /// The newest key of a client, the one to wrap with.
    pub(crate) async fn newest(
        &self,
        db: &Db,
        client: ClientId,
    ) -> Result<(ClientKeyVersion, ClientKey), EnvelopeError> {
        if let Some(kept) = self.find_kept(client) {
            return Ok(kept);
        }
        let row = db.find_newest_client_key(client).await?.ok_or(EnvelopeError::Missing)?;
        let key = self.open(client, row.root_version.0, row.wrapped_key)?;
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(client, (row.key_version, key.clone()));
        Ok((row.key_version, key))
    }

    /// The key of a client that a row names.
    pub(crate) async fn of_version(
        &self,
        db: &Db,
        client: ClientId,
        version: ClientKeyVersion,
    ) -> Result<ClientKey, EnvelopeError> {
        match self.newest(db, client).await? {
            (newest, key) if newest == version => Ok(key),
            _older_wanted => {
                let row = db.find_client_key(client, version).await?;
                let row = row.ok_or(EnvelopeError::Missing)?;
                self.open(client, row.root_version.0, row.wrapped_key)
            }
        }
    }

    fn find_kept(&self, client: ClientId) -> Option<(ClientKeyVersion, ClientKey)> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).get(&client).cloned()
    }

    fn open(
        &self,
        client: ClientId,
        root: u32,
        wrapped: Vec<u8>,
    ) -> Result<ClientKey, EnvelopeError> {
        let root = RootVersion::new(root).ok_or(EnvelopeError::Missing)?;
        let root_key = self.keyring.find(root).ok_or(EnvelopeError::Missing)?;
        let context = WrapContext::ClientUnderRoot { client: client.to_bytes(), root };
        let wrapped = WrappedKey::from_bytes(wrapped);
        unwrap_key(root_key, context, &wrapped).map_err(|_| EnvelopeError::Unwrap)
    }
}

fn file_context(client: ClientId, blob: BlobId, version: ClientKeyVersion) -> WrapContext {
    WrapContext::FileUnderClient {
        blob: blob.to_bytes(),
        client: client.to_bytes(),
        key: u128::from(version.0).to_be_bytes(),
    }
}

/// The words of the row for "the client's key of this version".
pub(crate) fn holder(version: ClientKeyVersion) -> String {
    format!("client:{}", version.0)
}

pub(crate) fn version_of(holder: &str) -> Option<ClientKeyVersion> {
    holder.strip_prefix("client:")?.parse().ok().map(ClientKeyVersion)
}
