//! Stages a blob that does not fit into one small buffer: while one buffer is filled from the
//! network, the one before is hashed and sealed, and the one before that is written. How many
//! threads share that depends on how many uploads there are; a hand-over takes a whole buffer,
//! which is what keeps threads cheap.

use std::io;
use std::ops::ControlFlow;
use std::time::Duration;

use bytes::{Buf, Bytes};
use futures_util::{Stream, StreamExt};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, timeout_at};

use crate::buffer::RowBuffer;
use crate::draft::Draft;
use crate::error::{StageError, joined};
use crate::flight::Flight;
use crate::job::{End, Hasher, Job};
use crate::local::Blobs;
use crate::pairs::{Back, Met, Offered};
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
    match large.receive(chunk, chunks).await {
        Ok(Received::All(end)) => large.into_staged(end).await,
        Ok(Received::Enough) => Ok(Staging::Stopped { tap: large.stop().await? }),
        Err(error) => {
            large.abandon().await;
            Err(error)
        }
    }
}

/// How the text ended.
enum Received {
    /// With its end, which is hashed and sealed.
    All(End),
    /// The tap broke off.
    Enough,
}

/// Where the hasher is.
#[derive(Debug)]
enum Place {
    /// At home, without a job.
    Home(Box<Hasher>),
    /// With rows that another upload may take along. So it is while there are as many uploads as
    /// cores: no core is free that a hand-over could win.
    Offered(Offered),
    /// With a buffer on a blocking thread, beside the receiving.
    Away(JoinHandle<io::Result<Job>>),
    /// On its way between them.
    Moving,
}

/// A large blob on its way: received into one buffer, worked on in another, written from a third.
struct Large<T> {
    blobs: Blobs,
    flight: Flight,
    tap: T,
    /// The text so far, in bytes.
    len: u64,
    /// The rows that are being filled, and those that were filled since the hasher left.
    rows: RowBuffer,
    place: Place,
    /// How many rows are offered, of those that the next hand-over takes.
    offered: usize,
    /// What the hasher is done with and is to be written next.
    done: RowBuffer,
    /// The file, back from the last write or still there. `None` before the first.
    draft: Option<JoinHandle<io::Result<Draft>>>,
    renewed: Instant,
}

impl<T: Tap> Large<T> {
    fn begin(blobs: &Blobs, small: Small<T>) -> Self {
        let Small { flight, hasher, tap, mut rows, len } = small;
        rows.all_shown();
        let done = RowBuffer::next(flight.pool());
        let (place, blobs) = (Place::Home(hasher), blobs.clone());
        let renewed = Instant::now();
        Self { blobs, flight, tap, len, rows, place, offered: 0, done, draft: None, renewed }
    }

    /// Takes `chunk` and all that follow.
    async fn receive<S, E>(
        &mut self,
        mut chunk: Bytes,
        chunks: &mut S,
    ) -> Result<Received, StageError<E>>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin + Send,
    {
        loop {
            if self.push(chunk).await?.is_break() {
                return Ok(Received::Enough);
            }
            chunk = loop {
                match timeout_at(self.renewed + RENEW_AFTER, chunks.next()).await {
                    Ok(Some(chunk)) => break chunk.map_err(StageError::Source)?,
                    Ok(None) => return Ok(self.end().await?),
                    Err(_) => self.renew().await?,
                }
            };
        }
    }

