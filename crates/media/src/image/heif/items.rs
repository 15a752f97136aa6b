//! The items of a `meta` box (ISO/IEC 14496-12 §8.11) and the properties of pictures
//! (ISO/IEC 23008-12 §6 and §9.3).

use std::collections::BTreeMap;
use std::ops::Range;

use super::location::{self, Location};
use crate::isobmff::cursor::{Cursor, IdWidth};
use crate::isobmff::{Fourcc, TABLE_TOO_LARGE};
use crate::{Fault, Limits};

/// Pictures of 200 megapixels have some 800 tiles.
const ITEMS_MAX: usize = 8192;

/// Some writers give every tile its own three properties.
const PROPERTIES_MAX: usize = 32_767;

/// References between items, each tile of a grid being one.
const REFERENCES_MAX: usize = 65_536;

/// What is known of one item.
#[derive(Debug, Default)]
pub(super) struct Item {
    pub(super) kind: Fourcc,
    /// Width and height in pixels of its first `ispe` property.
    pub(super) size: Option<(u32, u32)>,
    /// It has an `hvcC` or `lhvC` property.
    pub(super) configured: bool,
    /// What it is derived from, as a range of [`Items::inputs`].
    pub(super) inputs: Range<usize>,
    /// The items that a location by construction method 2 counts from.
    pub(super) sources: Vec<u32>,
    pub(super) location: Option<Location>,
}

/// The items of a picture file.
#[derive(Debug)]
pub(super) struct Items<'a> {
    pub(super) primary: u32,
    pub(super) by_id: BTreeMap<u32, Item>,
    /// The payload of the `idat` box.
    pub(super) idat: &'a [u8],
    inputs: Vec<u32>,
}

/// The children of `meta` that are looked at, each at most once.
#[derive(Debug, Default)]
struct Children<'a> {
    hdlr: Option<&'a [u8]>,
    pitm: Option<&'a [u8]>,
    iinf: Option<&'a [u8]>,
    iloc: Option<&'a [u8]>,
    iprp: Option<&'a [u8]>,
    iref: Option<&'a [u8]>,
    idat: Option<&'a [u8]>,
    dinf: Option<&'a [u8]>,
}

impl<'a> Items<'a> {
    /// Reads the payload of the `meta` box of a file of `file_len` bytes; `None` when the box is
    /// not one of pictures or names no primary item.
    pub(super) fn read(
        payload: &'a [u8],
        file_len: u64,
        limits: &Limits,
    ) -> Result<Option<Self>, Fault> {
        let children = Children::read(payload)?;
        let Some(pitm) = children.pitm.filter(|_| children.are_pictures()) else { return Ok(None) };
        let mut cursor = Cursor::new(pitm);
        let (version, _flags) = cursor.full_box()?;
        let primary = cursor.item_id(id_width(version, 1))?;
        let mut items = Self {
            primary,
            by_id: BTreeMap::new(),
            idat: children.idat.unwrap_or_default(),
            inputs: Vec::new(),
        };
        items.read_infos(children.iinf.ok_or(Fault::Malformed("no item information"))?)?;
        if let Some(iprp) = children.iprp {
            items.read_properties(iprp, limits)?;
        }
        if let Some(iref) = children.iref {
            items.read_references(iref)?;
        }
        let iloc = children.iloc.ok_or(Fault::Malformed("no item locations"))?;
        location::read(iloc, children.dinf, file_len, &mut items)?;
        Ok(Some(items))
    }

    pub(super) fn inputs(&self, item: &Item) -> &[u32] {
        self.inputs.get(item.inputs.clone()).unwrap_or_default()
    }

    /// `iinf` and its `infe` boxes (§8.11.6)
    fn read_infos(&mut self, iinf: &[u8]) -> Result<(), Fault> {
        let mut cursor = Cursor::new(iinf);
        let (version, _flags) = cursor.full_box()?;
        let _count = cursor.item_id(id_width(version, 1))?;
        while let Some((kind, payload)) = cursor.next_box()? {
            if &kind != b"infe" {
                continue;
            }
            let mut cursor = Cursor::new(payload);
            let (version, _flags) = cursor.full_box()?;
            let id = cursor.item_id(id_width(version, 3))?;
            let _protection = cursor.u16()?;
            let kind = if version >= 2 { cursor.fourcc()? } else { *b"mime" };
            if self.by_id.len() == ITEMS_MAX {
                return Err(Fault::Malformed("too many items"));
            }
            if self.by_id.insert(id, Item { kind, ..Item::default() }).is_some() {
                return Err(Fault::Malformed("two items with one identifier"));
            }
        }
        Ok(())
    }

    /// `iprp` with its `ipco` and `ipma` boxes (§8.11.14)
    fn read_properties(&mut self, iprp: &[u8], limits: &Limits) -> Result<(), Fault> {
        let mut properties = None;
        let mut associations = Vec::new();
        let mut cursor = Cursor::new(iprp);
        while let Some((kind, payload)) = cursor.next_box()? {
            match &kind {
                b"ipco" if properties.is_none() => properties = Some(read_ipco(payload, limits)?),
                b"ipco" => return Err(Fault::Malformed("more than one property container")),
                b"ipma" if associations.len() == 16 => {
                    return Err(Fault::Malformed("too many property associations"));
                }
                b"ipma" => associations.push(payload),
                _other => {}
            }
        }
        let properties = properties.unwrap_or_default();
        associations.into_iter().try_for_each(|ipma| self.associate(ipma, &properties))
    }

