//! What can go wrong, one variant for each decision a caller can make.

use std::path::PathBuf;

/// Why the database could not be opened. Every one of them ends the start of the program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The folder that should hold the database is missing or unreadable.
    #[error("the folder of the database {path} cannot be used: {reason}")]
    Folder {
        /// The database file that was asked for.
        path: PathBuf,
        /// What the operating system said.
        reason: String,
    },
    /// The schema was written by a newer program, which alone may write it.
    #[error(
        "the database has schema version {found}, but this program knows only up to {known}: \
         use the newer program"
    )]
    SchemaNewer {
        /// The version in the file.
        found: u32,
        /// The newest version this program knows.
        known: u32,
    },
    /// The schema is older than this tool: only the server migrates a database with rows in it.
    #[error(
        "the database has schema version {found} and this tool needs {known}: \
         start the server of this version first"
    )]
    SchemaOlder {
        /// The version in the file.
        found: u32,
        /// The version this program needs.
        known: u32,
    },
    /// A program from before the first release made it.
    #[error(
        "the database was made by an unreleased version of this program (its schema step \
         {version} is {name}), which no other can read: begin with an empty data folder"
    )]
    SchemaStrange {
        /// The version whose step is another.
        version: u32,
        /// The name of that step in the file.
        name: String,
    },
    /// Not a database of ours, damaged, locked for too long, or not writable.
    #[error("the database cannot be opened: {0}")]
    Unusable(String),
}

/// Why a read or a write has no answer. The texts are for the operator's log only.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DbError {
    /// Nothing was changed; the same call may succeed later.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// Nothing was changed; the disk, or the database's share of it, is full.
    #[error("the database has no room left")]
    Full,
    /// The write may or may not have been made durable: ask before undoing anything outside.
    #[error("whether the write was committed is not known: {0}")]
    OutcomeUnknown(String),
    /// Nothing was changed; a statement or a stored value is wrong, so trying again is useless.
    #[error("the database refused a statement or holds a wrong value: {0}")]
    Broken(String),
}
