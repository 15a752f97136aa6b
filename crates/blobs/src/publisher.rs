//! Makes blobs durable, several at a time: a few threads that each take all blobs that wait,
//! write them all, and only then sync them.
//!
//! A file system syncs together what was written together: with a journal the first sync commits
//! all files of the batch, without one they share the blocks that hold their inodes. And a thread
//! that goes on to the next blob instead of sleeping is one switch of threads less for each.

use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::oneshot;

use crate::buffer::RowBuffer;
use crate::draft::Draft;
use crate::flight::Flight;
use crate::folder::{Folders, sync_folders};
use crate::staged::Published;

/// How many batches are under way at a time. One writes while the disk syncs another.
const THREADS: usize = 4;
/// The most blobs of a batch: each waits for all of them.
const BATCH_MAX: usize = 16;

/// Where sealed blobs go to become durable. The threads end when it is dropped.
#[derive(Debug)]
pub(crate) struct Publisher {
    /// It holds at most one of each upload in flight.
    orders: Sender<Order>,
}

/// What becomes durable.
#[derive(Debug)]
pub(crate) struct Sealed {
    pub(crate) flight: Flight,
    /// What is on the disk already.
    pub(crate) draft: Option<Draft>,
    /// What follows it.
    pub(crate) end: RowBuffer,
}

#[derive(Debug)]
struct Order {
    sealed: Sealed,
    outcome: oneshot::Sender<io::Result<Published>>,
}

/// A blob of a batch that is written and not durable yet.
struct Written {
    draft: Draft,
    flight: Flight,
    outcome: oneshot::Sender<io::Result<Published>>,
}

impl Written {
    /// Says that the blob is durable.
    fn succeed(self) {
        let Self { draft, flight, outcome } = self;
        tell(outcome, Ok(Published::new(draft.keep(), flight)));
    }

    /// Says that it is not, once nothing is left of it.
    fn fail(self, error: io::Error) {
        let Self { draft, flight, outcome } = self;
        drop(draft);
        drop(flight);
        tell(outcome, Err(error));
    }
}

impl Publisher {
    /// Starts the threads.
    pub(crate) fn start(folders: &Arc<Folders>) -> io::Result<Self> {
        let (orders, waiting) = mpsc::channel();
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..THREADS {
            let (folders, waiting) = (Arc::clone(folders), Arc::clone(&waiting));
            let run = move || {
                while let Some(batch) = take(&waiting) {
                    publish(&folders, batch);
                }
            };
            thread::Builder::new().name("publish".into()).spawn(run)?;
        }
        Ok(Self { orders })
    }

    /// Makes the bytes durable, and the name if it is not yet. An error is final: the bytes are
    /// erased.
    pub(crate) async fn publish(&self, sealed: Sealed) -> io::Result<Published> {
        let (outcome, published) = oneshot::channel();
        let gone = || io::Error::other("the threads that make blobs durable are gone");
        self.orders.send(Order { sealed, outcome }).map_err(|_| gone())?;
        published.await.map_err(|_| gone())?
    }
}

/// All that wait, up to a batch; `None` when no more will come.
fn take(waiting: &Mutex<Receiver<Order>>) -> Option<Vec<Order>> {
    // A panic elsewhere leaves the queue as it was.
    let waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
    let first = waiting.recv().ok()?;
    let mut batch = vec![first];
    batch.extend(waiting.try_iter().take(BATCH_MAX - 1));
    Some(batch)
}

/// Writes all, syncs all, and then syncs once each folder in which one has a new name.
fn publish(folders: &Folders, batch: Vec<Order>) {
    let mut written = Vec::with_capacity(batch.len());
    for Order { sealed: Sealed { mut flight, draft, end }, outcome } in batch {
        match write(folders, &mut flight, draft, end) {
            Ok(draft) => written.push(Written { draft, flight, outcome }),
            Err(error) => {
                drop(flight);
                tell(outcome, Err(error));
            }
        }
    }
    let mut unnamed = Vec::new();
    for file in written {
        match file.draft.sync_data() {
            Ok(()) if file.draft.has_durable_name() => file.succeed(),
            Ok(()) => unnamed.push(file),
            Err(error) => file.fail(error),
        }
    }
    for (file, named) in sync_folders(unnamed, |file| file.draft.folder()) {
        match named {
            Ok(()) => file.succeed(),
            Err(error) => file.fail(error.into()),
        }
    }
}

fn write(
    folders: &Folders,
    flight: &mut Flight,
    draft: Option<Draft>,
    end: RowBuffer,
) -> io::Result<Draft> {
    let mut draft = match draft {
        Some(draft) => draft,
        None if end.is_aligned() => Draft::open_direct(folders, flight.blob(), flight.take_file())?,
        None => Draft::open(folders, flight.blob(), flight.take_file())?,
    };
    draft.write_end(end)?;
    Ok(draft)
}

fn tell(waits: oneshot::Sender<io::Result<Published>>, outcome: io::Result<Published>) {
    if waits.send(outcome).is_err() {
        tracing::warn!("nobody waits for a blob any more; if it is durable, the reaper erases it");
    }
}
