//! Stages one blob: one pass over the stream, in which the text is shown to the tap, hashed and
//! sealed, and, if it is more than a buffer holds, written.

use std::io;
use std::ops::ControlFlow;

use bytes::Bytes;
use dossier_seal::Sealer;
use futures_util::{Stream, StreamExt};

use crate::buffer::RowBuffer;
use crate::error::StageError;
use crate::flight::Flight;
use crate::job::{Hasher, Job};
use crate::large::stage_large;
use crate::local::Blobs;
use crate::staged::Staged;

/// What looks at the text on its way: counts, walks.
pub trait Tap: Send + 'static {
    /// Takes the next bytes of the text. `Break` says that the rest need not be read.
    fn push(&mut self, bytes: &[u8]) -> ControlFlow<()>;
}

/// How staging ended.
#[derive(Debug)]
pub enum Staging<T> {
    /// The stream came to its end.
    Whole {
        /// The blob, sealed and not yet durable.
        staged: Staged,
        /// The tap, which has seen the whole text.
        tap: T,
    },
    /// The tap broke off. Nothing is left of the bytes.
    Stopped {
        /// The tap, which has seen the text up to its break.
        tap: T,
    },
}

/// A text that fits into this many rows is sealed where it is received, and touches no disk until
/// it is published.
const SMALL_ROWS_MAX: usize = 4;

impl Blobs {
    /// Reads `chunks` to the end, shows every byte to `tap`, and seals it with `sealer`, which is
    /// new and for the blob of `flight`. Nothing is durable and no location exists until the
    /// result is published. The memory it takes is bounded and grows with what was sent.
    pub fn stage<S, E, T>(
        &self,
        flight: Flight,
        sealer: Sealer,
        chunks: &mut S,
        tap: T,
    ) -> impl Future<Output = Result<Staging<T>, StageError<E>>>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin + Send,
        T: Tap,
    {
        // Outside of the future, and boxed: what a future is handed it has room for twice, and
        // what awaits it once more.
        let rows = RowBuffer::first(flight.pool());
        let hasher = Box::new(Hasher::new(sealer));
        self.receive(Box::new(Small { flight, hasher, tap, rows, len: 0 }), chunks)
    }

    async fn receive<S, E, T>(
        &self,
        mut small: Box<Small<T>>,
        chunks: &mut S,
    ) -> Result<Staging<T>, StageError<E>>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin + Send,
        T: Tap,
    {
        while let Some(chunk) = chunks.next().await {
            let mut chunk = chunk.map_err(StageError::Source)?;
            if small.push(&mut chunk).is_break() {
                return Ok(Staging::Stopped { tap: small.tap });
            }
            // What comes then is boxed: an upload that is received does not carry the room for it.
            if !chunk.is_empty() {
                return Box::pin(stage_large(self, *small, chunk, chunks)).await;
            }
        }
        Ok(Box::pin(small.finish(self)).await?)
    }
}

/// A blob that fits into one buffer so far.
pub(crate) struct Small<T> {
    pub(crate) flight: Flight,
    pub(crate) hasher: Box<Hasher>,
    pub(crate) tap: T,
    pub(crate) rows: RowBuffer,
    /// The text so far, in bytes.
    pub(crate) len: u64,
}

impl<T: Tap> Small<T> {
    /// Takes text from the front of `chunk`; what it leaves there is too much for one buffer.
    fn push(&mut self, chunk: &mut Bytes) -> ControlFlow<()> {
        let taken = self.rows.push(chunk, self.flight.share().min(SMALL_ROWS_MAX));
        self.len += to_u64(taken);
        self.tap.push(&chunk.split_to(taken))
    }

    async fn finish(self, blobs: &Blobs) -> io::Result<Staging<T>> {
        let Self { flight, hasher, tap, rows, len } = self;
        let mut job = Job::new(hasher, RowBuffer::next(flight.pool()));
        job.append_end(rows);
        let end = flight.finish(job).await?.end()?;
        Ok(Staging::Whole { staged: Staged::new(blobs.clone(), flight, None, (end, len)), tap })
    }
}

pub(crate) fn to_u64(len: usize) -> u64 {
    u64::try_from(len).expect("memory is addressed with at most 64 bits")
}
