//! The upload use case: stage, judge, publish, finish.

use dossier_domain::Violation;
use futures_util::Stream;

use crate::{App, Caller, File, Part, PartName};

/// 1 to 255 visible ASCII characters that name one attempt to upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Takes a header value.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        fits.then(|| Self(text.to_owned()))
    }
}

/// One upload, as a door hands it over.
pub struct Upload<S> {
    /// The parts in order of arrival; read to the end even after the file is complete.
    pub parts: S,
    /// The idempotency key, if the client sent one.
    pub idempotency_key: Option<IdempotencyKey>,
}

/// Why an upload was not taken. Nothing is stored in every case but `OutcomeUnknown`'s.
#[derive(Debug, thiserror::Error)]
pub enum UploadError<E> {
    /// The door's own stream failed: malformed, too slow, gone.
    #[error("the door failed")]
    Door(E),
    /// A part did not come.
    #[error("the part {} is missing", .0.as_str())]
    PartMissing(PartName),
    /// A part came twice.
    #[error("the part {} is repeated", .0.as_str())]
    PartRepeated(PartName),
    /// Rules were broken; all that are known, at least one.
    #[error("rules were broken")]
    Refused(Vec<Violation>),
    /// The file's bytes have another SHA-256 than the client announced.
    #[error("the digest does not match")]
    DigestMismatch,
    /// An upload with this idempotency key is under way.
    #[error("an upload with this idempotency key is under way")]
    IdempotencyRunning,
    /// The idempotency key answered an upload of other content.
    #[error("the idempotency key was used for other content")]
    IdempotencyConflict,
    /// The API key was revoked while the upload ran.
    #[error("the key was revoked")]
    KeyRevoked,
    /// No room for the bytes or the row.
    #[error("storage is full")]
    StorageFull,
    /// Rows or bytes cannot be written now; the text is for the log.
    #[error("rows or bytes cannot be written: {0}")]
    Unavailable(String),
}

impl App {
    /// Takes one file in. Runs in a task of its own: a client that leaves is an error of
    /// `parts`, never a dropped future.
    ///
    /// # Errors
    /// [`UploadError`]
    pub async fn upload_file<S, E>(
        &self,
        _caller: &Caller,
        _upload: Upload<S>,
    ) -> Result<File, UploadError<E>>
    where
        S: Stream<Item = Result<Part, E>> + Send + Unpin,
        E: Send,
    {
        todo!()
    }
}
