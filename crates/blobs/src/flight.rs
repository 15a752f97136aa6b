//! Which blobs are being written by this process, how much memory each may have for it, and the
//! name that is ready for it.

use std::collections::HashSet;
use std::io;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dossier_domain::BlobId;
use dossier_seal::ROW_LEN;

use crate::draft::Draft;
use crate::job::Job;
use crate::pairs::Pairs;
use crate::pool::Pool;
use crate::stock::Stock;

/// One that is filled, one that is worked on, one that is written.
const BUFFERS: usize = 3;
/// Above this a longer write is not faster, and a buffer is only memory.
const SHARE_MAX: usize = 16;

/// The uploads in flight. Each is there until its [`Flight`] is dropped.
#[derive(Debug)]
pub(crate) struct Flights {
    live: Mutex<HashSet<BlobId>>,
    count: AtomicUsize,
    /// How many rows all buffers together may have.
    rows_max: usize,
    cores: usize,
    pool: Arc<Pool>,
    stock: Stock,
    pairs: Arc<Pairs>,
}

impl Flights {
    pub(crate) fn new(buffer_bytes: usize, stock: Stock) -> Arc<Self> {
        let rows_max = buffer_bytes / ROW_LEN;
        let pool = Arc::new(Pool::new(rows_max));
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let (live, count) = (Mutex::default(), AtomicUsize::new(0));
        Arc::new(Self { live, count, rows_max, cores, pool, stock, pairs: Arc::default() })
    }

    /// Enters a blob, under a name that is ready or else under a new one; `None` if it is being
    /// written already.
    pub(crate) fn begin(self: &Arc<Self>, new_id: impl Fn() -> BlobId) -> Option<Flight> {
        let ready = self.stock.take(&new_id);
        let blob = ready.as_ref().map_or_else(new_id, Draft::blob);
        let mut live = self.live();
        let entered = live.insert(blob);
        self.count.store(live.len(), Ordering::Relaxed);
        entered.then(|| Flight { flights: Arc::clone(self), blob, ready })
    }

    pub(crate) fn contains(&self, blob: BlobId) -> bool {
        self.stock.contains(blob) || self.live().contains(&blob)
    }

    /// How many rows one buffer of one upload may have now: three buffers for each upload
    /// in flight, at least one row each. The count may be a moment old.
    fn share(&self) -> usize {
        let count = self.count.load(Ordering::Relaxed).max(1);
        (self.rows_max / count / BUFFERS).clamp(1, SHARE_MAX)
    }

    /// A set of ids is whole after every statement, so a panic elsewhere spoils nothing.
    fn live(&self) -> MutexGuard<'_, HashSet<BlobId>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One upload in flight, whose blob is to be staged.
#[must_use = "the blob is in flight until this is dropped"]
#[derive(Debug)]
pub struct Flight {
    flights: Arc<Flights>,
    blob: BlobId,
    /// Its file, whose name is durable and which is empty. It goes back if it is not needed.
    ready: Option<Draft>,
}

impl Flight {
    /// The id of the blob.
    #[must_use]
    pub const fn blob(&self) -> BlobId {
        self.blob
    }

    /// The file that is ready, for whom writes it.
    pub(crate) const fn take_file(&mut self) -> Option<Draft> {
        self.ready.take()
    }

    /// Whether there are as many uploads as cores, so that none is free to help another.
    pub(crate) fn is_crowded(&self) -> bool {
        self.flights.count.load(Ordering::Relaxed) >= self.flights.cores
    }

    /// How many rows one buffer of this upload may have now.
    pub(crate) fn share(&self) -> usize {
        self.flights.share()
    }

    /// Where it meets others.
    pub(crate) fn pairs(&self) -> &Arc<Pairs> {
        &self.flights.pairs
    }

    /// Does the whole of `job`, in this task.
    pub(crate) async fn finish(&self, mut job: Job) -> io::Result<Job> {
        if self.is_crowded() {
            return self.pairs().finish(job).await;
        }
        job.run()?;
        Ok(job)
    }

    /// Where its buffers come from.
    pub(crate) fn pool(&self) -> &Arc<Pool> {
        &self.flights.pool
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let mut live = self.flights.live();
        live.remove(&self.blob);
        self.flights.count.store(live.len(), Ordering::Relaxed);
        drop(live);
        // For a moment the name is in neither. A sweep that erased it then would cost nothing:
        // who finds no file under his name makes one.
        if let Some(draft) = self.ready.take() {
            self.flights.stock.give_back(draft);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::Folders;

    #[test]
    fn the_budget_is_shared_by_all_who_fly() {
        let temp = tempfile::tempdir().unwrap();
        let folders = Arc::new(Folders::open(temp.path()).unwrap());
        let flights = Flights::new(32 << 20, Stock::new(&folders, 0));
        let mut all = Vec::new();
        for n in 0_u16..2_000 {
            let mut id = [0; 16];
            id[..2].copy_from_slice(&n.to_be_bytes());
            let blob = BlobId::from_bytes(id);
            all.push(flights.begin(|| blob).unwrap());
            assert!(flights.begin(|| blob).is_none() && flights.contains(blob));
            match all.len() {
                1 | 10 => assert_eq!(flights.share(), 16),
                16 => assert_eq!(flights.share(), 10),
                64 => assert_eq!(flights.share(), 2),
                2_000 => assert_eq!(flights.share(), 1),
                _ => {}
            }
        }
        all.clear();
        assert_eq!(flights.share(), 16);
        assert!(!flights.contains(BlobId::from_bytes([0; 16])));
    }
}
