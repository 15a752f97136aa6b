//! The push walker over the boxes of a whole file.
//!
//! `moov` and `moof` are walked box by box with their tables streamed; a `meta` box of the file
//! is kept whole, within [`META_MAX`]; everything else is skipped unseen.

use super::movie::{Container, Leaf, Movie, Role, role};
use super::table::Table;
use super::{Brands, Fourcc, Header, NO_BOX, OVERRUN, Read, Size, is_name};
use crate::feed::{End, NEED_MAX, Step, Walk};
use crate::walker::{Budget, Grant};
use crate::{Fault, Limits};

/// The largest `meta` box that is kept: 800 tiles take about 40 KiB.
pub(crate) const META_MAX: u64 = 256 * 1024;

/// How much of a `meta` box is kept without asking the shared budget, and the size of each grant.
const META_OWN: usize = NEED_MAX;

/// Boxes that are walked inside one `moov`; a file of 1,000 tracks has fewer than 30,000.
const MOVIE_BOXES_MAX: u32 = 65_536;

/// Zero bytes after the last box: recorders pad to the cluster of their card.
const PADDING_MAX: u64 = 64 * 1024;

/// The walker of all files made of boxes.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) limits: Limits,
    budget: Option<Budget>,
    pub(crate) brands: Option<Brands>,
    pub(crate) movie: Movie,
    pub(crate) meta: Meta,
    /// A `mini` box was met (HEIF's low-overhead form).
    pub(crate) mini: bool,
    /// The shared budget could not grant what the `meta` box needs.
    pub(crate) starved: bool,
    stack: Vec<Open>,
    place: Place,
    position: u64,
    boxes_left: u32,
    /// The first box that holds or describes media was met.
    begun: bool,
    media_end: u64,
    media_bytes: u64,
    /// The last bytes shown were a part of a header and all zero.
    zero_tail: bool,
}

/// The `meta` box of the file itself.
#[derive(Debug, Default)]
pub(crate) enum Meta {
    #[default]
    Absent,
    /// The payload, with what it took from the shared budget.
    Kept(Vec<u8>, Vec<Grant>),
    /// It is too large to be that of a picture.
    TooLarge,
    /// There is more than one.
    Repeated,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    container: Container,
    end: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// At the start of a box, or at the end of the containers around it.
    Boxes,
    /// In a table of a box that ends at `end`.
    Table { table: Table, end: u64 },
    /// In a kept `meta` box.
    Meta { left: u64 },
    /// The rest up to an offset does not matter.
    Until(u64),
    /// In a last box without a size; whether it holds media.
    Last { media: bool },
    /// In zero bytes after the last box.
    Padding { left: u64 },
}

impl File {
    pub(crate) fn new(limits: &Limits, budget: Option<&Budget>) -> Self {
        Self {
            limits: *limits,
            budget: budget.cloned(),
            brands: None,
            movie: Movie::default(),
            meta: Meta::Absent,
            mini: false,
            starved: false,
            stack: Vec::new(),
            place: Place::Boxes,
            position: 0,
            boxes_left: MOVIE_BOXES_MAX,
            begun: false,
            media_end: 0,
            media_bytes: 0,
            zero_tail: false,
        }
    }

    /// Whether one of `brands` is among those of the file.
    pub(crate) fn has_brand(&self, brands: &[&Fourcc]) -> bool {
        self.brands.as_ref().is_some_and(|b| b.any(brands))
    }

    /// The major brand; that of QuickTime when there is no `ftyp` box (QuickTime File Format,
    /// "File type compatibility atom").
    pub(crate) fn major(&self) -> Fourcc {
        self.brands.as_ref().map_or(*b"qt  ", |b| b.major)
    }

    /// Bytes of the file, known once it ended.
    pub(crate) fn len(&self) -> u64 {
        self.position
    }

    /// Whether the file ends where its boxes do, with all data that its samples refer to.
    pub(crate) fn check_whole(&mut self, end: End) -> Result<(), Fault> {
        let padded = self.zero_tail && self.stack.is_empty() && self.place == Place::Boxes;
        if end == End::Short && !padded {
            return Err(Fault::Truncated);
        }
        self.close(self.position)?;
        let whole = match self.place {
            Place::Boxes => true,
            Place::Until(end) => end <= self.position,
            Place::Table { .. } | Place::Meta { .. } => false,
            Place::Last { .. } | Place::Padding { .. } => true,
        };
        if !whole || !self.stack.is_empty() || self.movie.data_end > self.media_end {
            return Err(Fault::Truncated);
        }
        if self.movie.data_bytes > self.media_bytes { Err(Fault::Truncated) } else { Ok(()) }
    }

    /// Closes the containers that end at `at`.
    fn close(&mut self, at: u64) -> Result<(), Fault> {
        while let Some(open) = self.stack.pop_if(|open| open.end == at) {
            self.movie.close(open.container, &self.limits)?;
        }
        Ok(())
    }

