//! The boxes inside `moov` and `moof`: which of them matter, and what is kept of them.

use super::cursor::Cursor;
use super::fragment::Fragment;
use super::table::{Entries, Table, fits};
use super::track::{Pictures, REFERENCES_MAX, SampleEntry, Track};
use super::{Fourcc, TABLE_TOO_LARGE};
use crate::{Fault, Limits};

/// A box whose children are walked. The order of nesting is fixed by [`role`], so the depth is
/// at most seven, whatever a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Container {
    Movie,
    Extends,
    Track,
    Media,
    MediaInformation,
    DataInformation,
    References,
    SampleTable,
    Descriptions,
    Fragment,
    TrackFragment,
}

/// A box whose fields are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaf {
    MovieHeader,
    ExtendsHeader,
    TrackHeader,
    Handler,
    Reference,
    SampleEntry(Fourcc),
    /// A table that only has to fit, with the bytes of one entry.
    Counted(usize),
    SampleSizes,
    CompactSizes,
    SampleToChunk,
    Offsets32,
    Offsets64,
    FragmentHeader,
    Run,
    /// `sidx`, with the offset of the first byte after it.
    SegmentIndex(u64),
}

/// What the walker does with a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Open(Container),
    Read(Leaf),
    Skip,
    Refuse(Fault),
}

/// The role of a box inside another (ISO/IEC 14496-12 §6.2.3; QuickTime File Format, "Movie
/// atoms"). Boxes in places where the standard does not put them are skipped.
pub(super) fn role(parent: Container, kind: Fourcc) -> Role {
    use Container as C;
    match (parent, &kind) {
        (C::Movie, b"mvhd") => Role::Read(Leaf::MovieHeader),
        (C::Movie, b"trak") => Role::Open(C::Track),
        (C::Movie, b"mvex") => Role::Open(C::Extends),
        (C::Movie, b"cmov") => Role::Refuse(Fault::Malformed("a compressed movie header")),
        (C::Movie, b"rmra") => Role::Refuse(super::OUTSIDE),
        (C::Extends, b"mehd") => Role::Read(Leaf::ExtendsHeader),
        (C::Track, b"tkhd") => Role::Read(Leaf::TrackHeader),
        (C::Track, b"mdia") => Role::Open(C::Media),
        (C::Media, b"hdlr") => Role::Read(Leaf::Handler),
        (C::Media, b"minf") => Role::Open(C::MediaInformation),
        (C::MediaInformation, b"dinf") => Role::Open(C::DataInformation),
        (C::MediaInformation, b"stbl") => Role::Open(C::SampleTable),
        (C::DataInformation, b"dref") => Role::Open(C::References),
        (C::References, _) => Role::Read(Leaf::Reference),
        (C::SampleTable, b"stsd") => Role::Open(C::Descriptions),
        (C::SampleTable, b"stts" | b"ctts") => Role::Read(Leaf::Counted(8)),
        (C::SampleTable, b"stss") => Role::Read(Leaf::Counted(4)),
        (C::SampleTable, b"stsz") => Role::Read(Leaf::SampleSizes),
        (C::SampleTable, b"stz2") => Role::Read(Leaf::CompactSizes),
        (C::SampleTable, b"stsc") => Role::Read(Leaf::SampleToChunk),
        (C::SampleTable, b"stco") => Role::Read(Leaf::Offsets32),
        (C::SampleTable, b"co64") => Role::Read(Leaf::Offsets64),
        (C::Descriptions, _) => Role::Read(Leaf::SampleEntry(kind)),
        (C::Fragment, b"traf") => Role::Open(C::TrackFragment),
        (C::TrackFragment, b"tfhd") => Role::Read(Leaf::FragmentHeader),
        (C::TrackFragment, b"trun") => Role::Read(Leaf::Run),
        (_, _) => Role::Skip,
    }
}

