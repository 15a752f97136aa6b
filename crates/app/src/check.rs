//! Judging a file before it is uploaded.

use dossier_domain::{Accepted, ByteCount, Violation};

use crate::{App, Caller};

/// What is known of a file before its upload.
#[derive(Clone, Debug)]
pub struct CheckFile {
    /// The purpose, as it came.
    pub purpose: String,
    /// The filename.
    pub name: String,
    /// The size.
    pub size: ByteCount,
    /// The declared type, lower-case, without parameters.
    pub declared: Option<String>,
    /// The first bytes of the file.
    pub head: Option<Vec<u8>>,
}

impl App {
    /// Judges a file as far as its name, size and first bytes allow; stores nothing.
    ///
    /// # Errors
    /// Every broken rule.
    pub fn check_file(
        &self,
        _caller: &Caller,
        _check: &CheckFile,
    ) -> Result<Accepted, Vec<Violation>> {
        todo!()
    }
}
