//! Real files, where the collection of them lies beside the repository: what other programs
//! read is accepted, what no purpose takes is refused, however the bytes are cut into pushes.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

mod collection;
mod walk;

use dossier_media::{Fault, Findings, Kind, MediaType};

use self::collection::samples;
use self::walk::{walk, walk_in_chunks};

/// Checks every file of a folder and names all that fail.
fn each(folder: &str, check: impl Fn(&[u8]) -> Result<(), String>) {
    let samples = samples(folder);
    let failures = samples.iter().filter_map(|(path, bytes)| {
        let why = check(bytes).err()?;
        Some(format!("{}: {why}", path.display()))
    });
    let failures: Vec<String> = failures.collect();
    assert!(failures.is_empty(), "{} files:\n{}", failures.len(), failures.join("\n"));
}

/// The one outcome of a file, whole and in two kinds of pieces.
fn findings(bytes: &[u8]) -> Findings {
    let found = walk(bytes);
    let seed = bytes.len() as u64;
    assert_eq!(walk_in_chunks(bytes, seed, 7000), found, "in chunks");
    let short = bytes.get(..20_000).unwrap_or(bytes);
    assert_eq!(walk_in_chunks(short, seed, 9), walk(short), "in crumbs");
    found
}

fn accepted(folder: &str, types: &[MediaType]) {
    each(folder, |bytes| {
        let findings = findings(bytes);
        let known = matches!(findings.kind, Kind::Known(found) if types.contains(&found));
        let sized = findings.facts.width.is_some() == findings.facts.height.is_some();
        if known && sized && findings.faults.is_empty() {
            Ok(())
        } else {
            Err(format!("{findings:?}"))
        }
    });
}

/// No beginning of a file passes for the whole.
///
/// `sound_end` says from which length on a cut file is whole: a JPEG ends at its EOI, and what
/// follows is not part of it.
fn cuts_are_refused(folder: &str, sound_end: impl Fn(&[u8]) -> usize) {
    each(folder, |bytes| {
        let sixteenths = (1..16).map(|nth| bytes.len() * nth / 16);
        for len in sixteenths.chain([bytes.len() - 1]).filter(|len| *len < sound_end(bytes)) {
            let findings = walk(&bytes[..len]);
            if findings.faults.is_empty() && matches!(findings.kind, Kind::Known(_)) {
                return Err(format!("cut at {len} of {} is accepted", bytes.len()));
            }
        }
        Ok(())
    });
}

fn whole(bytes: &[u8]) -> usize {
    bytes.len()
}

/// Refused for what the bytes are, under the name given.
fn foreign(folder: &str, names: &[&str]) {
    each(folder, |bytes| match findings(bytes).kind {
        Kind::Foreign(found) if names.contains(&found.name) => Ok(()),
        kind @ (Kind::Foreign(_) | Kind::Known(_) | Kind::Unknown) => Err(format!("{kind:?}")),
    });
}

/// Refused for a fault.
fn faulty(folder: &str, expected: impl Fn(&Fault) -> bool) {
    each(folder, |bytes| {
        let findings = findings(bytes);
        let found = findings.faults.iter().any(&expected);
        if found { Ok(()) } else { Err(format!("{findings:?}")) }
    });
}

#[test]
fn real_bitmaps_are_accepted() {
    accepted("accept/bmp", &[MediaType::Bmp]);
}

#[test]
fn cut_bitmaps_are_refused() {
    cuts_are_refused("accept/bmp", whole);
}

#[test]
fn real_jpegs_are_accepted() {
    accepted("accept/jpeg", &[MediaType::Jpeg]);
}

#[test]
fn cut_jpegs_are_refused() {
    cuts_are_refused("accept/jpeg", end_of_jpeg);
}

/// Cameras round files up with zeros; the first EOI behind the last scan ends the picture.
fn end_of_jpeg(bytes: &[u8]) -> usize {
    let mut at = 2;
    while bytes[at + 1] != 0xDA {
        at += match bytes[at + 1] {
            0xFF => 1,
            _marker => 2 + usize::from(u16::from_be_bytes([bytes[at + 2], bytes[at + 3]])),
        };
    }
    at + bytes[at..].windows(2).position(|pair| pair == [0xFF, 0xD9]).unwrap() + 2
}

#[test]
fn real_pngs_are_accepted() {
    accepted("accept/png", &[MediaType::Png]);
}

#[test]
fn cut_pngs_are_refused() {
    cuts_are_refused("accept/png", whole);
}

#[test]
fn real_json_is_accepted() {
    accepted("accept/json", &[MediaType::Json]);
}

#[test]
fn cut_json_is_refused() {
    cuts_are_refused("accept/json", whole);
}

#[test]
fn broken_json_is_refused() {
    faulty("refuse/json-malformed", |fault| {
        matches!(fault, Fault::Malformed(_) | Fault::Truncated)
    });
    faulty("refuse/json", |fault| matches!(fault, Fault::Malformed(rule) if rule.contains("name")));
}

#[test]
fn formats_that_no_purpose_takes_are_refused_by_name() {
    foreign("refuse/avif", &["AVIF"]);
    foreign("refuse/gif", &["GIF"]);
    foreign("refuse/tiff", &["TIFF"]);
    foreign("refuse/webp", &["WebP"]);
    foreign("refuse/other-psd", &["Photoshop document"]);
    foreign("refuse/other-mp3", &["MP3 audio"]);
    foreign("refuse/other-zip", &["ZIP archive"]);
    foreign("refuse/other-docx", &["Word document", "Office document", "ZIP archive"]);
}
