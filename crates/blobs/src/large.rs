//! Stages a blob that does not fit into one small buffer: while one buffer is filled from the
//! network, the one before is hashed and sealed, and the one before that is written. How many
//! threads share that depends on how many uploads there are; a hand-over takes a whole buffer,
//! which is what keeps threads cheap.

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
    let mut large = Large::begin(blobs, small)?;
    let mut chunk = chunk;
    loop {
        if large.push(chunk).await?.is_break() {
            return Ok(Staging::Stopped { tap: large.stop().await? });
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

/// What looks at the text and seals it, a row at a time.
struct Worker<T> {
    sealer: Sealer,
    tap: T,
}

/// Where the worker is.
enum Work<T> {
    /// In the task that receives. So it is while there are as many uploads as cores: the text is
    /// still warm then, and no core is free that a hand-over could win.
    Here(Box<Worker<T>>),
    /// With a buffer on a blocking thread, beside the receiving.
    Away(JoinHandle<io::Result<Worked<T>>>),
    /// On its way between the two.
    Moving,
}

/// A buffer that the worker is done with, unless its tap has seen enough.
struct Worked<T> {
    worker: Box<Worker<T>>,
    rows: RowBuffer,
    seen: ControlFlow<()>,
}

/// A large blob on its way: received into one buffer, worked on in another, written from a third.
struct Large<T> {
    flight: Flight,
    /// The text so far, in bytes.
    len: u64,
    /// The buffer that is being filled.
    rows: RowBuffer,
    work: Work<T>,
    /// The file, back from the last write or still there.
    draft: JoinHandle<io::Result<Draft>>,
    renewed: Instant,
}

impl<T: Tap> Large<T> {
    fn begin(blobs: &Blobs, small: Small<T>) -> io::Result<Self> {
        let Small { mut flight, mut sealer, tap, rows: mut first, len } = small;
        let (folders, blob, ready) = (blobs.folders.clone(), flight.blob(), flight.take_file());
        first.all_shown();
        first.seal_shown(&mut sealer)?;
        let draft = spawn_blocking(move || {
            let mut draft = Draft::open_direct(&folders, blob, ready)?;
            draft.write_rows(&first)?;
            Ok(draft)
        });
        let rows = RowBuffer::next(flight.pool());
        let work = Work::Here(Box::new(Worker { sealer, tap }));
        Ok(Self { flight, len, rows, work, draft, renewed: Instant::now() })
    }

    /// Takes the chunk, and hands over each buffer that it overfills. Breaks when the tap did.
    async fn push(&mut self, mut chunk: Bytes) -> io::Result<ControlFlow<()>> {
        loop {
            let taken = self.rows.push(&chunk, self.flight.share());
            self.len += to_u64(taken);
            chunk.advance(taken);
            let seen = if chunk.is_empty() { self.work_ahead()? } else { self.hand_over().await? };
            if chunk.is_empty() || seen.is_break() {
                return Ok(seen);
            }
        }
    }

    /// Works on the rows that more text is sure to follow, while they are warm.
    fn work_ahead(&mut self) -> io::Result<ControlFlow<()>> {
        match &mut self.work {
            Work::Here(worker) if self.flight.is_crowded() => {
                self.rows.work(self.rows.count().saturating_sub(1), worker)
            }
            Work::Here(_) | Work::Away(_) | Work::Moving => Ok(ControlFlow::Continue(())),
        }
    }

    /// Sends the full buffer on its way: through the worker, then to the disk.
    async fn hand_over(&mut self) -> io::Result<ControlFlow<()>> {
        let (mut worker, seen) = self.worker().await?;
        if seen.is_break() {
            self.work = Work::Here(worker);
            return Ok(seen);
        }
        let empty = RowBuffer::next(self.flight.pool());
        let mut rows = std::mem::replace(&mut self.rows, empty);
        self.renewed = Instant::now();
        let all = rows.count();
        if self.flight.is_crowded() {
            let seen = rows.work(all, &mut worker)?;
            self.work = Work::Here(worker);
            if seen.is_continue() {
                self.write(rows).await?;
            }
            return Ok(seen);
        }
        self.work = Work::Away(spawn_blocking(move || {
            let seen = rows.work(all, &mut worker)?;
            Ok(Worked { worker, rows, seen })
        }));
        Ok(ControlFlow::Continue(()))
    }

    /// The worker, back home; what it had with it goes on to the disk.
    async fn worker(&mut self) -> io::Result<(Box<Worker<T>>, ControlFlow<()>)> {
        match std::mem::replace(&mut self.work, Work::Moving) {
            Work::Here(worker) => Ok((worker, ControlFlow::Continue(()))),
            Work::Away(away) => {
                let Worked { worker, rows, seen } = joined(away.await)?;
                if seen.is_continue() {
                    self.write(rows).await?;
                }
                Ok((worker, seen))
            }
            Work::Moving => Err(io::Error::other("a blob goes on after its error")),
        }
    }

    async fn write(&mut self, rows: RowBuffer) -> io::Result<()> {
        let mut draft = joined((&mut self.draft).await)?;
        self.draft = spawn_blocking(move || {
            draft.write_rows(&rows)?;
            Ok(draft)
        });
        Ok(())
    }

    /// Renews the age of the draft while the client is slow.
    async fn renew(&mut self) -> io::Result<()> {
        let draft = joined((&mut self.draft).await)?;
        self.draft = spawn_blocking(move || {
            draft.touch()?;
            Ok(draft)
        });
        self.renewed = Instant::now();
        Ok(())
    }

    async fn finish(mut self, blobs: &Blobs) -> io::Result<Staging<T>> {
        let (mut worker, mut seen) = self.worker().await?;
        let mut end = self.rows;
        let all = end.count();
        if seen.is_continue() {
            seen = end.show(all, &mut worker.tap);
        }
        let Worker { sealer, tap } = *worker;
        let draft = joined(self.draft.await)?;
        if seen.is_break() {
            draft.erase().await;
            return Ok(Staging::Stopped { tap });
        }
        end.seal_end(sealer)?;
        let staged = Staged::on_disk(blobs.clone(), self.flight, draft, (end, self.len));
        Ok(Staging::Whole { staged, tap })
    }

    /// Waits for the blocking threads, erases what they wrote and gives the tap back.
    async fn stop(mut self) -> io::Result<T> {
        let (worker, _) = self.worker().await?;
        joined(self.draft.await)?.erase().await;
        Ok(worker.tap)
    }

    /// Waits for the blocking threads and erases what they wrote.
    async fn abandon(self) {
        // After an error of its own the draft is erased already.
        if let Ok(draft) = joined(self.draft.await) {
            draft.erase().await;
        }
    }
}

impl RowBuffer {
    /// Shows the rows before `end` to the tap and seals them, one by one, as far as that is not
    /// done; each is full, and more text is sure to follow it.
    fn work<T: Tap>(&mut self, end: usize, worker: &mut Worker<T>) -> io::Result<ControlFlow<()>> {
        for row in self.worked()..end {
            if self.show(row + 1, &mut worker.tap).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            self.seal_shown(&mut worker.sealer)?;
        }
        Ok(ControlFlow::Continue(()))
    }
}