    /// Reads one box header and answers what to do with the box.
    fn next_box(&mut self, at: u64, bytes: &[u8]) -> Result<Step, Fault> {
        let parent = self.stack.last().copied();
        if let Some(open) = parent
            && open.end - at < 8
        {
            // QuickTime ends some lists with four zero bytes.
            return Ok(Step::Skip(open.end - at));
        }
        let header = match Header::read(bytes)? {
            Read::Whole(header) => header,
            Read::Need(n) => {
                self.zero_tail = bytes.iter().all(|&b| b == 0);
                return Ok(Step::Need(n));
            }
        };
        let Some(open) = parent else { return self.file_box(header, at, bytes) };
        let Size::Bytes(size) = header.size else {
            return Err(Fault::Malformed("a box without a size inside another"));
        };
        let end = at.checked_add(size).filter(|&end| end <= open.end).ok_or(OVERRUN)?;
        // QuickTime codings such as `ms\0\x11` are no printable names.
        if open.container != Container::Descriptions && !is_name(header.kind) {
            return Err(NO_BOX);
        }
        if self.stack.first().is_some_and(|outer| outer.container == Container::Movie) {
            let left = self.boxes_left.checked_sub(1);
            self.boxes_left = left.ok_or(Fault::Malformed("too many boxes in a movie header"))?;
        }
        match role(open.container, header.kind) {
            Role::Open(container) => self.open(container, header, at..end, bytes),
            Role::Read(leaf) => self.leaf(leaf, header.len, at..end, bytes),
            Role::Skip => Ok(Step::Skip(size)),
            Role::Refuse(fault) => Err(fault),
        }
    }

    /// A box of the file itself.
    fn file_box(&mut self, header: Header, at: u64, bytes: &[u8]) -> Result<Step, Fault> {
        let size = match header.size {
            Size::Bytes(size) => size,
            Size::ToEnd => return self.last_box(header),
        };
        let end = at.checked_add(size).ok_or(OVERRUN)?;
        match &header.kind {
            b"ftyp" => return self.file_type(header.len, size, bytes),
            b"moov" if self.movie.complete => {
                return Err(Fault::Malformed("a second movie header"));
            }
            b"moov" => return self.open(Container::Movie, header, at..end, bytes),
            b"moof" => return self.open(Container::Fragment, header, at..end, bytes),
            b"sidx" => return self.leaf(Leaf::SegmentIndex(end), header.len, at..end, bytes),
            b"meta" => return Ok(self.file_meta(header.len, size)),
            b"mdat" | b"imda" => {
                self.begun = true;
                self.media_end = self.media_end.max(end);
                self.media_bytes = self.media_bytes.saturating_add(size - header.len as u64);
            }
            b"mini" => self.mini = true,
            other if !is_name(*other) => return Err(NO_BOX),
            _ => {}
        }
        Ok(Step::Skip(size))
    }

    /// A box that runs to the end of the file (§4.2), or the zero bytes after the last box.
    fn last_box(&mut self, header: Header) -> Result<Step, Fault> {
        let media = match &header.kind {
            b"mdat" => true,
            b"free" | b"skip" | b"uuid" => false,
            [0, 0, 0, 0] => {
                self.place = Place::Padding { left: PADDING_MAX };
                return Ok(Step::Consumed(header.len));
            }
            _ => return Err(Fault::Malformed("a box without a size that is not the last")),
        };
        self.begun = true;
        self.place = Place::Last { media };
        Ok(Step::Consumed(header.len))
    }

    fn file_type(&mut self, len: usize, size: u64, bytes: &[u8]) -> Result<Step, Fault> {
        if self.begun || self.brands.is_some() {
            return Err(Fault::Malformed("a misplaced file type box"));
        }
        let size = usize::try_from(size)
            .ok()
            .filter(|&size| size <= len + 8 + 4 * Brands::BRANDS_MAX)
            .ok_or(Fault::Malformed("too many brands"))?;
        let Some(whole) = bytes.get(..size) else { return Ok(Step::Need(size)) };
        self.brands = Some(Brands::read(whole.get(len..).unwrap_or_default())?);
        Ok(Step::Consumed(size))
    }

    fn file_meta(&mut self, len: usize, size: u64) -> Step {
        let payload = size - len as u64;
        match self.meta {
            Meta::Absent if payload <= META_MAX => {
                self.meta = Meta::Kept(Vec::new(), Vec::new());
                if payload > 0 {
                    self.place = Place::Meta { left: payload };
                }
                Step::Consumed(len)
            }
            Meta::Absent => {
                self.meta = Meta::TooLarge;
                Step::Skip(size)
            }
            Meta::Kept(..) | Meta::TooLarge | Meta::Repeated => {
                self.meta = Meta::Repeated;
                Step::Skip(size)
            }
        }
    }

