//! Stages a blob that does not fit into one small buffer: while one buffer is filled from the
//! network, a blocking thread hashes, seals and writes the one before. One hand-over for each
//! buffer is what keeps threads cheap.

use std::io;
use std::ops::ControlFlow;
use std::time::Duration;

use bytes::{Buf, Bytes};
use dossier_seal::Sealer;
use futures_util::{Stream, StreamExt};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, timeout_at};

use crate::buffer::RowBuffer;
use crate::draft::Draft;
use crate::error::{StageError, joined};
use crate::flight::Flight;
use crate::local::Blobs;
use crate::stage::{Small, Staging, Tap, to_u64};
use crate::staged::Staged;

/// How long a draft may go without a write before its age is renewed. A sweep takes unnamed
/// bytes older than five minutes for those that a crash left.
const RENEW_AFTER: Duration = Duration::from_secs(60);

/// Goes on after `small`, whose buffer is full, with `chunk`, which is not empty, and `chunks`.
pub(crate) async fn stage_large<S, E, T>(
    blobs: &Blobs,
    small: Small<T>,
    chunk: Bytes,
    chunks: &mut S,
) -> Result<Staging<T>, StageError<E>>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin + Send,
    T: Tap,
{
    let mut large = Large::begin(blobs, small);
    let mut chunk = chunk;
    loop {
        if let ControlFlow::Break(lane) = large.push(chunk).await? {
            return Ok(Staging::Stopped { tap: lane.erase().await });
        }
        chunk = loop {
            match timeout_at(large.renewed + RENEW_AFTER, chunks.next()).await {
                Ok(Some(Ok(chunk))) => break chunk,
                Ok(Some(Err(error))) => {
                    large.abandon().await;
                    return Err(StageError::Source(error));
                }
                Ok(None) => return Ok(large.finish(blobs).await?),
                Err(_) => large.renew().await?,
            }
        };
    }
}

/// What goes to the blocking thread with each buffer, and comes back.
struct Lane<T> {
    sealer: Sealer,
    tap: T,
    draft: Draft,
}

/// A lane that is back from the blocking thread, and whether the tap wants more.
struct Turn<T> {
    lane: Lane<T>,
    seen: ControlFlow<()>,
}

/// A large blob on its way.
struct Large<T> {
    flight: Flight,
    /// The text so far, in bytes.
    len: u64,
    /// The buffer that is being filled.
    rows: RowBuffer,
    /// The lane, with the buffer before it or back from there.
    turn: JoinHandle<io::Result<Turn<T>>>,
    renewed: Instant,
}

impl<T: Tap> Large<T> {
    fn begin(blobs: &Blobs, small: Small<T>) -> Self {
        let Small { flight, mut sealer, tap, rows: mut first, len } = small;
        let (folders, blob) = (blobs.folders.clone(), flight.blob());
        let turn = spawn_blocking(move || {
            let mut draft = Draft::create_direct(&folders, blob)?;
            first.seal_full(&mut sealer)?;
            draft.write_rows(&first)?;
            let seen = ControlFlow::Continue(());
            Ok(Turn { lane: Lane { sealer, tap, draft }, seen })
        });
        let rows = RowBuffer::next(flight.pool());
        Self { flight, len, rows, turn, renewed: Instant::now() }
    }

    /// Takes the chunk, and hands over each buffer that it overfills. Breaks when the tap did.
    async fn push(&mut self, mut chunk: Bytes) -> io::Result<ControlFlow<Lane<T>>> {
        loop {
            let taken = self.rows.push(&chunk, self.flight.share());
            self.len += to_u64(taken);
            chunk.advance(taken);
            if chunk.is_empty() {
                return Ok(ControlFlow::Continue(()));
            }
            let Turn { lane, seen } = joined((&mut self.turn).await)?;
            if seen.is_break() {
                return Ok(ControlFlow::Break(lane));
            }
            self.hand_over(lane);
        }
    }

    fn hand_over(&mut self, mut lane: Lane<T>) {
        let empty = RowBuffer::next(self.flight.pool());
        let mut full = std::mem::replace(&mut self.rows, empty);
        self.turn = spawn_blocking(move || {
            let seen = full.show(&mut lane.tap);
            if seen.is_continue() {
                full.seal_full(&mut lane.sealer)?;
                lane.draft.write_rows(&full)?;
            }
            Ok(Turn { lane, seen })
        });
        self.renewed = Instant::now();
    }

    /// Renews the age of the draft while the client is slow.
    async fn renew(&mut self) -> io::Result<()> {
        let before = joined((&mut self.turn).await)?;
        self.turn = spawn_blocking(move || {
            before.lane.draft.touch()?;
            Ok(before)
        });
        self.renewed = Instant::now();
        Ok(())
    }

    async fn finish(self, blobs: &Blobs) -> io::Result<Staging<T>> {
        let Turn { lane, seen } = joined(self.turn.await)?;
        if seen.is_break() {
            return Ok(Staging::Stopped { tap: lane.erase().await });
        }
        let (flight, mut end, len) = (self.flight, self.rows, self.len);
        let blobs = blobs.clone();
        let ending = spawn_blocking(move || {
            let Lane { sealer, mut tap, draft } = lane;
            if end.show(&mut tap).is_break() {
                return Ok(Staging::Stopped { tap });
            }
            end.seal_end(sealer)?;
            Ok(Staging::Whole { staged: Staged::on_disk(blobs, flight, draft, (end, len)), tap })
        });
        joined(ending.await)
    }

    /// Waits for the blocking thread and erases what it wrote.
    async fn abandon(self) {
        // After an error of its own the draft is erased already.
        if let Ok(before) = joined(self.turn.await) {
            before.lane.erase().await;
        }
    }
}

impl<T: Tap> Lane<T> {
    /// Erases the draft and gives the tap back.
    async fn erase(self) -> T {
        self.draft.erase().await;
        self.tap
    }
}
