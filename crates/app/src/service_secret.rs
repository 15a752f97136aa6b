//! The secret that the keyed hashes of the service are derived from.

use dossier_db::{Db, ReplaceServiceSecret, RootVersion as RootNumber, ServiceSecretRow};
use dossier_seal::{
    Entropy, RootKeyring, RootVersion, SecretKey as _, ServiceSecret, WrapContext, WrappedKey,
    unwrap_key, wrap_key,
};

use crate::root::RootError;

/// Opens the secret, and makes it when there is none yet. One that an older root key wraps is
/// wrapped anew, so that a rotation changes this row and no hash.
pub(crate) async fn load(
    db: &Db,
    keyring: &RootKeyring,
    entropy: &dyn Entropy,
) -> Result<ServiceSecret, RootError> {
    let row = match db.find_service_secret().await? {
        Some(row) => row,
        // Of many who come at once, all get the one that was first.
        None => {
            let new = wrap(keyring, entropy, &ServiceSecret::generate(entropy));
            db.insert_service_secret(new).await?
        }
    };
    let secret = open(keyring, &row)?;
    if row.root_version.0 != keyring.active().0.get() {
        let new = wrap(keyring, entropy, &secret);
        match db.replace_service_secret(&row, new).await? {
            // Whoever changed it had the same secret in hand.
            ReplaceServiceSecret::Replaced | ReplaceServiceSecret::Changed => {}
        }
    }
    Ok(secret)
}

fn wrap(keyring: &RootKeyring, entropy: &dyn Entropy, secret: &ServiceSecret) -> ServiceSecretRow {
    let (root, root_key) = keyring.active();
    let wrapped = wrap_key(root_key, entropy, WrapContext::ServiceUnderRoot { root }, secret);
    ServiceSecretRow { wrapped: wrapped.as_bytes().to_vec(), root_version: RootNumber(root.get()) }
}

fn open(keyring: &RootKeyring, row: &ServiceSecretRow) -> Result<ServiceSecret, RootError> {
    let RootNumber(number) = row.root_version;
    let root = RootVersion::new(number).ok_or(RootError::Lacking(number))?;
    let root_key = keyring.find(root).ok_or(RootError::Lacking(number))?;
    let wrapped = WrappedKey::from_bytes(row.wrapped.clone());
    unwrap_key(root_key, WrapContext::ServiceUnderRoot { root }, &wrapped)
        .map_err(|_| RootError::Secret(number))
}
