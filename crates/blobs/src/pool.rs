//! The memory that text is received into: rows of 64 KiB, page-aligned, used again and again.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use dossier_seal::ROW_LEN;

/// What direct writes must be aligned to, in memory, in length and in offset. Every disk and
/// file system in use takes 4 KiB.
pub(crate) const PAGE: usize = 4_096;

/// How long the file of a blob is: whole pages, because direct writes know nothing smaller. What
/// follows the sealed bytes is zeros that nobody reads. Cutting them off would cost a write of
/// its own, and the file takes as many blocks with them as without.
pub(crate) const fn stored_len(sealed_len: u64) -> u64 {
    sealed_len.next_multiple_of(PAGE as u64)
}

/// Memory for one row, being filled. A short one is the first of a blob and grows with the text.
#[derive(Debug)]
pub(crate) struct Row {
    /// Begins with `skipped` bytes that only serve the alignment.
    bytes: Vec<u8>,
    skipped: usize,
    room: usize,
}

impl Row {
    /// A row of `room` bytes, at most [`ROW_LEN`], not aligned. Its memory is taken as it is
    /// filled.
    pub(crate) fn short(room: usize) -> Self {
        Self { bytes: Vec::with_capacity(room), skipped: 0, room }
    }

    fn aligned() -> Self {
        let mut bytes: Vec<u8> = Vec::with_capacity(ROW_LEN + PAGE);
        // Where alignment cannot be had, direct writes are refused and the file falls back.
        let skipped = bytes.as_ptr().align_offset(PAGE).min(PAGE);
        bytes.resize(skipped, 0);
        Self { bytes, skipped, room: ROW_LEN }
    }

    pub(crate) const fn room(&self) -> usize {
        self.room
    }

    pub(crate) const fn len(&self) -> usize {
        self.bytes.len() - self.skipped
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(self.skipped..).unwrap_or_default()
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        self.bytes.get_mut(self.skipped..).unwrap_or_default()
    }

    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        debug_assert!(bytes.len() <= self.room - self.len(), "a row never moves in memory");
        self.bytes.extend_from_slice(bytes);
    }

    /// Adds zeros up to `len`.
    pub(crate) fn fill_to(&mut self, len: usize) {
        self.bytes.resize(self.skipped + len, 0);
    }
}

/// What one aligned row takes, in bytes.
pub(crate) const ROW_COST: usize = ROW_LEN + PAGE;

/// Where rows come from and go back to.
#[derive(Debug)]
pub(crate) struct Pool {
    /// Rows that nobody uses at the moment: at most `spare_max`, and with those in use at most
    /// `used_max`.
    spare: Mutex<Vec<Row>>,
    spare_max: usize,
    /// How many rows are in use. It may pass `used_max` by those that [`Pool::take`] gave out.
    used: AtomicUsize,
    used_max: usize,
}

impl Pool {
    /// A pool of `used_max` rows. A quarter of them may lie idle between two uploads.
    pub(crate) fn new(used_max: usize) -> Self {
        let (spare, used) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
        Self { spare, spare_max: used_max / 4, used, used_max }
    }

    /// Whether there is a row for one who has one already. Without the bound on all rows, uploads
    /// that began when there were few would hold large buffers after many more came.
    pub(crate) fn has_free(&self) -> bool {
        self.used.load(Ordering::Relaxed) < self.used_max
    }

    /// An empty, aligned row, also when no more are free: the first row of a buffer must not wait
    /// for those of others, or uploads with half a buffer would wait for each other.
    pub(crate) fn take(&self) -> Row {
        self.used.fetch_add(1, Ordering::Relaxed);
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
        spare.unwrap_or_else(Row::aligned)
    }

    /// Takes rows back. What was in them is never looked at again.
    pub(crate) fn give_back(&self, rows: impl Iterator<Item = Row>) {
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        for mut row in rows.filter(|row| row.room == ROW_LEN) {
            let used = self.used.fetch_sub(1, Ordering::Relaxed).saturating_sub(1);
            if spare.len() < self.spare_max && used + spare.len() < self.used_max {
                row.bytes.truncate(row.skipped);
                spare.push(row);
            }
        }
    }
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
        pool.give_back([first, second, Row::short(10)].into_iter());
        assert_eq!(pool.spare.lock().unwrap().len(), 1);
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