impl Leaf {
    /// The most payload bytes that [`Movie::read`] looks at; a table follows after its fields.
    pub(super) const fn fields_max(self) -> usize {
        match self {
            Self::MovieHeader => 32,
            Self::ExtendsHeader | Self::Handler => 12,
            Self::TrackHeader => 96,
            Self::Reference => 64,
            Self::SampleEntry(_) => 28,
            Self::SampleSizes | Self::CompactSizes => 12,
            Self::Counted(_) | Self::SampleToChunk | Self::Offsets32 | Self::Offsets64 => 8,
            Self::FragmentHeader | Self::SegmentIndex(_) => 32,
            Self::Run => 16,
        }
    }
}

/// What is kept of all `moov` and `moof` boxes of a file.
#[derive(Debug, Default)]
pub(crate) struct Movie {
    /// The whole `moov` box was walked.
    pub(crate) complete: bool,
    /// An `mvex` box announces fragments.
    pub(crate) extended: bool,
    /// Samples that fragments named.
    pub(crate) fragment_samples: u64,
    /// The first video track that has samples, or the first of all.
    pub(crate) video: Option<Pictures>,
    /// The first track of pictures: an image sequence.
    pub(crate) pictures: Option<Pictures>,
    /// The offset of the file that samples reach to, at least.
    pub(crate) data_end: u64,
    /// Bytes of the samples of one track, at least.
    pub(crate) data_bytes: u64,
    timescale: u32,
    duration: u64,
    pub(super) index_end: u64,
    pub(super) track: Track,
    pub(super) fragment: Fragment,
}

impl Movie {
    /// The duration of the `mvhd` box, or of the `mehd` box when that is longer.
    pub(crate) fn duration_ms(&self) -> Option<u64> {
        let ms = (u128::from(self.duration) * 1000).checked_div(u128::from(self.timescale))?;
        u64::try_from(ms).ok().filter(|&ms| ms > 0)
    }

    /// Prepares for the children of a box that starts at offset `at`.
    pub(super) fn open(&mut self, container: Container, at: u64) {
        match container {
            Container::Track => self.track = Track::default(),
            Container::Extends => self.extended = true,
            Container::Fragment => self.fragment.begin(at),
            Container::Movie
            | Container::Media
            | Container::MediaInformation
            | Container::DataInformation
            | Container::References
            | Container::SampleTable
            | Container::Descriptions
            | Container::TrackFragment => {}
        }
    }

    /// Judges what was read inside a box that ends here.
    pub(super) fn close(&mut self, container: Container, limits: &Limits) -> Result<(), Fault> {
        match container {
            Container::Movie => self.complete = true,
            Container::Track => self.close_track(limits)?,
            Container::Fragment => {
                self.fragment_samples = self.fragment_samples.saturating_add(self.fragment.samples);
            }
            Container::Extends
            | Container::Media
            | Container::MediaInformation
            | Container::DataInformation
            | Container::References
            | Container::SampleTable
            | Container::Descriptions
            | Container::TrackFragment => {}
        }
        Ok(())
    }

    fn close_track(&mut self, limits: &Limits) -> Result<(), Fault> {
        let track = std::mem::take(&mut self.track);
        if track.is_video() {
            let pictures = track.pictures(limits)?;
            if self.video.is_none_or(|v| v.samples == 0 && pictures.samples > 0) {
                self.video = Some(pictures);
            }
        } else if track.is_pictures() {
            self.pictures.get_or_insert(track.pictures(limits)?);
        }
        if let Some(promise) = track.promise() {
            self.data_end = self.data_end.max(promise.end);
            self.data_bytes = self.data_bytes.max(promise.bytes);
        }
        Ok(())
    }

    pub(super) fn chunk(&mut self, offset: u64) {
        self.track.chunks += 1;
        self.track.chunk_offset_last = offset;
        self.track.chunk_offset_max = self.track.chunk_offset_max.max(offset);
    }

