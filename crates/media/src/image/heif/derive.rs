//! Derived pictures (ISO/IEC 23008-12 §6.6): grids, overlays and identities, how they build on
//! each other, how they are coded at the bottom, and how much work they ask of a decoder.

use std::collections::BTreeMap;

use super::items::{Item, Items};
use super::location::Method;
use crate::isobmff::Fourcc;
use crate::isobmff::cursor::{Cursor, IdWidth};
use crate::isobmff::format::Pieces;
use crate::{Fault, Limits};

/// How often the permitted pixels a picture may be built from, itself included: a grid is twice
/// its size at most, an overlay may cover much of itself.
const WORK_FACTOR: u64 = 4;

/// How pictures are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Hevc,
    Av1,
    /// The type of the item, or of the sample entry.
    Other(Fourcc),
}

impl Coding {
    /// The coding of an item type (§B.2, §B.3) that is not a derived one.
    fn of_item(kind: Fourcc) -> Self {
        match &kind {
            b"hvc1" | b"hev1" | b"lhv1" => Self::Hevc,
            b"av01" => Self::Av1,
            _other => Self::Other(kind),
        }
    }

    /// The coding of a sample entry of a track.
    pub(super) fn of_entry(kind: Fourcc) -> Self {
        match &kind {
            b"hvc2" | b"hev2" => Self::Hevc,
            _same => Self::of_item(kind),
        }
    }

    /// The coding of a picture of two others: what is refused prevails.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Hevc, other) => other,
            (Self::Other(_), Self::Av1) => Self::Av1,
            (refused, _) => refused,
        }
    }
}

/// A way to derive a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Derivation {
    Identity,
    Grid,
    Overlay,
}

impl Derivation {
    fn of(kind: Fourcc) -> Option<Self> {
        match &kind {
            b"iden" => Some(Self::Identity),
            b"grid" => Some(Self::Grid),
            b"iovl" => Some(Self::Overlay),
            _coded => None,
        }
    }
}

/// What is known of a picture once all that it is derived from is known.
#[derive(Clone, Copy, Debug)]
struct Known {
    coding: Coding,
    size: Option<(u32, u32)>,
    /// Pixels to be decoded or composed for it.
    work: u64,
    depth: u16,
}

/// The coding of the primary item, at the bottom of all that it is derived from.
pub(super) fn primary_coding(items: &Items<'_>) -> Result<Coding, Fault> {
    let mut coding: BTreeMap<u32, Coding> = BTreeMap::new();
    for id in in_order(items)? {
        let Some(item) = items.by_id.get(&id) else { continue };
        let inputs = items.inputs(item).iter().filter_map(|input| coding.get(input).copied());
        let known = match Derivation::of(item.kind) {
            Some(_) => inputs.fold(Coding::Hevc, Coding::and),
            None => Coding::of_item(item.kind),
        };
        coding.insert(id, known);
    }
    coding.get(&items.primary).copied().ok_or(Fault::Malformed("the primary item is not there"))
}

/// Checks every picture of the file, and answers the size of the primary one in pixels; `None`
/// while a description is yet to be fetched.
pub(super) fn check(
    items: &Items<'_>,
    pieces: &mut Pieces,
    limits: &Limits,
) -> Result<Option<(u32, u32)>, Fault> {
    let mut known: BTreeMap<u32, Known> = BTreeMap::new();
    let mut unfetched = false;
    for id in in_order(items)? {
        let Some(item) = items.by_id.get(&id) else { continue };
        let picture = match Derivation::of(item.kind) {
            Some(derivation) => {
                let inputs = inputs(items, item, &known)?;
                let output = output(derivation, items, item, pieces)?;
                unfetched |= output == Output::Unfetched;
                judge(derivation, item, output, &inputs, limits)?
            }
            None => coded(item)?,
        };
        known.insert(id, picture);
    }
    match known.get(&items.primary).and_then(|picture| picture.size) {
        _ if unfetched => Ok(None),
        Some(size) => Ok(Some(size)),
        None => Err(Fault::Malformed("the primary picture has no size")),
    }
}

/// All items, each after those it is derived from; a cycle is a fault.
fn in_order(items: &Items<'_>) -> Result<Vec<u32>, Fault> {
    let mut uses: BTreeMap<u32, usize> = items.by_id.keys().map(|&id| (id, 0)).collect();
    for item in items.by_id.values() {
        for input in items.inputs(item) {
            *uses.entry(*input).or_default() += 1;
        }
    }
    let mut order: Vec<u32> =
        uses.iter().filter(|(_, uses)| **uses == 0).map(|(&id, _)| id).collect();
    let mut next = 0;
    while let Some(&id) = order.get(next) {
        next += 1;
        for input in items.by_id.get(&id).map(|item| items.inputs(item)).unwrap_or_default() {
            if let Some(uses) = uses.get_mut(input) {
                *uses -= 1;
                if *uses == 0 {
                    order.push(*input);
                }
            }
        }
    }
    if order.len() < uses.len() {
        return Err(Fault::Malformed("items derived from each other in a circle"));
    }
    order.reverse();
    Ok(order)
}

