//! The memory that text is received into: rows of 64 KiB, page-aligned, used again and again.

use std::io;
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

/// Memory for one row, being filled.
#[derive(Debug)]
pub(crate) enum Row {
    /// The first of a blob, which grows with the text, or a row that was taken when there were no
    /// more. It is not aligned, and its memory is taken as it is filled.
    Short { bytes: Vec<u8>, room: usize },
    /// One of the pool's own, aligned, and how much of it is filled. It never moves.
    Whole { bytes: &'static mut [u8; ROW_LEN], len: usize },
}

impl Row {
    /// A row of `room` bytes.
    pub(crate) fn short(room: usize) -> Self {
        Self::Short { bytes: Vec::with_capacity(room), room }
    }

    /// Whether it lies as direct writes need it.
    pub(crate) const fn is_aligned(&self) -> bool {
        matches!(self, Self::Whole { .. })
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
            Self::Whole { bytes, len } => bytes.get(..*len).expect("a row is as long as it is"),
        }
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        match self {
            Self::Short { bytes, .. } => bytes,
            Self::Whole { bytes, len } => bytes.get_mut(..*len).expect("a row is as long as it is"),
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
    own: Mutex<Own>,
    /// How many rows are in use. It may pass `used_max` by those that [`Pool::take`] gave out.
    used: AtomicUsize,
    used_max: usize,
}

/// The rows of a pool, which it keeps.
#[derive(Debug, Default)]
struct Own {
    /// Those that nobody uses at the moment.
    spare: Vec<&'static mut [u8; ROW_LEN]>,
    /// How many there are in all.
    count: usize,
}

impl Pool {
    /// A pool that owns `used_max` rows, and what is left of a slab.
    pub(crate) fn new(used_max: usize) -> Self {
        Self { own: Mutex::default(), used: AtomicUsize::new(0), used_max }
    }

    /// Whether there is a row for one who has one already. Without the bound on all rows, uploads
    /// that began when there were few would hold large buffers after many more came.
    pub(crate) fn has_free(&self) -> bool {
        self.used.load(Ordering::Relaxed) < self.used_max
    }

    /// An empty row, also when no more are free: the first row of a buffer must not wait for those
    /// of others, or uploads with half a buffer would wait for each other.
    pub(crate) fn take(&self) -> Row {
        let row = self
            .take_own()
            .map_or_else(|| Row::short(ROW_LEN), |bytes| Row::Whole { bytes, len: 0 });
        self.used.fetch_add(1, Ordering::Relaxed);
        row
    }

    fn take_own(&self) -> Option<&'static mut [u8; ROW_LEN]> {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        if own.spare.is_empty() && own.count < self.used_max {
            match slab() {
                Ok(slab) => own.spare.extend(slab),
                Err(error) => tracing::debug!(%error, "no memory for buffers by large pages"),
            }
            own.count += own.spare.len();
        }
        own.spare.pop()
    }

    /// Takes rows back. What was in them is never looked at again.
    pub(crate) fn give_back(&self, rows: impl Iterator<Item = Row>) {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        for row in rows.filter(|row| row.room() == ROW_LEN) {
            self.used.fetch_sub(1, Ordering::Relaxed);
            if let Row::Whole { bytes, .. } = row {
                own.spare.push(bytes);
            }
        }
    }
}

/// New rows, side by side in memory that the system is asked to map by large pages. A row of small
/// ones has 16 addresses to be looked up when it is filled, hashed, sealed and handed to the disk.
fn slab() -> io::Result<impl Iterator<Item = &'static mut [u8; ROW_LEN]>> {
    let slab = MmapMut::map_anon(SLAB_LEN)?;
    #[cfg(target_os = "linux")]
    if let Err(error) = slab.advise(memmap2::Advice::HugePage) {
        tracing::debug!(%error, "no large pages for buffers");
    }
    let slab: &'static mut MmapMut = Box::leak(Box::new(slab));
    Ok(slab.as_chunks_mut().0.iter_mut())
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
        assert_eq!(pool.own.lock().unwrap().spare.len(), SLAB_LEN / ROW_LEN);
        let again = pool.take();
        assert_eq!(pool.used.load(Ordering::Relaxed), 1);
        assert_eq!((again.len(), again.bytes().as_ptr()), (0, place));
    }

    #[test]
    fn what_is_taken_beyond_the_bound_is_not_kept() {
        let own = SLAB_LEN / ROW_LEN;
        let pool = Pool::new(own);
        let rows: Vec<_> = (0..own + 3).map(|_| pool.take()).collect();
        assert_eq!(rows.iter().filter(|row| row.is_aligned()).count(), own);
        assert!(rows.iter().all(|row| row.room() == ROW_LEN));
        pool.give_back(rows.into_iter());
        assert_eq!(pool.own.lock().unwrap().spare.len(), own);
        assert_eq!(pool.used.load(Ordering::Relaxed), 0);
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
