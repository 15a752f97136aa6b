//! What is kept of one `trak` box while it is walked, and what it promises once it is closed.

use super::{Fourcc, OUTSIDE};
use crate::{Fault, Limits};

/// The sizes of the last samples that are kept, to know where the last chunk ends. A chunk of
/// more samples than this is only known to reach at least that far.
const LAST_SIZES: usize = 256;

/// Data references beyond this are refused; real files have one.
pub(super) const REFERENCES_MAX: u32 = 64;

/// A track, as far as its boxes were read.
#[derive(Debug, Default)]
pub(super) struct Track {
    pub(super) handler: Option<Fourcc>,
    /// Width and height of the track header, in whole pixels.
    pub(super) display: (u32, u32),
    pub(super) entry: Option<SampleEntry>,
    /// One bit for each data reference that the sample entries use, by its index from 1.
    pub(super) references_used: u64,
    /// One bit for each data reference that leads out of the file, by its index from 1.
    pub(super) references_outside: u64,
    pub(super) references: u32,
    pub(super) samples: u64,
    /// The size of every sample, when it is the same for all.
    pub(super) sample_bytes: Option<u32>,
    pub(super) last_sizes: LastSizes,
    pub(super) samples_per_last_chunk: u32,
    pub(super) chunks: u64,
    pub(super) first_chunk_max: u32,
    pub(super) chunk_offset_max: u64,
    pub(super) chunk_offset_last: u64,
}

/// The first entry of a sample description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SampleEntry {
    pub(super) coding: Fourcc,
    /// Width and height of a visual sample entry; meaningless for others.
    pub(super) coded: (u32, u32),
}

/// A ring of the last sample sizes of a table.
#[derive(Debug, Default)]
pub(super) struct LastSizes {
    ring: Vec<u32>,
    next: usize,
}

impl LastSizes {
    pub(super) fn push(&mut self, size: u32) {
        if self.ring.len() < LAST_SIZES {
            self.ring.push(size);
        } else if let Some(slot) = self.ring.get_mut(self.next) {
            *slot = size;
        }
        self.next = (self.next + 1) % LAST_SIZES;
    }

    /// The sum of the last `n` sizes, or of all that are kept when these are fewer.
    fn sum_of_last(&self, n: u32) -> u64 {
        let (wrapped, oldest) = self.ring.split_at_checked(self.next).unwrap_or((&self.ring, &[]));
        let newest_first = wrapped.iter().rev().chain(oldest.iter().rev());
        newest_first.take(usize::try_from(n).unwrap_or(LAST_SIZES)).map(|&s| u64::from(s)).sum()
    }
}

/// What the walker keeps of a picture or video track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pictures {
    /// The coding of the first sample entry, `None` when there is no entry.
    pub(crate) coding: Option<Fourcc>,
    /// Width and height in pixels: as coded, or as shown where no coded size is given.
    pub(crate) size: (u32, u32),
    /// Samples that the `moov` box names; fragments may bring more.
    pub(crate) samples: u64,
}

/// What a closed track promises of the data that it refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Promise {
    /// The offset of the file that its samples reach to, at least.
    pub(super) end: u64,
    /// Bytes of all its samples, at least.
    pub(super) bytes: u64,
}

impl Track {
    pub(super) fn is_video(&self) -> bool {
        self.handler == Some(*b"vide")
    }

    /// Image sequences of HEIF (ISO/IEC 23008-12 §7.2.1).
    pub(super) fn is_pictures(&self) -> bool {
        self.handler == Some(*b"pict")
    }

    fn is_outside(&self) -> bool {
        self.references_used & self.references_outside != 0
    }

    /// What is seen in the track; only asked for tracks of video and of pictures.
    pub(super) fn pictures(&self, limits: &Limits) -> Result<Pictures, Fault> {
        if self.is_outside() {
            return Err(OUTSIDE);
        }
        if self.samples > 0 && self.chunks == 0 {
            return Err(Fault::Malformed("samples without chunks"));
        }
        let coded = self.entry.map(|e| e.coded).filter(|&(w, h)| w > 0 && h > 0);
        let (width, height) = coded.unwrap_or(self.display);
        if width > 0 && height > 0 {
            limits.check_pixels(u64::from(width), u64::from(height))?;
        }
        let coding = self.entry.map(|e| e.coding);
        Ok(Pictures { coding, size: (width, height), samples: self.samples })
    }

    /// The data that must be there; `None` when it would be in another file.
    ///
    /// Sample counts of sound may be in other units than the sizes (QuickTime), so only the
    /// chunk offsets of other tracks are looked at.
    pub(super) fn promise(&self) -> Option<Promise> {
        if self.is_outside() || self.chunks == 0 {
            return None;
        }
        if !self.is_video() && !self.is_pictures() {
            return Some(Promise { end: self.chunk_offset_max, bytes: 0 });
        }
        let in_last = self.samples_per_last_chunk.max(1);
        let (last_chunk, bytes) = match self.sample_bytes.map(u64::from) {
            Some(size) => (size * u64::from(in_last), size.saturating_mul(self.samples)),
            None => (self.last_sizes.sum_of_last(in_last), 0),
        };
        let end = self.chunk_offset_last.saturating_add(last_chunk.max(1));
        Some(Promise { end: end.max(self.chunk_offset_max.saturating_add(1)), bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_sizes_survive_a_long_table() {
        let mut sizes = LastSizes::default();
        for n in 0..1000 {
            sizes.push(n);
        }
        assert_eq!(sizes.sum_of_last(2), 999 + 998);
        assert_eq!(sizes.sum_of_last(300), (744..1000).sum::<u64>());
        let mut few = LastSizes::default();
        few.push(7);
        assert_eq!(few.sum_of_last(3), 7);
    }
}
