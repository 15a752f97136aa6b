//! Reads the root key from where the configuration says, and makes it at the very first start.

use std::path::Path;
use std::process::{Command, Stdio};
use std::{fs, io};

use anyhow::{Context as _, bail};
use dossier_seal::{Entropy, RootKeyring};
use zeroize::Zeroizing;

use super::write_private;
use crate::config::{Config, FileMode, RootKeySource, check_file_mode};

/// The name of the root key file in the data folder.
const FILE_NAME: &str = "root.key";

/// The root keys; a database that exists forbids to make new ones.
pub(super) fn load(
    config: &Config,
    existing: Existing,
    entropy: &dyn Entropy,
) -> anyhow::Result<RootKeyring> {
    let text = match &config.root_key {
        RootKeySource::DataFolder => {
            let path = config.data_dir.join(FILE_NAME);
            if !path.exists() {
                return generate(&path, existing, entropy);
            }
            read(&path)?
        }
        RootKeySource::File(path) => read(path)?,
        RootKeySource::Value(secret) => Zeroizing::new(secret.expose().to_owned()),
        RootKeySource::Command(secret) => run(secret.expose())?,
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

fn read(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    let shown = path.display();
    let text = fs::read_to_string(path).map(Zeroizing::new);
    let text = text.with_context(|| format!("cannot read the root key file {shown}"))?;
    match check_file_mode(path)? {
        FileMode::Private => Ok(text),
        FileMode::Wider(mode) => bail!(
            "the root key file {shown} is open to other users (mode {mode:o}); \
             run `chmod 600 {shown}`"
        ),
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
            read(path)?.parse().context("the root key cannot be used")
        }
        Err(error) => Err(error).with_context(|| format!("cannot write {shown}")),
    }
}

/// The standard output of the configured command; what it says on standard error is shown.
fn run(command: &str) -> anyhow::Result<Zeroizing<String>> {
    let output = Command::new("/bin/sh")
        .args(["-c", command])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run the root key command")?;
    if !output.status.success() {
        bail!("the root key command failed: {}", output.status);
    }
    let text = String::from_utf8(output.stdout).map(Zeroizing::new);
    text.map_err(|_| anyhow::anyhow!("the root key command printed no text"))
}