    /// Keeps the next bytes of the `meta` box; memory grows with what came, in granted pieces.
    fn keep_meta(&mut self, left: u64, bytes: &[u8]) -> Step {
        let n = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
        let now = bytes.get(..n).unwrap_or_default();
        self.place = match left - n as u64 {
            0 => Place::Boxes,
            left => Place::Meta { left },
        };
        if let Meta::Kept(kept, grants) = &mut self.meta {
            while kept.len() + n > META_OWN * (grants.len() + 1) {
                match self.budget.as_ref().map(|budget| budget.take(META_OWN)) {
                    Some(Some(grant)) => grants.push(grant),
                    Some(None) => {
                        self.starved = true;
                        return Step::Done;
                    }
                    None => {
                        self.meta = Meta::TooLarge;
                        return Step::Consumed(n);
                    }
                }
            }
            kept.extend_from_slice(now);
        }
        Step::Consumed(n)
    }

    /// Goes into a box.
    fn open(
        &mut self,
        container: Container,
        header: Header,
        extent: std::ops::Range<u64>,
        bytes: &[u8],
    ) -> Result<Step, Fault> {
        // `stsd` and `dref` start with a version, flags and a count of their children.
        let fields = match container {
            Container::Descriptions | Container::References => 8,
            Container::Movie
            | Container::Extends
            | Container::Track
            | Container::Media
            | Container::MediaInformation
            | Container::DataInformation
            | Container::SampleTable
            | Container::Fragment
            | Container::TrackFragment => 0,
        };
        let start = header.len + fields;
        let payload = (extent.end - extent.start).checked_sub(start as u64);
        let payload = payload.ok_or(super::TOO_SHORT)?;
        let Some(shown) = bytes.get(header.len..start) else { return Ok(Step::Need(start)) };
        if let Some((_full_box, count)) = shown.split_last_chunk::<4>() {
            super::table::fits(u32::from_be_bytes(*count), 8, payload)?;
        }
        self.begun = true;
        self.movie.open(container, extent.start);
        self.stack.push(Open { container, end: extent.end });
        Ok(Step::Consumed(start))
    }

    /// Reads the fields of a box, and goes into its table when it has one.
    fn leaf(
        &mut self,
        leaf: Leaf,
        len: usize,
        extent: std::ops::Range<u64>,
        bytes: &[u8],
    ) -> Result<Step, Fault> {
        let size = extent.end - extent.start;
        let payload = size - len as u64;
        let fields =
            usize::try_from(payload).map_or(leaf.fields_max(), |p| p.min(leaf.fields_max()));
        let Some(shown) = bytes.get(len..len + fields) else { return Ok(Step::Need(len + fields)) };
        match self.movie.read(leaf, shown, payload)? {
            Some((table, used)) if table.left > 0 => {
                self.place = Place::Table { table, end: extent.end };
                Ok(Step::Consumed(len + used))
            }
            Some(_) | None => Ok(Step::Skip(size)),
        }
    }

    fn table(&mut self, mut table: Table, end: u64, bytes: &[u8]) -> Result<Step, Fault> {
        let read = table.read(bytes, &mut self.movie)?;
        self.place = if table.left == 0 { Place::Until(end) } else { Place::Table { table, end } };
        Ok(if read == 0 { Step::Need(table.entry_bytes) } else { Step::Consumed(read) })
    }

    fn padding(&mut self, left: u64, bytes: &[u8]) -> Result<Step, Fault> {
        if bytes.iter().any(|&b| b != 0) {
            return Err(Fault::Malformed("data after the last box"));
        }
        let left = left.checked_sub(bytes.len() as u64);
        let left = left.ok_or(Fault::Malformed("too many bytes after the last box"))?;
        self.place = Place::Padding { left };
        Ok(Step::Consumed(bytes.len()))
    }
}

impl Walk for File {
    fn step(&mut self, at: u64, bytes: &[u8]) -> Result<Step, Fault> {
        self.position = at;
        self.zero_tail = false;
        let step = match self.place {
            Place::Boxes => {
                self.close(at)?;
                self.next_box(at, bytes)?
            }
            Place::Table { table, end } => self.table(table, end, bytes)?,
            Place::Meta { left } => self.keep_meta(left, bytes),
            Place::Until(end) => {
                self.place = Place::Boxes;
                Step::Skip(end - at)
            }
            Place::Last { media } => {
                if media {
                    self.media_end = at + bytes.len() as u64;
                    self.media_bytes += bytes.len() as u64;
                }
                Step::Consumed(bytes.len())
            }
            Place::Padding { left } => self.padding(left, bytes)?,
        };
        self.position = match step {
            Step::Consumed(n) => at + n as u64,
            Step::Skip(n) => at.saturating_add(n),
            Step::Need(_) | Step::Done => at,
        };
        Ok(step)
    }
}