    fn associate(&mut self, ipma: &[u8], properties: &[Property]) -> Result<(), Fault> {
        let mut cursor = Cursor::new(ipma);
        let (version, flags) = cursor.full_box()?;
        let entries = cursor.u32()?;
        // Each entry has at least its identifier and a count.
        if u64::from(entries) * 3 > cursor.rest().len() as u64 {
            return Err(TABLE_TOO_LARGE);
        }
        for _entry in 0..entries {
            let id = cursor.item_id(id_width(version, 1))?;
            let count = cursor.u8()?;
            let mut item = self.by_id.get_mut(&id);
            for _association in 0..count {
                let index = if flags & 1 == 1 {
                    usize::from(cursor.u16()? & 0x7fff)
                } else {
                    usize::from(cursor.u8()? & 0x7f)
                };
                let Some(item) = &mut item else { continue };
                match index.checked_sub(1).and_then(|at| properties.get(at)) {
                    Some(Property::Size(width, height)) => {
                        item.size.get_or_insert((*width, *height));
                    }
                    Some(Property::Configuration) => item.configured = true,
                    Some(Property::Other) | None => {}
                }
            }
        }
        Ok(())
    }

    /// `iref` (§8.11.12): what pictures are derived from, and what extents count from.
    fn read_references(&mut self, iref: &[u8]) -> Result<(), Fault> {
        let mut cursor = Cursor::new(iref);
        let (version, _flags) = cursor.full_box()?;
        let width = id_width(version, 1);
        let mut references = 0;
        while let Some((kind, payload)) = cursor.next_box()? {
            let mut cursor = Cursor::new(payload);
            let from = cursor.item_id(width)?;
            let count = usize::from(cursor.u16()?);
            references += count;
            if references > REFERENCES_MAX {
                return Err(Fault::Malformed("too many item references"));
            }
            let start = self.inputs.len();
            let mut sources = Vec::new();
            for _reference in 0..count {
                let to = cursor.item_id(width)?;
                match &kind {
                    b"dimg" => self.inputs.push(to),
                    b"iloc" => sources.push(to),
                    _other => {}
                }
            }
            let Some(item) = self.by_id.get_mut(&from) else { continue };
            match &kind {
                b"dimg" if !item.inputs.is_empty() => {
                    return Err(Fault::Malformed("two derivations of one item"));
                }
                b"dimg" => item.inputs = start..self.inputs.len(),
                b"iloc" => item.sources = sources,
                _other => {}
            }
        }
        Ok(())
    }
}

impl<'a> Children<'a> {
    fn read(meta: &'a [u8]) -> Result<Self, Fault> {
        let mut children = Self::default();
        let mut cursor = Cursor::new(meta);
        let _full_box = cursor.full_box()?;
        while let Some((kind, payload)) = cursor.next_box()? {
            let slot = match &kind {
                b"hdlr" => &mut children.hdlr,
                b"pitm" => &mut children.pitm,
                b"iinf" => &mut children.iinf,
                b"iloc" => &mut children.iloc,
                b"iprp" => &mut children.iprp,
                b"iref" => &mut children.iref,
                b"idat" => &mut children.idat,
                b"dinf" => &mut children.dinf,
                _other => continue,
            };
            if slot.replace(payload).is_some() {
                return Err(Fault::Malformed("a box that may stand once stands twice"));
            }
        }
        Ok(children)
    }

    /// The handler of still pictures is `pict` (ISO/IEC 23008-12 §6.2).
    fn are_pictures(&self) -> bool {
        self.hdlr.and_then(|h| h.get(8..12)).is_some_and(|handler| handler == b"pict")
    }
}

/// A property of pictures, as far as it matters here.
#[derive(Clone, Copy, Debug)]
enum Property {
    /// `ispe` (ISO/IEC 23008-12 §6.5.3): width and height in pixels.
    Size(u32, u32),
    /// `hvcC` or `lhvC`: what a decoder is set up with.
    Configuration,
    Other,
}

fn read_ipco(ipco: &[u8], limits: &Limits) -> Result<Vec<Property>, Fault> {
    let mut properties = Vec::new();
    let mut cursor = Cursor::new(ipco);
    while let Some((kind, payload)) = cursor.next_box()? {
        if properties.len() == PROPERTIES_MAX {
            return Err(Fault::Malformed("too many item properties"));
        }
        properties.push(match &kind {
            b"ispe" => {
                let mut cursor = Cursor::new(payload);
                let _full_box = cursor.full_box()?;
                let (width, height) = (cursor.u32()?, cursor.u32()?);
                limits.check_pixels(u64::from(width), u64::from(height))?;
                Property::Size(width, height)
            }
            b"hvcC" | b"lhvC" => Property::Configuration,
            _other => Property::Other,
        });
    }
    Ok(properties)
}

/// Identifiers are of 32 bits from some version of a box on.
pub(super) fn id_width(version: u8, wide_from: u8) -> IdWidth {
    if version >= wide_from { IdWidth::Bits32 } else { IdWidth::Bits16 }
}
