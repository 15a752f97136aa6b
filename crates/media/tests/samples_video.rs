//! Real recordings in containers other than ISO base media, where a checkout has them beside it.

mod walk;

use std::fs;
use std::path::Path;

use dossier_media::{Fault, Kind, MediaType};

use self::walk::{walk, walk_in_chunks};

fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/samples");
    let root = option_env!("DOSSIER_SAMPLES").unwrap_or(beside);
    let folder = Path::new(root).join(folder);
    let Ok(entries) = fs::read_dir(&folder) else {
        eprintln!("=== SKIPPED: no samples at {}", folder.display());
        return Vec::new();
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.expect("a sample has a name").path();
        let bytes = fs::read(&path).expect("a sample can be read");
        files.push((path.display().to_string(), bytes));
    }
    files.sort();
    files
}

fn recordings() -> Vec<(String, Vec<u8>, MediaType)> {
    let with_type = |(name, bytes): (String, Vec<u8>)| {
        let media_type = match Path::new(&name).extension()?.to_str()? {
            "mkv" => MediaType::Matroska,
            "webm" => MediaType::WebM,
            "avi" => MediaType::Avi,
            "mpg" => MediaType::Mpeg,
            "mts" => MediaType::MpegTs,
            "asf" => MediaType::Asf,
            "flv" => MediaType::Flv,
            _ => return None,
        };
        Some((name, bytes, media_type))
    };
    files("accept/video").into_iter().filter_map(with_type).collect()
}

#[test]
fn real_recordings_are_accepted_as_what_they_are() {
    for (name, bytes, media_type) in recordings() {
        let findings = walk(&bytes);
        assert_eq!(findings.faults, [], "{name}");
        assert_eq!(findings.kind, Kind::Known(media_type), "{name}");
        assert_eq!(walk_in_chunks(&bytes, 7, 9000), findings, "{name} in chunks");
        let says_its_size = media_type != MediaType::MpegTs;
        assert_eq!(findings.facts.width.is_some(), says_its_size, "{name}");
    }
}

#[test]
fn real_recordings_cut_short_are_refused() {
    for (name, bytes, _) in recordings() {
        let sixteenths = (1..16).map(|nth| bytes.len() * nth / 16);
        for cut in sixteenths.chain([bytes.len() - 1]) {
            // The only cut that falls exactly between two packets of a program stream.
            let between_packets = name.ends_with(".ps.mpg") && cut == bytes.len() / 2;
            let expected = if between_packets { vec![] } else { vec![Fault::Truncated] };
            assert_eq!(walk(&bytes[..cut]).faults, expected, "{name} cut at {cut}");
        }
    }
}

#[test]
fn real_sound_is_no_video() {
    for (name, bytes) in files("refuse/other-ogg") {
        assert_eq!(walk(&bytes).faults, [Fault::NoVideoTrack], "{name}");
    }
    for (name, bytes) in files("refuse/other-mp3") {
        let kind = walk(&bytes).kind;
        assert!(!matches!(kind, Kind::Known(_)), "{name}: {kind:?}");
    }
}
