//! Reads the root key from where the configuration says, and makes it at the very first start.

use std::io;
use std::path::Path;

use anyhow::{Context as _, bail};
use dossier_seal::{Entropy, RootKeyring};

use super::write_private;
use crate::config::Config;
use crate::secret;

/// The name of the root key file in the data folder.
const FILE_NAME: &str = "root.key";
/// What messages call it.
const NAME: &str = "root key";

/// The root keys; a database that exists forbids to make new ones.
pub(super) fn load(
    config: &Config,
    existing: Existing,
    entropy: &dyn Entropy,
) -> anyhow::Result<RootKeyring> {
    let text = match &config.root_key {
        Some(source) => secret::read(source, NAME)?,
        None => {
            let path = config.data_dir.join(FILE_NAME);
            if !path.exists() {
                return generate(&path, existing, entropy);
            }
            secret::read_file(&path, NAME)?
        }
    };
    text.parse().context("the root key cannot be used")
}

/// Whether rows may have been written under a key before.
pub(super) enum Existing {
    Database,
    Nothing,
}

impl Existing {
    /// Looks for the database file.
    pub(super) fn at(path: &Path) -> Self {
        if path.exists() { Self::Database } else { Self::Nothing }
    }
}

fn generate(path: &Path, existing: Existing, entropy: &dyn Entropy) -> anyhow::Result<RootKeyring> {
    let shown = path.display();
    if let Existing::Database = existing {
        bail!(
            "the root key file {shown} is gone, but there is a database that was written under \
             it; bring the file back from its backup"
        );
    }
    let keyring = RootKeyring::generate(entropy);
    match write_private(path, keyring.to_text().as_bytes()) {
        Ok(()) => {
            tracing::warn!(
                path = %shown,
                "a root key was made; back it up now: without it no stored file can be read"
            );
            Ok(keyring)
        }
        // Another process was first.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            secret::read_file(path, NAME)?.parse().context("the root key cannot be used")
        }
        Err(error) => Err(error).with_context(|| format!("cannot write {shown}")),
    }
}
