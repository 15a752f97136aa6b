//! Real HEIF, MP4, QuickTime and 3GP files, where a checkout has them beside it.

use std::path::{Path, PathBuf};

use dossier_media::{Budget, Fault, Findings, Kind, Limits, MediaType, Verdict, Walker};

fn folder(name: &str) -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/samples");
    let root = option_env!("DOSSIER_SAMPLES").unwrap_or(beside);
    let folder = Path::new(root).join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("=== SKIPPED: no samples at {}", folder.display());
    None
}

fn files(name: &str, extensions: &[&str]) -> Vec<(String, Vec<u8>)> {
    let Some(folder) = folder(name) else { return Vec::new() };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder of samples can be listed") {
        let path = entry.expect("a sample has a name").path();
        let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        if extensions.contains(&extension.as_str()) {
            let bytes = std::fs::read(&path).expect("a sample can be read");
            files.push((path.display().to_string(), bytes));
        }
    }
    files.sort();
    files
}

fn walk(bytes: &[u8], chunk: usize) -> Findings {
    let mut walker = Walker::new(Limits::default(), Budget::new(1024 * 1024));
    for piece in bytes.chunks(chunk) {
        if walker.push(piece).is_break() {
            break;
        }
    }
    match walker.finish() {
        Verdict::Settled(findings) => findings,
        Verdict::NeedsReadBack(mut again) => {
            let _flow = again.push(bytes);
            again.finish()
        }
    }
}

#[test]
fn real_pictures_are_accepted_whole_and_refused_cut() {
    for (name, bytes) in files("accept/heif", &["heic", "heif"]) {
        let findings = walk(&bytes, 8192);
        assert_eq!(findings.faults, [], "{name}");
        assert_eq!(findings.kind, Kind::Known(MediaType::Heic), "{name}");
        assert!(findings.facts.width.is_some() && findings.facts.height.is_some(), "{name}");
        assert_eq!(findings, walk(&bytes, odd_chunk(&bytes)), "{name}");
        refuses_every_cut(&name, &bytes);
    }
}

#[test]
fn real_movies_are_accepted_whole_and_refused_cut() {
    for (name, bytes) in files("accept/video", &["mp4", "m4v", "mov", "3gp"]) {
        let findings = walk(&bytes, 8192);
        assert_eq!(findings.faults, [], "{name}");
        let expected = match name.rsplit('.').next() {
            Some("mov") => MediaType::QuickTime,
            Some("3gp") => MediaType::ThreeGpp,
            _mp4 => MediaType::Mp4,
        };
        assert_eq!(findings.kind, Kind::Known(expected), "{name}");
        assert!(findings.facts.width.is_some() && findings.facts.height.is_some(), "{name}");
        assert_eq!(findings, walk(&bytes, odd_chunk(&bytes)), "{name}");
        refuses_every_cut(&name, &bytes);
    }
}

/// A chunk that no structure is a multiple of; not so small that large files take long.
fn odd_chunk(bytes: &[u8]) -> usize {
    if bytes.len() > 64 * 1024 { 4093 } else { 7 }
}

fn refuses_every_cut(name: &str, bytes: &[u8]) {
    let step = if bytes.len() > 256 * 1024 { 7 } else { 1 };
    let sixteenths = (1..16).step_by(step).map(|n| bytes.len() * n / 16);
    for cut in sixteenths.chain([bytes.len() - 1]) {
        let (bytes, _lost) = bytes.split_at(cut);
        let findings = walk(bytes, 8192);
        assert_eq!(findings.faults, [Fault::Truncated], "{name} cut at {cut}");
    }
}

#[test]
fn real_avif_files_are_named_and_not_taken() {
    for (name, bytes) in files("refuse/avif", &["avif"]) {
        let kind = walk(&bytes, 8192).kind;
        assert!(matches!(kind, Kind::Foreign(f) if f.essence == "image/avif"), "{name}: {kind:?}");
    }
}

#[test]
fn real_sound_without_pictures_is_refused() {
    for (name, bytes) in files("refuse/video-audio-only", &["mp4", "3gp", "m4a"]) {
        assert_eq!(walk(&bytes, 8192).faults, [Fault::NoVideoTrack], "{name}");
    }
}
