//! A page-aligned buffer of rows: text goes straight to the place where it is sealed, so a byte
//! is copied once between the network and the disk.

use std::io;
use std::ops::ControlFlow;

use dossier_seal::{HEADER_LEN, ROW_LEN, Sealer, TAG_LEN, row_text_start};

use crate::error::unsealable;
use crate::stage::Tap;

/// What direct writes must be aligned to, in memory, in length and in offset. Every disk and
/// file system in use takes 4 KiB.
pub(crate) const PAGE: usize = 4_096;

/// Rows of one blob, being filled and then sealed where they lie. The memory is taken as it is
/// filled, never at once by a declared size.
#[derive(Debug)]
pub(crate) struct RowBuffer {
    /// Begins with `skipped` bytes that only serve the alignment.
    bytes: Vec<u8>,
    skipped: usize,
    /// How many bytes it may hold, headers and tags included: less than a row, or whole rows.
    room: usize,
    /// How many bytes before the first row's text: the header's, in the first buffer of a blob.
    header_len: usize,
}

impl RowBuffer {
    /// A buffer for the first rows of a blob, header included.
    pub(crate) fn first(room: usize) -> Self {
        let mut buffer = Self::with_room(room, row_text_start(0));
        buffer.bytes.resize(buffer.skipped + HEADER_LEN, 0);
        buffer
    }

    /// A buffer for rows after the first.
    pub(crate) fn next(room: usize) -> Self {
        Self::with_room(room, 0)
    }

    fn with_room(room: usize, header_len: usize) -> Self {
        let mut bytes: Vec<u8> = Vec::with_capacity(room + PAGE);
        // Where alignment cannot be had, direct writes are refused and the file falls back.
        let skipped = bytes.as_ptr().align_offset(PAGE).min(PAGE);
        bytes.resize(skipped, 0);
        Self { bytes, skipped, room, header_len }
    }

    /// Makes it empty, for rows after those it held.
    pub(crate) fn clear(&mut self) {
        self.bytes.truncate(self.skipped);
        self.header_len = 0;
    }

    pub(crate) const fn room(&self) -> usize {
        self.room
    }

    /// Moves the rows into a buffer with more room.
    pub(crate) fn grow(&mut self, room: usize) {
        let mut larger = Self::with_room(room.max(self.room), self.header_len);
        larger.bytes.extend_from_slice(self.bytes.get(self.skipped..).unwrap_or_default());
        *self = larger;
    }

    /// Takes as much text as there is room for, and returns how much that was.
    pub(crate) fn push(&mut self, text: &[u8]) -> usize {
        let mut rest = text;
        while !rest.is_empty() {
            let len = self.bytes.len() - self.skipped;
            let row_end = ((len / ROW_LEN + 1) * ROW_LEN).min(self.room);
            match (row_end - TAG_LEN).checked_sub(len) {
                Some(0) if row_end < self.room => self.make_room_for_tag(),
                None | Some(0) => break,
                Some(free) => {
                    let (now, later) = rest.split_at(free.min(rest.len()));
                    self.bytes.extend_from_slice(now);
                    rest = later;
                }
            }
        }
        text.len() - rest.len()
    }

    /// Shows the text to `tap`, row by row, until it has seen enough.
    pub(crate) fn show(&self, tap: &mut impl Tap) -> ControlFlow<()> {
        let rows = self.bytes.get(self.skipped..).unwrap_or_default().chunks(ROW_LEN);
        let starts = std::iter::once(self.header_len).chain(std::iter::repeat(0));
        for (row, start) in rows.zip(starts) {
            let end = row.len().min(ROW_LEN - TAG_LEN);
            tap.push(row.get(start..end).unwrap_or_default())?;
        }
        ControlFlow::Continue(())
    }

    /// Seals a full buffer, after which more text is sure to come.
    pub(crate) fn seal_full(&mut self, sealer: &mut Sealer) -> io::Result<()> {
        self.make_room_for_tag();
        let rows = self.bytes.get_mut(self.skipped..).unwrap_or_default();
        let (rows, rest) = rows.as_chunks_mut::<ROW_LEN>();
        debug_assert!(rest.is_empty(), "a buffer is handed over when its rows are full");
        rows.iter_mut().try_for_each(|row| sealer.seal_row(row)).map_err(unsealable)
    }

    /// Seals what the buffer holds as the end of the blob.
    pub(crate) fn seal_end(&mut self, mut sealer: Sealer) -> io::Result<()> {
        self.make_room_for_tag();
        let bytes = self.bytes.get_mut(self.skipped..).unwrap_or_default();
        // The last row is the one that may be short; if all are full, the last of them.
        let inner = bytes.len().saturating_sub(1) / ROW_LEN * ROW_LEN;
        let (inner, last) = bytes.split_at_mut_checked(inner).unwrap_or_default();
        let start = if inner.is_empty() { self.header_len } else { 0 };
        let (rows, _) = inner.as_chunks_mut::<ROW_LEN>();
        rows.iter_mut().try_for_each(|row| sealer.seal_row(row)).map_err(unsealable)?;
        let text_len = last.len().saturating_sub(start + TAG_LEN);
        sealer.seal_last(last, text_len).map_err(unsealable)?;
        Ok(())
    }

    /// The bytes to write.
    pub(crate) fn sealed(&self) -> &[u8] {
        self.bytes.get(self.skipped..).unwrap_or_default()
    }

    /// Fills the last page with zeros, for a direct write that is cut to length afterwards.
    pub(crate) fn pad_to_page(&mut self) {
        let len = self.sealed().len().next_multiple_of(PAGE);
        self.bytes.resize(self.skipped + len, 0);
    }

    fn make_room_for_tag(&mut self) {
        self.bytes.resize(self.bytes.len() + TAG_LEN, 0);
    }
}
