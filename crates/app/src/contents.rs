//! Reading the bytes of a file, verified chunk by chunk.

use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use dossier_domain::FileId;
use futures_util::Stream;

use crate::{App, Caller, File, ReadError};

/// A file whose bytes may be read.
pub struct Contents {
    /// The file.
    pub file: File,
}

/// Verified bytes in order. The first chunk is already verified when the stream is handed out;
/// an error ends the stream, and no wrong byte comes before it.
pub struct ContentStream {}

impl Stream for ContentStream {
    type Item = Result<Bytes, ReadError>;

    fn poll_next(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        todo!()
    }
}

impl App {
    /// Finds a file whose bytes may be read.
    ///
    /// # Errors
    /// [`ReadError::NotFound`], [`ReadError::NotReady`], [`ReadError::Unavailable`]
    pub async fn open_contents(
        &self,
        _caller: &Caller,
        _id: FileId,
    ) -> Result<Contents, ReadError> {
        todo!()
    }

    /// Reads `range` (byte offsets, inside the file, not empty) of its bytes.
    ///
    /// # Errors
    /// [`ReadError::Integrity`], [`ReadError::Unavailable`]
    pub async fn read_contents(
        &self,
        _contents: &Contents,
        _range: Range<u64>,
    ) -> Result<ContentStream, ReadError> {
        todo!()
    }
}