    /// Notes how far the samples of the current run reach.
    pub(super) fn promise_fragment(&mut self) {
        self.data_end = self.data_end.max(self.fragment.data_end);
    }

    /// Reads the fields of a box from `shown`, the start of its payload of `payload` bytes.
    /// Answers the table that follows and how many bytes stand before it.
    pub(super) fn read(
        &mut self,
        leaf: Leaf,
        shown: &[u8],
        payload: u64,
    ) -> Result<Option<(Table, usize)>, Fault> {
        let mut cursor = Cursor::new(shown);
        let table = match leaf {
            Leaf::MovieHeader => self.read_header(&mut cursor).map(|()| None),
            Leaf::ExtendsHeader => self.read_extends_header(&mut cursor).map(|()| None),
            Leaf::TrackHeader => self.read_track_header(&mut cursor).map(|()| None),
            Leaf::Handler => self.read_handler(&mut cursor).map(|()| None),
            Leaf::Reference => self.read_reference(&mut cursor).map(|()| None),
            Leaf::SampleEntry(coding) => self.read_sample_entry(coding, &mut cursor).map(|()| None),
            Leaf::CompactSizes => self.read_compact_sizes(&mut cursor, payload).map(|()| None),
            Leaf::FragmentHeader => self.fragment.header(&mut cursor).map(|()| None),
            Leaf::Counted(entry) => counted(&mut cursor, entry, payload).map(|_count| None),
            Leaf::SampleSizes => self.read_sample_sizes(&mut cursor, payload),
            Leaf::SampleToChunk => table(Entries::SampleToChunk, 12, &mut cursor, payload),
            Leaf::Offsets32 => table(Entries::Offsets32, 4, &mut cursor, payload),
            Leaf::Offsets64 => table(Entries::Offsets64, 8, &mut cursor, payload),
            Leaf::Run => {
                let table = self.fragment.run(&mut cursor, shown.len(), payload);
                self.promise_fragment();
                table
            }
            Leaf::SegmentIndex(end) => self.read_segment_index(&mut cursor, end, payload),
        }?;
        Ok(table.map(|table| (table, shown.len().saturating_sub(cursor.rest().len()))))
    }

    /// `mvhd` (ISO/IEC 14496-12 §8.2.2)
    fn read_header(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        let (version, _flags) = cursor.full_box()?;
        let (timescale, duration) = if version == 1 {
            cursor.take(16)?;
            (cursor.u32()?, known64(cursor.u64()?))
        } else {
            cursor.take(8)?;
            (cursor.u32()?, known32(cursor.u32()?))
        };
        self.timescale = timescale;
        self.duration = self.duration.max(duration);
        Ok(())
    }

    /// `mehd` (§8.8.2)
    fn read_extends_header(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        let (version, _flags) = cursor.full_box()?;
        let duration = if version == 1 { known64(cursor.u64()?) } else { known32(cursor.u32()?) };
        self.duration = self.duration.max(duration);
        Ok(())
    }

    /// `tkhd` (§8.3.2); the sizes are 16.16 fixed-point numbers.
    fn read_track_header(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        let (version, _flags) = cursor.full_box()?;
        cursor.take(if version == 1 { 32 } else { 20 })?;
        cursor.take(52)?;
        self.track.display = (cursor.u32()? >> 16, cursor.u32()? >> 16);
        Ok(())
    }

    /// `hdlr` (§8.4.3)
    fn read_handler(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        cursor.take(8)?;
        let handler = cursor.fourcc()?;
        if self.track.handler.replace(handler).is_some() {
            return Err(Fault::Malformed("a track with two handlers"));
        }
        Ok(())
    }

