//! Secrets and where they come from.

use std::fmt;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use dossier_app::ChosenSecret;
use zeroize::Zeroizing;

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

/// Where the root key comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RootKeySource {
    /// A file in the data folder, made at first start.
    DataFolder,
    /// This file; see [`check_file_mode`].
    File(PathBuf),
    /// The text of a root key file, from the environment.
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

/// Looks at the rights of a file or folder, through symbolic links (a mounted secret is one).
/// The caller refuses a root key file that is [`FileMode::Wider`] and warns about a data folder.
pub fn check_file_mode(path: &Path) -> io::Result<FileMode> {
    let mode = std::fs::metadata(path)?.permissions().mode() & 0o777;
    Ok(if mode & 0o077 == 0 { FileMode::Private } else { FileMode::Wider(mode) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_print() {
        let secret = Secret::new("hush".to_owned());
        let printed = format!("{secret:?} {:?}", RootKeySource::Command(secret.clone()));
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
