//! Proving at start that the root key fits the database.

use dossier_db::{Db, DbError, InsertRootVersion, NewRootVersion, RootState, RootVersion};
use dossier_domain::Timestamp;
use dossier_seal::RootKeyring;

/// Why the root key was not taken.
#[derive(Debug, thiserror::Error)]
pub enum RootError {
    /// The database was written under another key.
    #[error(
        "root key version {0} is not the one that the database was written under; give the root \
         key that it was"
    )]
    Wrong(u32),
    /// The database knows a version that the ring lacks.
    #[error("the root key file lacks version {0}, which the database was written under")]
    Lacking(u32),
    /// The secret of the service was damaged, or is that of another database.
    #[error("the service secret in the database does not open under root key version {0}")]
    Secret(u32),
    /// Rows cannot be read or written.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Whether no service has run on this database yet.
pub(crate) async fn is_new(db: &Db) -> Result<bool, RootError> {
    Ok(db.list_root_versions().await?.is_empty())
}

/// Compares the ring with the versions that the database knows; an empty database learns the
/// ring's active version.
pub(crate) async fn check(db: &Db, keyring: &RootKeyring, now: Timestamp) -> Result<(), RootError> {
    let rows = db.list_root_versions().await?;
    for row in &rows {
        let RootVersion(number) = row.version;
        let known = dossier_seal::RootVersion::new(number).and_then(|v| keyring.check_value(v));
        match (known, row.state) {
            (Some(value), RootState::Active | RootState::Retired) => {
                if value.0.as_slice() != row.check_value {
                    return Err(RootError::Wrong(number));
                }
            }
            (None, RootState::Active | RootState::Retired) => {
                return Err(RootError::Lacking(number));
            }
        }
    }
    let active = keyring.active().0;
    if rows.iter().any(|row| row.version.0 == active.get()) {
        return Ok(());
    }
    let check_value = keyring.check_value(active).expect("the active version is in the ring");
    let check_value = check_value.0.to_vec();
    let version = RootVersion(active.get());
    let new = NewRootVersion { version, check_value: check_value.clone(), created_at: now };
    match db.insert_root_version(new).await? {
        InsertRootVersion::Inserted => Ok(()),
        // Another process was first: it must have had the same key.
        InsertRootVersion::VersionTaken => {
            let rows = db.list_root_versions().await?;
            let same = rows.iter().any(|r| r.version == version && r.check_value == check_value);
            if same { Ok(()) } else { Err(RootError::Wrong(active.get())) }
        }
    }
}