    /// One entry of `dref` (§8.7.2). An entry that says neither "in this file" nor where else is
    /// taken as in this file: some recorders forget the flag.
    fn read_reference(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        let (_version, flags) = cursor.full_box()?;
        self.track.references += 1;
        if self.track.references >= REFERENCES_MAX {
            return Err(Fault::Malformed("too many data references"));
        }
        let elsewhere = flags & 1 == 0 && cursor.rest().iter().any(|&b| b != 0);
        self.track.references_outside |= u64::from(elsewhere) << self.track.references;
        Ok(())
    }

    /// One entry of `stsd` (§8.5.2, §12.1.3)
    fn read_sample_entry(&mut self, coding: Fourcc, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        cursor.take(6)?;
        let reference = u32::from(cursor.u16()?);
        self.track.references_used |= 1_u64.checked_shl(reference).unwrap_or(0);
        let coded = match cursor.take(16) {
            Ok(_reserved) => (u32::from(cursor.u16()?), u32::from(cursor.u16()?)),
            Err(_short) => (0, 0),
        };
        self.track.entry.get_or_insert(SampleEntry { coding, coded });
        Ok(())
    }

    /// `stsz` (§8.7.3.2); without a table when all samples have one size.
    fn read_sample_sizes(
        &mut self,
        cursor: &mut Cursor<'_>,
        payload: u64,
    ) -> Result<Option<Table>, Fault> {
        let _full_box = cursor.full_box()?;
        let (size, count) = (cursor.u32()?, cursor.u32()?);
        self.track.samples = u64::from(count);
        if size > 0 {
            self.track.sample_bytes = Some(size);
            return Ok(None);
        }
        Table::new(Entries::SampleSizes, 4, count, payload.saturating_sub(12)).map(Some)
    }

    /// `stz2` (§8.7.3.3)
    fn read_compact_sizes(&mut self, cursor: &mut Cursor<'_>, payload: u64) -> Result<(), Fault> {
        let _full_box = cursor.full_box()?;
        let bits = cursor.u32()? & 0xff;
        let count = cursor.u32()?;
        if !matches!(bits, 4 | 8 | 16) {
            return Err(Fault::Malformed("a sample size field of an unknown width"));
        }
        let bytes = (u64::from(count) * u64::from(bits)).div_ceil(8);
        if bytes > payload.saturating_sub(12) {
            return Err(TABLE_TOO_LARGE);
        }
        self.track.samples = u64::from(count);
        Ok(())
    }

    /// `sidx` (§8.16.3): the segments that it names follow it.
    fn read_segment_index(
        &mut self,
        cursor: &mut Cursor<'_>,
        end: u64,
        payload: u64,
    ) -> Result<Option<Table>, Fault> {
        let (version, _flags) = cursor.full_box()?;
        cursor.take(12)?;
        let first = if version == 0 { u64::from(cursor.u32()?) } else { cursor.u64()? };
        self.index_end = end.saturating_add(first);
        let count = u32::from({
            cursor.take(2)?;
            cursor.u16()?
        });
        let used = if version == 0 { 24 } else { 32 };
        Table::new(Entries::SegmentIndex, 12, count, payload.saturating_sub(used)).map(Some)
    }
}

/// A duration of all ones is an unknown one (§8.2.2.3).
fn known32(duration: u32) -> u64 {
    if duration == u32::MAX { 0 } else { u64::from(duration) }
}

fn known64(duration: u64) -> u64 {
    if duration == u64::MAX { 0 } else { duration }
}

/// Reads the count of a table after a full box header and checks that the table fits.
fn counted(cursor: &mut Cursor<'_>, entry: usize, payload: u64) -> Result<u32, Fault> {
    let _full_box = cursor.full_box()?;
    let count = cursor.u32()?;
    fits(count, entry, payload.saturating_sub(8))?;
    Ok(count)
}

fn table(
    entries: Entries,
    entry: usize,
    cursor: &mut Cursor<'_>,
    payload: u64,
) -> Result<Option<Table>, Fault> {
    let count = counted(cursor, entry, payload)?;
    Table::new(entries, entry, count, payload.saturating_sub(8)).map(Some)
}
