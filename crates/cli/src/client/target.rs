//! The place a download goes to. Bytes are gathered under a name of our own and get theirs only
//! when they are whole, so that nobody takes half a file for a file.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use dossier_seal::Entropy as _;
use tokio::fs::File;

/// The longest name most file systems take, in bytes.
const NAME_LEN_MAX: usize = 255;

/// Whether a file that is already there may be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Existing {
    /// It stays, and the download fails.
    Keep,
    /// It is replaced.
    Replace,
}

/// Where a download goes.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    path: PathBuf,
    existing: Existing,
}

/// A file under a name of our own. Dropping it removes what did not become a download.
#[derive(Debug)]
pub(crate) struct Partial {
    path: PathBuf,
    target: Target,
}

impl Target {
    /// Fails early when the place is taken.
    pub(crate) fn new(path: PathBuf, existing: Existing) -> io::Result<Self> {
        if existing == Existing::Keep && path.symlink_metadata().is_ok() {
            return Err(taken());
        }
        Ok(Self { path, existing })
    }

    /// The final path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A new file beside the target, readable by its owner only.
    pub(crate) fn begin(&self) -> io::Result<(Partial, File)> {
        let name = format!(".dossier-{}.part", random_hex());
        let path = self.path.with_file_name(name);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        Ok((Partial { path, target: self.clone() }, File::from_std(file)))
    }
}

impl Partial {
    /// Gives the file, whole and synced, its name.
    pub(crate) fn finish(self) -> io::Result<()> {
        let Target { path, existing } = &self.target;
        if *existing == Existing::Keep {
            // Creating the name claims it: of two downloads only one can.
            let claim = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
            claim.map_err(|error| {
                if error.kind() == io::ErrorKind::AlreadyExists { taken() } else { error }
            })?;
        }
        std::fs::rename(&self.path, path)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // After `finish` there is nothing left under this name.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn taken() -> io::Error {
    io::Error::new(io::ErrorKind::AlreadyExists, "it is there already; --force replaces it")
}

/// 128 random bits, for names that must not meet.
pub(crate) fn random_hex() -> String {
    let mut bytes = [0; 16];
    crate::system::entropy().fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A name from the service as a name in a folder: no path, not hidden, nothing that steers a
/// terminal. `otherwise` stands in when nothing is left.
pub(crate) fn safe_name(name: &str, otherwise: &str) -> String {
    let shown = super::printable(name);
    let plain: String =
        shown.chars().map(|c| if matches!(c, '/' | '\\' | '\u{fffd}') { '_' } else { c }).collect();
    let visible = plain.trim().trim_start_matches('.');
    let visible = if visible.is_empty() { otherwise } else { visible };
    let end = (0..=NAME_LEN_MAX).rev().find(|end| visible.is_char_boundary(*end));
    visible.get(..end.unwrap_or(0)).unwrap_or(visible).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_service_never_lead_out_of_the_folder() {
        for (name, safe) in [
            ("passport.pdf", "passport.pdf"),
            ("a b ü.pdf", "a b ü.pdf"),
            ("../../etc/passwd", "_.._etc_passwd"),
            ("/etc/passwd", "_etc_passwd"),
            ("..", "id"),
            (".", "id"),
            ("", "id"),
            (" . ", "id"),
            (".bashrc", "bashrc"),
            ("C:\\x", "C:_x"),
            ("a\0\u{1b}[2Jb\n", "a__[2Jb_"),
            ("a\u{202e}fdp.exe", "a_fdp.exe"),
        ] {
            assert_eq!(safe_name(name, "id"), safe, "{name:?}");
        }
        let long = safe_name(&"ü".repeat(200), "id");
        assert_eq!((long.len(), long.chars().count()), (254, 127));
    }

    #[test]
    fn a_download_that_is_not_finished_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let target = Target::new(folder.path().join("f"), Existing::Keep).unwrap();
        drop(target.begin().unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_name_taken_meanwhile_is_kept_unless_forced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        let keep = Target::new(path.clone(), Existing::Keep).unwrap();
        let (partial, _) = keep.begin().unwrap();
        std::fs::write(&path, "theirs").unwrap();
        assert!(partial.finish().is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "theirs");
        assert!(Target::new(path.clone(), Existing::Keep).is_err());
        let replace = Target::new(path.clone(), Existing::Replace).unwrap();
        replace.begin().unwrap().0.finish().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
