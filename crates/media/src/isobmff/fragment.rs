//! Where the samples of a movie fragment are (ISO/IEC 14496-12 §8.8.7 and §8.8.8).

use super::cursor::Cursor;
use super::table::{Entries, Table};
use crate::Fault;

/// The `moof` box that is being walked.
#[derive(Debug, Default)]
pub(super) struct Fragment {
    /// Offset of its first byte.
    start: u64,
    /// The offset that the runs of the current track fragment count from.
    base: u64,
    sample_bytes: u32,
    /// Where the samples that were met so far end.
    pub(super) data_end: u64,
    pub(super) samples: u64,
}

impl Fragment {
    pub(super) fn begin(&mut self, start: u64) {
        *self = Self { start, base: start, data_end: start, ..Self::default() };
    }

    pub(super) fn add(&mut self, bytes: u64) {
        self.data_end = self.data_end.saturating_add(bytes);
    }

    /// Reads a `tfhd` box: where its runs count from, and the default sample size.
    pub(super) fn header(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        let (_version, flags) = cursor.full_box()?;
        let _track = cursor.u32()?;
        let default_base_is_moof = flags & 0x02_0000 != 0;
        if flags & 0x01 != 0 {
            self.base = cursor.u64()?;
        } else if default_base_is_moof {
            self.base = self.start;
        } else {
            self.base = self.data_end;
        }
        for flag in [0x02, 0x08] {
            if flags & flag != 0 {
                let _description_or_duration = cursor.u32()?;
            }
        }
        self.sample_bytes = if flags & 0x10 != 0 { cursor.u32()? } else { 0 };
        self.data_end = self.base;
        Ok(())
    }

    /// Reads the fields of a `trun` box; gives its table when the sizes are in it. `payload` is
    /// the length of the whole payload.
    pub(super) fn run(
        &mut self,
        cursor: &mut Cursor<'_>,
        shown: usize,
        payload: u64,
    ) -> Result<Option<Table>, Fault> {
        let (_version, flags) = cursor.full_box()?;
        let count = cursor.u32()?;
        if flags & 0x01 != 0 {
            let offset = i64::from(cursor.i32()?);
            self.data_end = self.base.saturating_add_signed(offset);
        }
        if flags & 0x04 != 0 {
            let _first_sample_flags = cursor.u32()?;
        }
        self.samples = self.samples.saturating_add(u64::from(count));
        let fields = [0x100, 0x200, 0x400, 0x800].into_iter().filter(|f| flags & f != 0).count();
        let used = shown.saturating_sub(cursor.rest().len()) as u64;
        let size_at = if flags & 0x100 != 0 { 4 } else { 0 };
        let entries = Entries::Run { size_at };
        let table = Table::new(entries, fields * 4, count, payload.saturating_sub(used))?;
        if flags & 0x200 != 0 {
            return Ok(Some(table));
        }
        self.add(u64::from(count).saturating_mul(u64::from(self.sample_bytes)));
        Ok(None)
    }
}
