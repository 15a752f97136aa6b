//! HEIC and HEIF stills and sequences (ISO/IEC 23008-12): brands, primary item, derivations and
//! the extents of all items. AVIF and other codings in the same boxes are named and refused.

mod derive;
mod items;
mod location;

use crate::feed::End;
use crate::isobmff::Fourcc;
use crate::isobmff::file::{File, Meta};
use crate::isobmff::format::{Boxes, Pieces};
use crate::signature::foreign;
use crate::walker::{Budget, Format};
use crate::{Fault, Findings, Foreign, Kind, Limits, MediaType};
use derive::Coding;
use items::Items;

const OCTETS: &str = "application/octet-stream";

/// Brands of HEVC stills (ISO/IEC 23008-12 §B.4.1): 8 and 10 bits, multi-layer and scalable.
const HEVC_STILLS: [&Fourcc; 4] = [b"heic", b"heix", b"heim", b"heis"];

/// Brands of sequences of any coding (§10.3.1) and of HEVC (§B.4.2).
const SEQUENCES: [&Fourcc; 5] = [b"msf1", b"hevc", b"hevx", b"hevm", b"hevs"];

/// Brands of stills of any coding (§10.2), and of HEIF in other codings (annexes C to L).
const OTHERS: [&Fourcc; 12] = [
    b"mif1", b"mif2", b"mif3", b"avif", b"avis", b"avci", b"avcs", b"jpeg", b"jpgs", b"j2ki",
    b"j2is", b"vvic",
];

/// The structure walker.
pub(crate) fn format(limits: &Limits, budget: &Budget) -> Box<dyn Format> {
    Box::new(Boxes::new(limits, Some(budget)))
}

/// Whether boxes are those of a picture: a HEIF brand in front, or one among the compatible
/// brands of a file that has no video track.
pub(crate) fn is_picture(file: &File) -> bool {
    let brands = || HEVC_STILLS.into_iter().chain(SEQUENCES).chain(OTHERS);
    let major = file.major();
    brands().any(|b| *b == major)
        || (file.movie.video.is_none() && brands().any(|b| file.has_brand(&[b])))
}

/// Judges the boxes of a picture after the last byte; `pieces` are asked for what stands outside
/// the `meta` box.
pub(crate) fn judge(
    file: &mut File,
    end: End,
    pieces: &mut Pieces,
    findings: &mut Findings,
) -> Result<(), Fault> {
    findings.kind = kind_by_brand(file);
    if matches!(findings.kind, Kind::Foreign(_)) {
        return Ok(());
    }
    file.check_whole(end)?;
    let meta = match &file.meta {
        Meta::Absent => None,
        Meta::Kept(payload, _grants) => Items::read(payload, file.len(), &file.limits)?,
        Meta::TooLarge => return Err(Fault::Malformed("a meta box of more than 256 KiB")),
        Meta::Repeated => return Err(Fault::Malformed("more than one meta box")),
    };
    match meta {
        Some(items) => judge_still(file, &items, pieces, findings),
        None => judge_sequence(file, findings),
    }
}

fn judge_still(
    file: &File,
    items: &Items<'_>,
    pieces: &mut Pieces,
    findings: &mut Findings,
) -> Result<(), Fault> {
    let coding = derive::primary_coding(items)?;
    findings.kind = kind_by_coding(coding, still_type(file));
    if matches!(findings.kind, Kind::Foreign(_)) {
        return Ok(());
    }
    if let Some((width, height)) = derive::check(items, pieces, &file.limits)? {
        findings.facts.width = Some(width);
        findings.facts.height = Some(height);
    }
    Ok(())
}

/// An image sequence is a track of pictures (§7.2); its stills may be coded between each other.
fn judge_sequence(file: &File, findings: &mut Findings) -> Result<(), Fault> {
    let movie = &file.movie;
    if !movie.complete {
        return Err(Fault::Truncated);
    }
    let track = movie.pictures.or(movie.video);
    let track = track.ok_or(Fault::Malformed("neither a primary picture nor a sequence"))?;
    let coding = track.coding.map_or(Coding::Other(*b"none"), Coding::of_entry);
    findings.kind = kind_by_coding(coding, MediaType::HeifSequence);
    if matches!(findings.kind, Kind::Foreign(_)) {
        return Ok(());
    }
    if track.samples == 0 && movie.fragment_samples == 0 {
        return Err(Fault::Malformed("a sequence without pictures"));
    }
    let (width, height) = track.size;
    findings.facts.width = Some(width).filter(|&w| w > 0);
    findings.facts.height = Some(height).filter(|&h| h > 0);
    findings.facts.duration_ms = movie.duration_ms();
    Ok(())
}

/// What the brands alone say; enough for AVIF, whatever the rest holds.
fn kind_by_brand(file: &File) -> Kind {
    if file.has_brand(&[b"avif", b"avis"]) {
        Kind::Foreign(foreign::AVIF)
    } else if file.mini || file.has_brand(&[b"mif3"]) {
        Kind::Foreign(LOW_OVERHEAD)
    } else if !file.has_brand(&HEVC_STILLS) && SEQUENCES.contains(&&file.major()) {
        Kind::Known(MediaType::HeifSequence)
    } else {
        Kind::Known(still_type(file))
    }
}

fn still_type(file: &File) -> MediaType {
    if file.has_brand(&HEVC_STILLS) { MediaType::Heic } else { MediaType::Heif }
}

/// The kind of a file whose pictures are coded so; `hevc` when they are in HEVC.
fn kind_by_coding(coding: Coding, hevc: MediaType) -> Kind {
    match coding {
        Coding::Hevc => Kind::Known(hevc),
        Coding::Av1 => Kind::Foreign(foreign::AVIF),
        Coding::Other(kind) => Kind::Foreign(other(kind)),
    }
}

const LOW_OVERHEAD: Foreign = Foreign { name: "low-overhead HEIF image", essence: OCTETS };

/// The name of a HEIF picture in another coding (§6.6 and annexes; ISO/IEC 23001-17 for `unci`).
fn other(coding: Fourcc) -> Foreign {
    let (name, essence) = match &coding {
        b"avc1" | b"avc3" => ("AVC-coded HEIF image", "image/avci"),
        b"j2k1" | b"mjp2" => ("JPEG 2000-coded HEIF image", "image/hej2k"),
        b"jpeg" | b"mjpg" => ("JPEG-coded HEIF image", OCTETS),
        b"vvc1" | b"vvi1" => ("VVC-coded HEIF image", OCTETS),
        b"unci" | b"uncv" => ("uncompressed HEIF image", OCTETS),
        b"mski" => ("HEIF mask image", OCTETS),
        _unknown => ("HEIF image of an unsupported coding", OCTETS),
    };
    Foreign { name, essence }
}

#[cfg(test)]
mod tests;