    /// Takes the chunk, and hands over each buffer that it overfills. Breaks when the tap did.
    async fn push(&mut self, mut chunk: Bytes) -> io::Result<ControlFlow<()>> {
        loop {
            let elsewhere = self.offered + self.done.count();
            let taken = self.rows.push(&chunk, self.flight.share().saturating_sub(elsewhere));
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
        let full = self.rows.count().saturating_sub(1);
        let seen = self.rows.show(full, &mut self.tap);
        if seen.is_continue() && full > 0 && self.flight.is_crowded() {
            self.offer()?;
        }
        Ok(seen)
    }

    /// Leaves the rows that were shown where other uploads come, or does them with one that waits.
    fn offer(&mut self) -> io::Result<()> {
        let mut job = match std::mem::replace(&mut self.place, Place::Moving) {
            Place::Home(hasher) => self.job(hasher),
            Place::Offered(offered) => match offered.try_back()? {
                Back::Job(job) => job,
                Back::Busy(offered) => {
                    self.place = Place::Offered(offered);
                    return Ok(());
                }
            },
            place @ (Place::Away(_) | Place::Moving) => {
                self.place = place;
                return Ok(());
            }
        };
        self.add_shown(&mut job);
        self.place = match self.flight.pairs().meet(job)? {
            Met::Done(job) => Place::Home(self.take_back(job)),
            Met::Offered(offered) => Place::Offered(offered),
        };
        Ok(())
    }

    /// Sends the full buffer on its way: through the hasher, then to the disk.
    async fn hand_over(&mut self) -> io::Result<ControlFlow<()>> {
        if self.rows.show(self.rows.count(), &mut self.tap).is_break() {
            return Ok(ControlFlow::Break(()));
        }
        let mut job = self.call_back().await?;
        self.add_shown(&mut job);
        self.renewed = Instant::now();
        if self.flight.is_crowded() {
            let job = self.flight.finish(job).await?;
            self.place = Place::Home(self.take_back(job));
            self.write().await?;
        } else {
            self.write().await?;
            // These rows are no part of the buffer that is filled meanwhile.
            self.offered = 0;
            self.place = Place::Away(spawn_blocking(move || {
                job.run()?;
                Ok(job)
            }));
        }
        Ok(ControlFlow::Continue(()))
    }

    /// The hasher, with those rows that it had with it and is not done with.
    async fn call_back(&mut self) -> io::Result<Job> {
        match std::mem::replace(&mut self.place, Place::Moving) {
            Place::Home(hasher) => Ok(self.job(hasher)),
            Place::Offered(offered) => offered.back().await,
            Place::Away(away) => {
                let job = joined(away.await)?;
                let hasher = self.take_back(job);
                Ok(self.job(hasher))
            }
            Place::Moving => Err(io::Error::other("a blob goes on after its error")),
        }
    }

    fn job(&self, hasher: Box<Hasher>) -> Job {
        Job::new(hasher, RowBuffer::next(self.flight.pool()))
    }

    fn add_shown(&mut self, job: &mut Job) {
        let rows = self.rows.split_shown();
        self.offered += rows.count();
        job.append(rows);
    }

    /// Takes the rows of a job that is done.
    fn take_back(&mut self, job: Job) -> Box<Hasher> {
        let (hasher, rows) = job.into_parts();
        self.done.append(rows);
        self.offered = 0;
        hasher
    }

    /// The file, once the thread that writes is done with it. `None` before the first write.
    async fn draft(&mut self) -> io::Result<Option<Draft>> {
        match self.draft.take() {
            Some(draft) => joined(draft.await).map(Some),
            None => Ok(None),
        }
    }

    /// Writes what is done, as soon as what was done before is written.
    async fn write(&mut self) -> io::Result<()> {
        if self.done.count() == 0 {
            return Ok(());
        }
        let rows = std::mem::replace(&mut self.done, RowBuffer::next(self.flight.pool()));
        let before = self.draft().await?;
        let (folders, blob) = (self.blobs.folders.clone(), self.flight.blob());
        let ready = self.flight.take_file();
        self.draft = Some(spawn_blocking(move || {
            let mut draft = match before {
                Some(draft) => draft,
                None => Draft::open_direct(&folders, blob, ready)?,
            };
            draft.write_rows(&rows)?;
            Ok(draft)
        }));
        Ok(())
    }

    /// Renews the age of the draft while the client is slow.
    async fn renew(&mut self) -> io::Result<()> {
        if let Some(draft) = self.draft().await? {
            self.draft = Some(spawn_blocking(move || {
                draft.touch()?;
                Ok(draft)
            }));
        }
        self.renewed = Instant::now();
        Ok(())
    }

    /// Works on what is left, as the end of the blob.
    async fn end(&mut self) -> io::Result<Received> {
        if self.rows.show(self.rows.count(), &mut self.tap).is_break() {
            return Ok(Received::Enough);
        }
        let mut job = self.call_back().await?;
        job.append_end(self.rows.split_shown());
        self.write().await?;
        Ok(Received::All(self.flight.finish(job).await?.end()?))
    }

    async fn into_staged<E>(mut self, end: End) -> Result<Staging<T>, StageError<E>> {
        let draft = self.draft().await?;
        let staged = Staged::new(self.blobs, self.flight, draft, (end, self.len));
        Ok(Staging::Whole { staged, tap: self.tap })
    }

    /// Waits for the blocking thread that writes, erases what it wrote and gives the tap back.
    async fn stop(mut self) -> io::Result<T> {
        if let Some(draft) = self.draft().await? {
            draft.erase().await;
        }
        Ok(self.tap)
    }

    /// Waits for the blocking thread that writes and erases what it wrote.
    async fn abandon(mut self) {
        // After an error of its own the draft is erased already.
        if let Ok(Some(draft)) = self.draft().await {
            draft.erase().await;
        }
    }
}
