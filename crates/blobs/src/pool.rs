//! The memory that text is received into: rows of 64 KiB, page-aligned, used again and again.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use dossier_seal::ROW_LEN;
use memmap2::MmapMut;

/// What direct writes must be aligned to, in memory, in length and in offset. Every disk and
/// file system in use takes 4 KiB.
pub(crate) const PAGE: usize = 4_096;

/// How long the file of a blob is: whole pages, because direct writes know nothing smaller. What
/// follows the sealed bytes is zeros that nobody reads. Cutting them off would cost a write of
/// its own, and the file takes as many blocks with them as without.
pub(crate) const fn stored_len(sealed_len: u64) -> u64 {
    sealed_len.next_multiple_of(PAGE as u64)
}

/// Memory for one row, being filled. It never moves.
#[derive(Debug)]
pub(crate) enum Row {
    /// The first of a blob, which grows with the text: of less than [`ROW_LEN`] bytes, not aligned.
    /// Its memory is taken as it is filled.
    Short { bytes: Vec<u8>, room: usize },
    /// A whole one of a pool, aligned, and how much of it is filled.
    Whole { bytes: &'static mut [u8; ROW_LEN], len: usize },
}

impl Row {
    /// A row of `room` bytes.
    pub(crate) fn short(room: usize) -> Self {
        Self::Short { bytes: Vec::with_capacity(room), room }
    }

    pub(crate) const fn room(&self) -> usize {
        match self {
            Self::Short { room, .. } => *room,
            Self::Whole { .. } => ROW_LEN,
        }
    }

    pub(crate) const fn len(&self) -> usize {
        match self {
            Self::Short { bytes, .. } => bytes.len(),
            Self::Whole { len, .. } => *len,
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Short { bytes, .. } => bytes,
            Self::Whole { bytes, len } => bytes.get(..*len).unwrap_or_default(),
        }
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        match self {
            Self::Short { bytes, .. } => bytes,
            Self::Whole { bytes, len } => bytes.get_mut(..*len).unwrap_or_default(),
        }
    }

    /// Adds bytes, for which there is room.
    pub(crate) fn extend(&mut self, more: &[u8]) {
        match self {
            Self::Short { bytes, .. } => bytes.extend_from_slice(more),
            Self::Whole { bytes, len } => {
                let (_, free) = bytes.split_at_mut(*len);
                free.get_mut(..more.len()).expect("there is room").copy_from_slice(more);
                *len += more.len();
            }
        }
    }

    /// Adds zeros up to `len`: of a short row, also beyond its room.
    pub(crate) fn fill_to(&mut self, len: usize) {
        match self {
            Self::Short { bytes, .. } => bytes.resize(len, 0),
            Self::Whole { bytes, len: now } => {
                bytes.get_mut(*now..len).expect("there is room").fill(0);
                *now = len;
            }
        }
    }
}

/// How much memory a pool takes from the system at a time: a large page of most processors.
const SLAB_LEN: usize = 2 << 20;

/// Where whole rows come from and go back to. It lives as long as the process.
#[derive(Debug)]
pub(crate) struct Pool {
    /// Rows that nobody uses at the moment. What the system gave once is kept: all of it together
    /// is what `used_max` rows take, and a slab more.
    spare: Mutex<Vec<&'static mut [u8; ROW_LEN]>>,
    /// How many rows are in use. It may pass `used_max` by those that [`Pool::take`] gave out.
    used: AtomicUsize,
    used_max: usize,
}

impl Pool {
    /// A pool of `used_max` rows.
    pub(crate) const fn new(used_max: usize) -> Self {
        Self { spare: Mutex::new(Vec::new()), used: AtomicUsize::new(0), used_max }
    }

    /// Whether there is a row for one who has one already. Without the bound on all rows, uploads
    /// that began when there were few would hold large buffers after many more came.
    pub(crate) fn has_free(&self) -> bool {
        self.used.load(Ordering::Relaxed) < self.used_max
    }

    /// An empty whole row, also when no more are free: the first row of a buffer must not wait
    /// for those of others, or uploads with half a buffer would wait for each other.
    pub(crate) fn take(&self) -> Row {
        self.used.fetch_add(1, Ordering::Relaxed);
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.is_empty() {
            spare.extend(slab());
        }
        let bytes = spare.pop().expect("a slab has rows");
        Row::Whole { bytes, len: 0 }
    }

    /// Takes rows back. What was in them is never looked at again.
    pub(crate) fn give_back(&self, rows: impl Iterator<Item = Row>) {
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        for row in rows {
            if let Row::Whole { bytes, .. } = row {
                self.used.fetch_sub(1, Ordering::Relaxed);
                spare.push(bytes);
            }
        }
    }
}

/// New rows, side by side in memory that the system is asked to map by large pages. A row of small
/// ones has 16 addresses to be looked up when it is filled, hashed, sealed and handed to the disk.
fn slab() -> impl Iterator<Item = &'static mut [u8; ROW_LEN]> {
    let slab = MmapMut::map_anon(SLAB_LEN).expect("there is memory, as for every allocation");
    #[cfg(target_os = "linux")]
    if let Err(error) = slab.advise(memmap2::Advice::HugePage) {
        tracing::debug!(%error, "no large pages for buffers");
    }
    let slab: &'static mut MmapMut = Box::leak(Box::new(slab));
    slab.as_chunks_mut().0.iter_mut()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_aligned_and_comes_back_empty() {
        let pool = Pool::new(4);
        let (mut first, second) = (pool.take(), pool.take());
        first.extend(&[1; ROW_LEN]);
        let place = first.bytes().as_ptr();
        assert_eq!(place.align_offset(PAGE), 0);
        pool.give_back([second, first, Row::short(10)].into_iter());
        assert_eq!(pool.spare.lock().unwrap().len(), SLAB_LEN / ROW_LEN);
        let again = pool.take();
        assert_eq!(pool.used.load(Ordering::Relaxed), 1);
        assert_eq!((again.len(), again.bytes().as_ptr()), (0, place));
    }

    #[test]
    fn rows_in_use_are_counted_against_the_bound() {
        let pool = Pool::new(2);
        let rows = [pool.take(), pool.take()];
        assert!(!pool.has_free());
        pool.give_back(rows.into_iter());
        assert!(pool.has_free());
    }
}
