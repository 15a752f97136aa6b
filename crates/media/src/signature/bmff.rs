//! ISO base media files by their `ftyp` brands (ISO 14496-12, 4.3), and QuickTime without one.

use super::{field, foreign};
use crate::{Kind, MediaType};

/// A first box larger than this is not a box: no upload is that long, and four letters of text
/// read as a size are always more.
const BOX_MAX: u32 = 0x2000_0000;

/// The brands that are looked at; the walkers read the rest.
const BRANDS_MAX: usize = 64;

/// The first guess for a file that starts with a box.
pub(super) fn recognise(head: &[u8]) -> Option<Kind> {
    let size = u32::from_be_bytes(field::<4>(head, 0)?);
    let known = match &field::<4>(head, 4)? {
        b"ftyp" => return Some(by_brands(head, size)),
        b"moov" | b"mdat" | b"wide" | b"free" | b"skip" | b"pnot" => {
            size <= 1 || (8..BOX_MAX).contains(&size)
        }
        _other => false,
    };
    known.then_some(Kind::Known(MediaType::QuickTime))
}

fn by_brands(head: &[u8], size: u32) -> Kind {
    let end = usize::try_from(size).map_or(head.len(), |end| end.min(head.len()));
    let (brands, _) = head.get(8..end).unwrap_or_default().as_chunks::<4>();
    let major = brands.first().copied().unwrap_or_default();
    let compatible = || brands.iter().skip(2).take(BRANDS_MAX);
    if &major == b"crx " {
        return Kind::Foreign(foreign::CANON_RAW);
    }
    if is_avif(&major) || compatible().any(is_avif) {
        return Kind::Foreign(foreign::AVIF);
    }
    Kind::Known(match &major {
        b"heic" | b"heix" | b"heim" | b"heis" => MediaType::Heic,
        b"hevc" | b"hevx" | b"hevm" | b"hevs" | b"msf1" => MediaType::HeifSequence,
        b"mif1" | b"mif2" | b"mif3" | b"avci" | b"avcs" | b"jpeg" | b"jpgs" | b"j2ki" | b"j2is"
        | b"vvic" => still(compatible()),
        b"qt  " | b"mqt " => MediaType::QuickTime,
        [b'3', b'g', b'2', _] => MediaType::ThreeGpp2,
        [b'3', b'g', _, _] => MediaType::ThreeGpp,
        _other if compatible().any(is_movie) => MediaType::Mp4,
        _other if compatible().any(is_still) => still(compatible()),
        _other => MediaType::Mp4,
    })
}

/// What a file with the structure of a HEIF still is, before its primary item is known.
fn still<'a>(mut compatible: impl Iterator<Item = &'a [u8; 4]>) -> MediaType {
    if compatible.any(|brand| matches!(brand, b"heic" | b"heix" | b"heim" | b"heis")) {
        MediaType::Heic
    } else {
        MediaType::Heif
    }
}

fn is_avif(brand: &[u8; 4]) -> bool {
    matches!(brand, b"avif" | b"avis")
}

fn is_still(brand: &[u8; 4]) -> bool {
    matches!(brand, b"mif1" | b"mif2" | b"heic" | b"heix" | b"heim" | b"heis")
}

fn is_movie(brand: &[u8; 4]) -> bool {
    matches!(brand, b"qt  " | [b'i', b's', b'o', _] | [b'm', b'p', b'4', _] | [b'3', b'g', _, _])
}
