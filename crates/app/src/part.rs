//! The door type: what a door tells the upload use case, whatever protocol it speaks.

use std::fmt;

use bytes::Bytes;

/// One event of an upload, in the order of arrival.
pub enum Part {
    /// The whole text field `purpose`.
    Purpose(String),
    /// The file begins.
    FileStart(FileStart),
    /// Some bytes of the file; never empty.
    Chunk(Bytes),
    /// The file is complete.
    FileEnd,
}

/// What a door knows of a file before its bytes.
#[derive(Default)]
pub struct FileStart {
    /// The filename; `None` when it is not UTF-8.
    pub name: Option<String>,
    /// The declared `type/subtype`, lower-case, without parameters.
    pub declared: Option<String>,
    /// The SHA-256 that the client announced for the file.
    pub sha256: Option<[u8; 32]>,
}

/// What a client sends never reaches a log by way of `Debug`.
impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Purpose(_) => f.write_str("Purpose(…)"),
            Self::FileStart(start) => start.fmt(f),
            Self::Chunk(bytes) => write!(f, "Chunk({} bytes)", bytes.len()),
            Self::FileEnd => f.write_str("FileEnd"),
        }
    }
}

/// Filenames never reach a log by way of `Debug`.
impl fmt::Debug for FileStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileStart(…)")
    }
}

/// The parts that an upload consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartName {
    /// The text field `purpose`.
    Purpose,
    /// The file.
    File,
}

impl PartName {
    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Purpose => "purpose",
            Self::File => "file",
        }
    }
}
