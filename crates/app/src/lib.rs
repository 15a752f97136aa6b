//! Use cases and jobs: the only crate that sees rules, rows and bytes together.
//!
//! Every use case takes `&Caller` first; doors (HTTP now) translate and decide nothing.

mod authenticate;
mod caller;
mod check;
mod clock;
mod contents;
mod file;
mod files;
mod part;
mod status;
mod upload;

pub use authenticate::AuthError;
pub use caller::{Caller, MissingScope};
pub use check::CheckFile;
pub use clock::Clock;
pub use contents::{ContentStream, Contents};
pub use dossier_seal::Sha256;
pub use file::{File, FileStatus};
pub use files::{FileFilter, FilePage, ListError, ListFiles, Order, ReadError};
pub use part::{FileStart, Part, PartName};
pub use status::Readiness;
pub use upload::{IdempotencyKey, Upload, UploadError};

/// The service behind every door.
pub struct App {}

impl App {
    /// A fresh random id, for requests that bring none.
    #[must_use]
    pub fn random_id(&self) -> String {
        todo!()
    }
}
