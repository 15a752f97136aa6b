//! Tables that are streamed entry by entry, so that a declared count never asks for memory.

use super::cursor::Cursor;
use super::movie::Movie;
use super::{TABLE_TOO_LARGE, TOO_SHORT};
use crate::Fault;

/// What the entries of a table are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entries {
    /// `stsz`: the size of each sample (ISO/IEC 14496-12 §8.7.3.2).
    SampleSizes,
    /// `stsc` (§8.7.4)
    SampleToChunk,
    /// `stco` (§8.7.5)
    Offsets32,
    /// `co64` (§8.7.5)
    Offsets64,
    /// `trun` (§8.8.8); the place of the sample size in each entry, when it is there.
    Run { size_at: usize },
    /// `sidx` (§8.16.3)
    SegmentIndex,
}

/// A table that is being walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) entries: Entries,
    pub(super) entry_bytes: usize,
    pub(super) left: u64,
}

impl Table {
    /// A table of `count` entries, which must fit into `room` bytes.
    pub(super) fn new(
        entries: Entries,
        entry_bytes: usize,
        count: u32,
        room: u64,
    ) -> Result<Self, Fault> {
        fits(count, entry_bytes, room)?;
        Ok(Self { entries, entry_bytes, left: u64::from(count) })
    }

    /// Takes as many whole entries as `bytes` holds; answers how many bytes these were.
    pub(super) fn read(&mut self, bytes: &[u8], movie: &mut Movie) -> Result<usize, Fault> {
        let whole = bytes.len() / self.entry_bytes;
        let n = usize::try_from(self.left).map_or(whole, |left| left.min(whole));
        for entry in bytes.chunks_exact(self.entry_bytes).take(n) {
            self.entry(entry, movie)?;
        }
        self.left -= n as u64;
        Ok(n * self.entry_bytes)
    }

    fn entry(&self, entry: &[u8], movie: &mut Movie) -> Result<(), Fault> {
        let mut cursor = Cursor::new(entry);
        match self.entries {
            Entries::SampleSizes => movie.track.last_sizes.push(cursor.u32()?),
            Entries::SampleToChunk => {
                let (first_chunk, samples) = (cursor.u32()?, cursor.u32()?);
                if samples == 0 || first_chunk <= movie.track.first_chunk_max {
                    return Err(Fault::Malformed("a sample-to-chunk entry breaks the order"));
                }
                movie.track.first_chunk_max = first_chunk;
                movie.track.samples_per_last_chunk = samples;
            }
            Entries::Offsets32 => movie.chunk(u64::from(cursor.u32()?)),
            Entries::Offsets64 => movie.chunk(cursor.u64()?),
            Entries::Run { size_at } => {
                let size = entry.get(size_at..).and_then(|e| e.first_chunk()).ok_or(TOO_SHORT)?;
                movie.fragment.add(u64::from(u32::from_be_bytes(*size)));
                movie.promise_fragment();
            }
            Entries::SegmentIndex => {
                let referenced = cursor.u32()? & 0x7fff_ffff;
                movie.index_end = movie.index_end.saturating_add(u64::from(referenced));
                movie.data_end = movie.data_end.max(movie.index_end);
            }
        }
        Ok(())
    }
}

/// Checks that `count` entries of `entry_bytes` fit into `room`.
pub(super) fn fits(count: u32, entry_bytes: usize, room: u64) -> Result<(), Fault> {
    let wanted = u64::from(count).saturating_mul(entry_bytes as u64);
    if wanted <= room { Ok(()) } else { Err(TABLE_TOO_LARGE) }
}
