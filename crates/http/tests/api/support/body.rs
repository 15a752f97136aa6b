//! Request bodies that arrive in pieces, break off, never end, or watch who reads them.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use tokio::sync::oneshot;

/// A request body without an announced length.
pub(crate) struct Body(pub(crate) axum::body::Body);

/// How many bytes of a body were read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Polled(Arc<AtomicUsize>);

impl Polled {
    pub(crate) fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Body {
    /// In pieces of `size` bytes.
    pub(crate) fn pieces(bytes: &[u8], size: usize) -> Self {
        let pieces: Vec<_> = bytes.chunks(size).map(|b| Ok(Bytes::copy_from_slice(b))).collect();
        Self::of(stream::iter(pieces))
    }

    /// These bytes, then an error of the connection.
    pub(crate) fn broken_after(bytes: &[u8]) -> Self {
        let reset = Err(io::Error::from(io::ErrorKind::ConnectionReset));
        Self::of(stream::iter([Ok(Bytes::copy_from_slice(bytes)), reset]))
    }

    /// These bytes, then nothing for ever.
    pub(crate) fn stalled_after(bytes: &[u8]) -> Self {
        let bytes = Ok(Bytes::copy_from_slice(bytes));
        Self::of(stream::iter([bytes]).chain(stream::pending()))
    }

    /// These bytes with a pause at `at`, until the sender speaks or is dropped.
    pub(crate) fn paused(bytes: &[u8], at: usize) -> (Self, oneshot::Sender<()>) {
        let (go_on, told) = oneshot::channel();
        let (start, end) = bytes.split_at(at);
        let (start, end) = (Bytes::copy_from_slice(start), Bytes::copy_from_slice(end));
        let rest = stream::once(async move {
            // A dropped sender is a client that is gone.
            told.await.map_err(|_| io::Error::from(io::ErrorKind::ConnectionReset)).map(|()| end)
        });
        (Self::of(stream::iter([Ok(start)]).chain(rest)), go_on)
    }

    /// These bytes, then zeros for ever; tells how much was read.
    pub(crate) fn endless(bytes: &[u8]) -> (Self, Polled) {
        let polled = Polled::default();
        let counted = polled.clone();
        let zeros = Bytes::from(vec![0; 64 * 1024]);
        let rest = stream::repeat_with(move || {
            counted.0.fetch_add(zeros.len(), Ordering::Relaxed);
            Ok(zeros.clone())
        });
        (Self::of(stream::iter([Ok(Bytes::copy_from_slice(bytes))]).chain(rest)), polled)
    }

    fn of(chunks: impl futures_util::Stream<Item = io::Result<Bytes>> + Send + 'static) -> Self {
        Self(axum::body::Body::from_stream(chunks))
    }
}
