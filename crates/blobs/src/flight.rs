//! Which blobs are being written by this process, and how much memory each may have for it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dossier_domain::BlobId;
use dossier_seal::ROW_LEN;

/// Above this a longer write is not faster, and a buffer is only memory.
const SHARE_MAX: usize = 16 * ROW_LEN;

/// The uploads in flight. Each is there until its [`Flight`] is dropped.
#[derive(Debug)]
pub(crate) struct Flights {
    live: Mutex<HashSet<BlobId>>,
    buffer_bytes: usize,
}

impl Flights {
    pub(crate) fn new(buffer_bytes: usize) -> Arc<Self> {
        Arc::new(Self { live: Mutex::default(), buffer_bytes })
    }

    /// Enters `blob`; `None` if it is being written already.
    pub(crate) fn begin(self: &Arc<Self>, blob: BlobId) -> Option<Flight> {
        self.live().insert(blob).then(|| Flight { flights: Arc::clone(self), blob })
    }

    pub(crate) fn contains(&self, blob: BlobId) -> bool {
        self.live().contains(&blob)
    }

    /// How long one buffer of one upload may be now, in bytes: whole rows, two buffers for each
    /// upload in flight, at least one row.
    fn share(&self) -> usize {
        let each = self.buffer_bytes / self.live().len().max(1) / 2;
        (each / ROW_LEN * ROW_LEN).clamp(ROW_LEN, SHARE_MAX)
    }

    /// A set of ids is whole after every statement, so a panic elsewhere spoils nothing.
    fn live(&self) -> MutexGuard<'_, HashSet<BlobId>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One upload in flight.
#[derive(Debug)]
pub(crate) struct Flight {
    flights: Arc<Flights>,
    blob: BlobId,
}

impl Flight {
    pub(crate) const fn blob(&self) -> BlobId {
        self.blob
    }

    /// How long one buffer of this upload may be now, in bytes.
    pub(crate) fn share(&self) -> usize {
        self.flights.share()
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.flights.live().remove(&self.blob);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_is_shared_by_all_who_fly() {
        let flights = Flights::new(32 << 20);
        let mut all = Vec::new();
        for n in 0_u16..2_000 {
            let mut id = [0; 16];
            id[..2].copy_from_slice(&n.to_be_bytes());
            let blob = BlobId::from_bytes(id);
            all.push(flights.begin(blob).unwrap());
            assert!(flights.begin(blob).is_none() && flights.contains(blob));
            match all.len() {
                1 | 16 => assert_eq!(flights.share(), 1 << 20),
                17 => assert_eq!(flights.share(), 15 * ROW_LEN),
                64 => assert_eq!(flights.share(), 256 << 10),
                2_000 => assert_eq!(flights.share(), ROW_LEN),
                _ => {}
            }
        }
        all.clear();
        assert_eq!(flights.share(), 1 << 20);
        assert!(!flights.contains(BlobId::from_bytes([0; 16])));
    }
}
