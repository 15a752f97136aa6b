//! Reads a secret from where the configuration says.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use zeroize::Zeroizing;

use crate::config::{FileMode, SecretSource, check_file_mode};

/// The text of a secret; `name` is what messages call it.
pub(crate) fn read(source: &SecretSource, name: &str) -> anyhow::Result<Zeroizing<String>> {
    match source {
        SecretSource::File(path) => read_file(path, name),
        SecretSource::Value(secret) => Ok(Zeroizing::new(secret.expose().to_owned())),
        SecretSource::Command(secret) => run(secret.expose(), name),
    }
}

/// The text of a file that only its owner has any right on.
pub(crate) fn read_file(path: &Path, name: &str) -> anyhow::Result<Zeroizing<String>> {
    let shown = path.display();
    let text = read_text(path, name)?;
    match check_file_mode(path)? {
        FileMode::Private => Ok(text),
        FileMode::Wider(mode) => bail!(
            "the {name} file {shown} is open to other users (mode {mode:o}); \
             run `chmod 600 {shown}`"
        ),
    }
}

/// The text of a file that a container may have mounted with rights for all, and that the service
/// may not be the owner of: such rights are worth a warning.
pub(crate) fn read_mounted_file(path: &Path, name: &str) -> anyhow::Result<Zeroizing<String>> {
    let text = read_text(path, name)?;
    if let FileMode::Wider(mode) = check_file_mode(path)? {
        let (path, mode) = (path.display(), format!("{mode:o}"));
        tracing::warn!(%path, mode, "the {name} file is open to other users");
    }
    Ok(text)
}

fn read_text(path: &Path, name: &str) -> anyhow::Result<Zeroizing<String>> {
    let text = fs::read_to_string(path).map(Zeroizing::new);
    text.with_context(|| format!("cannot read the {name} file {}", path.display()))
}

/// The standard output of the configured command; what it says on standard error is shown.
fn run(command: &str, name: &str) -> anyhow::Result<Zeroizing<String>> {
    let output = Command::new("/bin/sh")
        .args(["-c", command])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run the {name} command"))?;
    if !output.status.success() {
        bail!("the {name} command failed: {}", output.status);
    }
    let text = String::from_utf8(output.stdout).map(Zeroizing::new);
    text.map_err(|_| anyhow::anyhow!("the {name} command printed no text"))
}
