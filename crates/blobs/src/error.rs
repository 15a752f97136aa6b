//! What can go wrong, one variant for each decision of the caller.

use std::io;

use dossier_seal::{OpenError, SealError};

/// Why nothing was staged. Whatever had been written is erased.
#[derive(Debug, thiserror::Error)]
pub enum StageError<E> {
    /// The stream of chunks failed: the client is gone or broke a rule.
    #[error("the stream failed")]
    Source(E),
    /// The disk or the quota is full.
    #[error("the storage is full")]
    Full,
    /// The storage does not work.
    #[error("the storage does not work")]
    Unavailable(#[source] io::Error),
}

/// Why a staged blob was not published. Its bytes are erased and the attempt is over: what a
/// failed sync left on the disk is unknown, and a second sync that succeeds would prove nothing.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The disk or the quota is full.
    #[error("the storage is full")]
    Full,
    /// The storage does not work.
    #[error("the storage does not work")]
    Unavailable(#[source] io::Error),
}

/// Why a blob cannot be read, or not any further.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There are no bytes at this location.
    #[error("the bytes are gone")]
    Missing,
    /// The bytes are not the ones that were stored. None of the wrong ones were given out.
    #[error("the bytes are damaged")]
    Damaged(#[source] OpenError),
    /// The storage does not work.
    #[error("the storage does not work")]
    Unavailable(#[source] io::Error),
}

impl<E> From<io::Error> for StageError<E> {
    fn from(error: io::Error) -> Self {
        if is_full(&error) { Self::Full } else { Self::Unavailable(error) }
    }
}

impl From<io::Error> for PublishError {
    fn from(error: io::Error) -> Self {
        if is_full(&error) { Self::Full } else { Self::Unavailable(error) }
    }
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        if let Some(damage) = error.get_ref().and_then(|inner| inner.downcast_ref::<OpenError>()) {
            return Self::Damaged(*damage);
        }
        if error.kind() == io::ErrorKind::NotFound {
            return Self::Missing;
        }
        // The file was cut while it was read.
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return Self::Damaged(OpenError::Length);
        }
        Self::Unavailable(error)
    }
}

/// A text without end is an error of the write, like any other.
pub(crate) fn unsealable(error: SealError) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, error)
}

/// ENOSPC or EDQUOT.
fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// The result of a blocking job. A panic goes on in the task that waits for it; the only other
/// reason is that the runtime is being shut down.
pub(crate) fn joined<T>(result: Result<io::Result<T>, tokio::task::JoinError>) -> io::Result<T> {
    match result {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => Err(io::Error::other(error)),
        },
    }
}
