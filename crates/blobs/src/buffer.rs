//! A buffer of rows: text goes straight to the place where it is sealed, so a byte is copied once
//! between the network and the disk.

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;

use dossier_seal::{ROW_LEN, Sealer, TAG_LEN, row_text_start};

use crate::error::unsealable;
use crate::pool::{PAGE, Pool, Row};
use crate::stage::Tap;

/// The lengths that the first row of a blob goes through before it is a whole one, in bytes. It
/// begins with what a client that sends nothing may cost.
const SHORT_ROOMS: [usize; 2] = [1 << 10, 16 << 10];

/// Rows of one blob, being filled and then sealed where they lie. Memory is taken row by row as
/// text comes, never by a declared size.
#[derive(Debug)]
pub(crate) struct RowBuffer {
    rows: Vec<Row>,
    /// How many bytes come before the first row's text: the header's, in the first buffer of a
    /// blob.
    header_len: usize,
    /// How many rows the tap has seen.
    shown: usize,
    /// How many rows are hashed, and sealed but for the last of a blob.
    worked: usize,
    pool: Arc<Pool>,
}

impl RowBuffer {
    /// A buffer for the first rows of a blob, header included.
    pub(crate) fn first(pool: &Arc<Pool>) -> Self {
        let [room, _] = SHORT_ROOMS;
        let header_len = row_text_start(0);
        let mut row = Row::short(room);
        row.fill_to(header_len);
        Self::of(pool, vec![row], header_len)
    }

    /// A buffer for rows after the first.
    pub(crate) fn next(pool: &Arc<Pool>) -> Self {
        Self::of(pool, Vec::new(), 0)
    }

    fn of(pool: &Arc<Pool>, rows: Vec<Row>, header_len: usize) -> Self {
        Self { rows, header_len, shown: 0, worked: 0, pool: Arc::clone(pool) }
    }

    /// Takes as much text as `rows_max` rows have room for, or fewer if no more are free, and
    /// returns how much that was. When it is not all, there is a row and every row is full.
    pub(crate) fn push(&mut self, text: &[u8], rows_max: usize) -> usize {
        let mut rest = text;
        while !rest.is_empty() {
            let count = self.rows.len();
            match self.rows.last_mut() {
                Some(row) if row.len() + TAG_LEN < row.room() => {
                    let free = row.room() - TAG_LEN - row.len();
                    let (now, later) = rest.split_at(free.min(rest.len()));
                    row.extend(now);
                    rest = later;
                }
                Some(row) if row.room() < ROW_LEN => *row = grown(row, rest.len(), &self.pool),
                Some(_) if count >= rows_max || !self.pool.has_free() => break,
                Some(_) | None => self.rows.push(self.pool.take()),
            }
        }
        text.len() - rest.len()
    }

    /// How many rows there are.
    pub(crate) const fn count(&self) -> usize {
        self.rows.len()
    }

    /// Shows the text of the rows before `end` to `tap`, as far as it has not seen them, until it
    /// has seen enough.
    pub(crate) fn show(&mut self, end: usize, tap: &mut impl Tap) -> ControlFlow<()> {
        let shown = std::mem::replace(&mut self.shown, end);
        for (row, index) in self.rows.iter().take(end).skip(shown).zip(shown..) {
            tap.push(self.text(row, index))?;
        }
        ControlFlow::Continue(())
    }

    fn text<'a>(&self, row: &'a Row, index: usize) -> &'a [u8] {
        let start = if index == 0 { self.header_len } else { 0 };
        row.bytes().get(start..).expect("the header comes with its row")
    }

    /// Notes that the tap saw the text as it came.
    pub(crate) const fn all_shown(&mut self) {
        self.shown = self.rows.len();
    }

    /// Takes the rows that were shown out into a buffer of their own.
    pub(crate) fn split_shown(&mut self) -> Self {
        let rows = self.rows.drain(..self.shown).collect();
        let mut shown = Self::of(&self.pool, rows, std::mem::take(&mut self.header_len));
        shown.shown = std::mem::take(&mut self.shown);
        shown
    }

    /// Adds the rows of a buffer that comes after this one. None of them is worked on unless all
    /// of this one are.
    pub(crate) fn append(&mut self, mut next: Self) {
        debug_assert!(next.worked == 0 || self.worked == self.rows.len(), "rows go in order");
        if self.rows.is_empty() {
            std::mem::swap(self, &mut next);
            return;
        }
        self.shown += next.shown;
        self.worked += next.worked;
        self.rows.append(&mut next.rows);
    }

    /// The text of the row that is worked on next.
    pub(crate) fn due(&self) -> Option<&[u8]> {
        self.rows.get(self.worked).map(|row| self.text(row, self.worked))
    }

    /// Whether no row comes after that.
    pub(crate) const fn is_last_due(&self) -> bool {
        self.worked + 1 == self.rows.len()
    }

    /// Goes on to the next row, and leaves this one as it is.
    pub(crate) const fn pass_due(&mut self) {
        self.worked += 1;
    }

    /// Seals the row that is due, which is full and not the last of the blob, and goes on.
    pub(crate) fn seal_due(&mut self, sealer: &mut Sealer) -> io::Result<()> {
        if let Some(row) = self.rows.get_mut(self.worked) {
            row.fill_to(row.len() + TAG_LEN);
            let full = row.bytes_mut().as_mut_array();
            sealer.seal_row(full.expect("a row goes on when it is full")).map_err(unsealable)?;
            self.worked += 1;
        }
        Ok(())
    }

    /// Seals the last row, as the last of the blob.
    pub(crate) fn seal_end(&mut self, sealer: Sealer) -> io::Result<()> {
        let header_len = if self.rows.len() == 1 { self.header_len } else { 0 };
        let last = self.rows.last_mut().expect("a blob has at least its header");
        let text_len = last.len() - header_len;
        last.fill_to(last.len() + TAG_LEN);
        sealer.seal_last(last.bytes_mut(), text_len).map_err(unsealable)?;
        Ok(())
    }

    /// The bytes to write, row by row.
    pub(crate) fn sealed(&self) -> impl Iterator<Item = &[u8]> {
        self.rows.iter().map(Row::bytes)
    }

    /// How many bytes there are to write.
    pub(crate) fn stored_len(&self) -> u64 {
        let len = self.rows.iter().map(Row::len).sum::<usize>();
        u64::try_from(len).expect("a buffer is at most 1 MiB")
    }

    /// Whether the rows lie as direct writes need them: a short one does not.
    pub(crate) fn is_aligned(&self) -> bool {
        self.rows.iter().all(Row::is_aligned)
    }

    /// Fills the last page with zeros, which are no part of the sealed blob.
    pub(crate) fn pad_to_page(&mut self) {
        if let Some(last) = self.rows.last_mut() {
            last.fill_to(last.len().next_multiple_of(PAGE));
        }
    }
}

impl Drop for RowBuffer {
    fn drop(&mut self) {
        self.pool.give_back(self.rows.drain(..));
    }
}

/// A row with what `row` holds and room for `more`, or as much of it as a row may have.
fn grown(row: &Row, more: usize, pool: &Pool) -> Row {
    let wanted = row.len().saturating_add(more).saturating_add(TAG_LEN);
    let short = SHORT_ROOMS.into_iter().find(|room| *room >= wanted);
    let mut larger = short.map_or_else(|| pool.take(), Row::short);
    larger.extend(row.bytes());
    larger
}
