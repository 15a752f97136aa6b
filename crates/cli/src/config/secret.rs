//! Secrets, where they come from, and the settings that say so.

use std::fmt;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use dossier_app::ChosenSecret;
use zeroize::Zeroizing;

use super::read::Reader;
use super::setting::Key;
use super::value::Complaint;

/// The settings of the root key, as [`read_secret`] takes them.
pub(super) const ROOT_KEY: [Key; 3] = [Key::RootKeyFile, Key::RootKey, Key::RootKeyCommand];
/// Those of the secret that checkpoints are signed with.
pub(super) const CHECKPOINT_SECRET: [Key; 3] =
    [Key::AuditCheckpointSecretFile, Key::AuditCheckpointSecret, Key::AuditCheckpointSecretCommand];

/// A text that is wiped from memory when dropped and never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself. Whoever calls this answers for where it goes.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Where a secret comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// This file; see [`check_file_mode`].
    File(PathBuf),
    /// Its text, from the environment.
    Value(Secret),
    /// The standard output of this command, run by `/bin/sh -c`.
    Command(Secret),
}

/// Where the bootstrap key comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BootstrapKeySource {
    /// The key.
    Value(ChosenSecret),
    /// A file with the key.
    File(PathBuf),
}

/// What the rights on a file or folder let other users do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileMode {
    /// Only the owner has any right.
    Private,
    /// The group or other users have some right; the permission bits.
    Wider(u32),
}

/// Looks at the rights of a file or folder, through symbolic links (a mounted secret is one). A
/// secret whose file is [`FileMode::Wider`] is refused by the caller. A data folder is warned
/// about, and the file of the bootstrap key: it is made for containers, which mount secrets with
/// mode 0444 for a user who is not their owner, and unlike the others it can be revoked.
pub fn check_file_mode(path: &Path) -> io::Result<FileMode> {
    let mode = std::fs::metadata(path)?.permissions().mode() & 0o777;
    Ok(if mode & 0o077 == 0 { FileMode::Private } else { FileMode::Wider(mode) })
}

/// The bootstrap key, or its file.
pub(super) fn read_bootstrap_key(read: &mut Reader) -> Option<BootstrapKeySource> {
    let keys = [Key::BootstrapKey, Key::BootstrapKeyFile];
    if keys.iter().all(|key| read.has(*key)) {
        read.refuse_together(&keys, "both are given", "Give one of them");
    }
    let value = read.optional(Key::BootstrapKey, |text| {
        let fix = "Make one with `echo \"dsk_$(openssl rand -hex 32)\"`";
        ChosenSecret::parse(text).map_err(|error| Complaint::new(error.to_string(), fix))
    });
    let file = read.path(Key::BootstrapKeyFile).map(BootstrapKeySource::File);
    value.map(BootstrapKeySource::Value).or(file)
}

/// A secret that is given in one of three ways: its file, itself, or a command.
pub(super) fn read_secret(read: &mut Reader, keys: [Key; 3]) -> Option<SecretSource> {
    if keys.iter().filter(|key| read.has(**key)).count() > 1 {
        read.refuse_together(&keys, "more than one of them is given", "Give at most one");
    }
    let [file, value, command] = keys;
    let file = read.path(file).map(SecretSource::File);
    let value = read.text(value).map(|text| SecretSource::Value(Secret::new(text)));
    let command = read.text(command).map(|text| SecretSource::Command(Secret::new(text)));
    file.or(value).or(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_print() {
        let secret = Secret::new("hush".to_owned());
        let printed = format!("{secret:?} {:?}", SecretSource::Command(secret.clone()));
        assert!(!printed.contains("hush"));
    }

    #[test]
    fn only_the_owners_rights_are_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "x").unwrap();
        for (mode, expected) in [
            (0o600, FileMode::Private),
            (0o400, FileMode::Private),
            (0o640, FileMode::Wider(0o640)),
            (0o604, FileMode::Wider(0o604)),
        ] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(check_file_mode(&path).unwrap(), expected);
        }
        assert!(check_file_mode(&folder.path().join("absent")).is_err());
    }
}