/// An item that is not derived: its bytes and, when it is HEVC, its configuration must be there.
fn coded(item: &Item) -> Result<Known, Fault> {
    let coding = Coding::of_item(item.kind);
    if coding == Coding::Hevc {
        if item.location.is_none_or(|location| location.len == 0) {
            return Err(Fault::Malformed("a picture without data"));
        }
        if !item.configured {
            return Err(Fault::Malformed("a picture without its decoder configuration"));
        }
    }
    let work = item.size.map_or(0, area);
    Ok(Known { coding, size: item.size, work, depth: 0 })
}

fn inputs(
    items: &Items<'_>,
    item: &Item,
    known: &BTreeMap<u32, Known>,
) -> Result<Vec<Known>, Fault> {
    let inputs: Option<Vec<Known>> =
        items.inputs(item).iter().map(|input| known.get(input).copied()).collect();
    let missing = Fault::Malformed("a picture derived from an item that is not there");
    inputs.filter(|inputs| !inputs.is_empty()).ok_or(missing)
}

/// What the description of a derived picture says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Output {
    /// An identity takes the size of its one input.
    Same,
    /// Rows and columns, then width and height.
    Grid {
        rows: u64,
        columns: u64,
        size: (u32, u32),
    },
    Canvas {
        size: (u32, u32),
    },
    /// The description stands among the media and is yet to be fetched.
    Unfetched,
}

/// Reads the description of a derived picture (§6.6.2.1 to §6.6.2.3).
fn output(
    derivation: Derivation,
    items: &Items<'_>,
    item: &Item,
    pieces: &mut Pieces,
) -> Result<Output, Fault> {
    let (head, overlay_background) = match derivation {
        Derivation::Identity => return Ok(Output::Same),
        Derivation::Grid => (2, 0),
        Derivation::Overlay => (0, 8),
    };
    let Some(bytes) = description(items, item, 2 + head + overlay_background + 8, pieces)? else {
        return Ok(Output::Unfetched);
    };
    let mut cursor = Cursor::new(bytes);
    if cursor.u8()? != 0 {
        return Err(Fault::Malformed("a derivation of an unknown version"));
    }
    let width = if cursor.u8()? & 1 == 1 { IdWidth::Bits32 } else { IdWidth::Bits16 };
    let (rows, columns) = match derivation {
        Derivation::Grid => (u64::from(cursor.u8()?) + 1, u64::from(cursor.u8()?) + 1),
        Derivation::Identity | Derivation::Overlay => (0, 0),
    };
    cursor.take(overlay_background)?;
    let size = (cursor.item_id(width)?, cursor.item_id(width)?);
    Ok(match derivation {
        Derivation::Grid => Output::Grid { rows, columns, size },
        Derivation::Identity | Derivation::Overlay => Output::Canvas { size },
    })
}

/// Up to `want` first bytes of an item.
fn description<'a>(
    items: &'a Items<'_>,
    item: &Item,
    want: usize,
    pieces: &'a mut Pieces,
) -> Result<Option<&'a [u8]>, Fault> {
    let location = item.location.ok_or(Fault::Malformed("a derived picture without data"))?;
    let (offset, len) = location.first;
    let end = offset + len.min(want as u64);
    match location.method {
        Method::File => pieces.get(offset..end),
        Method::Idat => {
            let bounds = usize::try_from(offset).ok().zip(usize::try_from(end).ok());
            Ok(bounds.and_then(|(start, end)| items.idat.get(start..end)))
        }
        Method::Item => Err(Fault::Malformed("a derivation described inside another item")),
    }
}

fn judge(
    derivation: Derivation,
    item: &Item,
    output: Output,
    inputs: &[Known],
    limits: &Limits,
) -> Result<Known, Fault> {
    let first = inputs.first().and_then(|input| input.size);
    let size = match output {
        Output::Same if inputs.len() > 1 => {
            return Err(Fault::Malformed("an identity of several pictures"));
        }
        Output::Same => first,
        Output::Unfetched => None,
        Output::Grid { rows, columns, .. } if rows * columns != inputs.len() as u64 => {
            return Err(Fault::Malformed("a grid with the wrong number of tiles"));
        }
        Output::Grid { size, .. } | Output::Canvas { size } => Some(size),
    };
    if let Some((width, height)) = size {
        limits.check_pixels(u64::from(width), u64::from(height))?;
    }
    let from = inputs.iter().fold(0_u64, |sum, input| sum.saturating_add(input.work));
    let work = from.saturating_add(size.map_or(0, area));
    if work > limits.pixels_max.saturating_mul(WORK_FACTOR) {
        return Err(match (derivation, output, first) {
            (Derivation::Grid, Output::Grid { rows, columns, .. }, Some((width, height))) => {
                Fault::TooManyPixels {
                    width: u64::from(width) * columns,
                    height: u64::from(height) * rows,
                }
            }
            (Derivation::Identity | Derivation::Grid | Derivation::Overlay, _, _) => {
                Fault::Malformed("a picture built from too many pixels")
            }
        });
    }
    let depth = inputs.iter().map(|input| input.depth).max().unwrap_or(0) + 1;
    if depth > limits.depth_max {
        return Err(Fault::Malformed("pictures derived from each other too deeply"));
    }
    let coding = inputs.iter().map(|input| input.coding).fold(Coding::Hevc, Coding::and);
    Ok(Known { coding, size: item.size.or(size), work, depth })
}

fn area((width, height): (u32, u32)) -> u64 {
    u64::from(width) * u64::from(height)
}
