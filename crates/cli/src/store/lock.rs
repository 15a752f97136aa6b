//! Holds each part of an embedded store for its one server. The locks end with the process, however
//! it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

/// The one server's hold on a part of the store, for as long as it lives.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

/// What the complaint calls a part that another server holds.
struct Part<'a> {
    name: &'static str,
    flag: &'static str,
    path: &'a Path,
}

impl Lock {
    /// Locks the data folder by a file in it.
    pub(super) fn data(folder: &Path) -> anyhow::Result<Self> {
        let part = Part { name: "the data folder", flag: "--data-dir", path: folder };
        part.lock(make(&folder.join("server.lock"))?)
    }

    /// Locks a database by a file beside it: SQLite's own locks on the file itself would end with
    /// any handle on it that this process closes.
    pub(super) fn database(path: &Path) -> anyhow::Result<Self> {
        let part = Part { name: "the database", flag: "--database", path };
        let beside = beside(path).with_context(|| format!("cannot look at {}", path.display()))?;
        part.lock(make(&beside)?)
    }

    /// Locks the folder of the bytes itself, which holds nothing but blobs.
    pub(super) fn storage(folder: &Path) -> anyhow::Result<Self> {
        let part = Part { name: "the storage", flag: "--storage", path: folder };
        let file = File::open(folder);
        part.lock(file.with_context(|| format!("cannot open {}", folder.display()))?)
    }
}

impl Part<'_> {
    fn lock(self, file: File) -> anyhow::Result<Lock> {
        let Self { name, flag, path } = self;
        let shown = path.display();
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => bail!(
                "another server runs on this store, and only one may: it holds {name} {shown}; \
                 stop it, or give this one another with {flag}"
            ),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock {name} {shown}"))
            }
        }
    }
}

/// One database has one such file, whatever link leads to it.
fn beside(database: &Path) -> io::Result<PathBuf> {
    let mut name = match database.canonicalize() {
        // It is about to be made.
        Err(error) if error.kind() == io::ErrorKind::NotFound => database.as_os_str().to_owned(),
        found => found?.into_os_string(),
    };
    name.push("-lock");
    Ok(name.into())
}

fn make(path: &Path) -> anyhow::Result<File> {
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path);
    file.with_context(|| format!("cannot open {}", path.display()))
}
