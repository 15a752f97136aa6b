//! Where the bytes of items are (`iloc`, ISO/IEC 14496-12 §8.11.3), and whether they are there.

use super::items::{Items, id_width};
use crate::Fault;
use crate::isobmff::cursor::Cursor;
use crate::isobmff::{OUTSIDE, TABLE_TOO_LARGE};

/// Extents of all items together.
const EXTENTS_MAX: usize = 65_536;

/// Data references that are looked at, lest many items each walk a long list.
const REFERENCES_MAX: u16 = 64;

/// Where an item's bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Location {
    pub(super) method: Method,
    /// Bytes of all extents.
    pub(super) len: u64,
    /// Offset and length of the first extent, as its construction method counts.
    pub(super) first: (u64, u64),
}

/// What the offsets of an item count from (§8.11.3.3, `construction_method`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// The start of the file.
    File,
    /// The payload of the `idat` box.
    Idat,
    /// The bytes of another item.
    Item,
}

/// The widths of an `iloc` box in bytes.
#[derive(Clone, Copy, Debug)]
struct Widths {
    offset: u8,
    length: u8,
    base: u8,
    index: u8,
}

/// An extent inside another item, checked once the lengths of all items are known.
struct Nested {
    item: u32,
    /// From 1, among the item references of type `iloc`; 0 stands for 1.
    index: u64,
    end: u64,
}

/// Reads the locations into `items` and checks that each extent lies inside its source.
pub(super) fn read(
    iloc: &[u8],
    dinf: Option<&[u8]>,
    file_len: u64,
    items: &mut Items<'_>,
) -> Result<(), Fault> {
    let mut cursor = Cursor::new(iloc);
    let (version, _flags) = cursor.full_box()?;
    let widths = Widths::read(version, &mut cursor)?;
    let id_width = id_width(version, 2);
    let count = cursor.item_id(id_width)?;
    if u64::from(count) * 6 > cursor.rest().len() as u64 {
        return Err(TABLE_TOO_LARGE);
    }
    let mut extents_left = EXTENTS_MAX;
    let mut nested = Vec::new();
    for _item in 0..count {
        let id = cursor.item_id(id_width)?;
        let method = Method::read(version, &mut cursor)?;
        if is_outside(cursor.u16()?, dinf)? {
            return Err(OUTSIDE);
        }
        let base = cursor.sized(widths.base)?;
        let extents = usize::from(cursor.u16()?);
        if extents > 1 && widths.are_none() {
            return Err(Fault::Malformed("extents without offsets or lengths"));
        }
        extents_left =
            extents_left.checked_sub(extents).ok_or(Fault::Malformed("too many item extents"))?;
        let source_len = match method {
            Method::File => Some(file_len),
            Method::Idat => Some(items.idat.len() as u64),
            Method::Item => None,
        };
        let mut location = Location { method, len: 0, first: (0, 0) };
        for nth in 0..extents {
            let index = cursor.sized(widths.index)?;
            let offset = cursor.sized(widths.offset)?.checked_add(base).ok_or(Fault::Truncated)?;
            let len = cursor.sized(widths.length)?;
            let end = offset.checked_add(len).ok_or(Fault::Truncated)?;
            // A length of 0 means all of the source from the offset on.
            let len = match source_len {
                Some(source) if end > source => return Err(Fault::Truncated),
                Some(source) if len == 0 => source - offset,
                Some(_) | None => len,
            };
            if source_len.is_none() {
                nested.push(Nested { item: id, index, end });
            }
            location.len = location.len.saturating_add(len);
            if nth == 0 {
                location.first = (offset, len);
            }
        }
        let Some(item) = items.by_id.get_mut(&id).filter(|_| extents > 0) else { continue };
        if item.location.replace(location).is_some() {
            return Err(Fault::Malformed("two locations of one item"));
        }
    }
    nested.iter().try_for_each(|extent| check_nested(extent, items))
}

fn check_nested(extent: &Nested, items: &Items<'_>) -> Result<(), Fault> {
    let nth = usize::try_from(extent.index.saturating_sub(1)).unwrap_or(usize::MAX);
    let Some(item) = items.by_id.get(&extent.item) else { return Ok(()) };
    let source = item.sources.get(nth).and_then(|id| items.by_id.get(id));
    let source = source.ok_or(Fault::Malformed("an extent in an item that is not there"))?;
    let len = source.location.map_or(0, |location| location.len);
    if extent.end <= len { Ok(()) } else { Err(Fault::Truncated) }
}

impl Widths {
    fn read(version: u8, cursor: &mut Cursor<'_>) -> Result<Self, Fault> {
        let (sizes, bases) = (cursor.u8()?, cursor.u8()?);
        let index = if version == 0 { 0 } else { bases & 0x0f };
        Ok(Self { offset: sizes >> 4, length: sizes & 0x0f, base: bases >> 4, index })
    }

    /// An extent takes no bytes, so that a count could be repeated for nothing.
    fn are_none(self) -> bool {
        self.offset == 0 && self.length == 0 && self.index == 0
    }
}

impl Method {
    fn read(version: u8, cursor: &mut Cursor<'_>) -> Result<Self, Fault> {
        if version == 0 {
            return Ok(Self::File);
        }
        match cursor.u16()? & 0x0f {
            0 => Ok(Self::File),
            1 => Ok(Self::Idat),
            2 => Ok(Self::Item),
            _ => Err(Fault::Malformed("an unknown construction method")),
        }
    }
}

/// Whether a data reference leads to another file; index 0 is this one.
fn is_outside(index: u16, dinf: Option<&[u8]>) -> Result<bool, Fault> {
    let Some(nth) = index.checked_sub(1) else { return Ok(false) };
    if nth >= REFERENCES_MAX {
        return Err(Fault::Malformed("too many data references"));
    }
    let Some((b"dref", dref)) = Cursor::new(dinf.unwrap_or_default())
        .next_box()?
        .as_ref()
        .map(|(kind, payload)| (kind, *payload))
    else {
        return Ok(true);
    };
    let mut cursor = Cursor::new(dref.get(8..).unwrap_or_default());
    for _before in 0..nth {
        cursor.next_box()?;
    }
    let Some((_kind, entry)) = cursor.next_box()? else { return Ok(true) };
    let (_version, flags) = Cursor::new(entry).full_box()?;
    Ok(flags & 1 == 0)
}
