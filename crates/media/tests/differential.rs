//! Our recognition beside that of the `file-format` crate, on built and on real files: every
//! pair of answers that differ has its reason here.

use std::collections::BTreeSet;

use dossier_media::Kind;
use dossier_testkit::{bmp::Bmp, heif, jpeg, json, mp4, png, video};
use file_format::FileFormat;

mod collection;
#[expect(dead_code, reason = "pushes in pieces are the samples' test")]
mod walk;

/// Ours, theirs, why they may differ.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    ("application/json", OCTETS, "it knows no text formats without its slower readers"),
    ("application/vnd.openxmlformats-officedocument", "application/zip", IN_ZIP),
    (WORD, "application/zip", IN_ZIP),
    ("audio/mpeg", "application/x-id3v2", "we name what an ID3 tag stands before"),
    ("image/avif", "image/avif-sequence", "one name is enough for what nobody may send"),
    ("image/bmp", OCTETS, "it does not know the headers of OS/2 1"),
    ("image/heic", "image/heif", "the HEVC brand may stand behind the major one"),
    ("video/mp4", "application/mp4", "it does not look for a video track"),
    ("video/mp4", "video/x-m4v", "M4V is MP4"),
    ("video/ogg", "audio/ogg", "the first guess is video, our walker refuses sound alone"),
    ("video/webm", "application/x-ebml", DOC_TYPE),
    ("video/x-matroska", "application/x-ebml", DOC_TYPE),
    ("video/x-ms-asf", "application/vnd.ms-asf", "two names of one type"),
];

const WORD: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

const OCTETS: &str = "application/octet-stream";
const IN_ZIP: &str = "we read the first entry names of an archive";
const DOC_TYPE: &str = "our walker reads the DocType";

fn ours(bytes: &[u8]) -> &'static str {
    match walk::walk(bytes).kind {
        Kind::Known(known) => known.essence(),
        Kind::Foreign(foreign) => foreign.essence,
        Kind::Unknown => OCTETS,
    }
}

#[test]
fn answers_differ_only_for_a_reason() {
    let mut unexplained = BTreeSet::new();
    for (name, bytes) in files() {
        let other = FileFormat::from_bytes(&bytes);
        let (ours, theirs) = (ours(&bytes), other.media_type());
        let explained = DIFFERENCES.iter().any(|(a, b, _)| (*a, *b) == (ours, theirs));
        if ours != theirs && !explained {
            unexplained.insert(format!("({ours:?}, {theirs:?}) {name}"));
        }
    }
    assert!(unexplained.is_empty(), "{}", unexplained.into_iter().collect::<Vec<_>>().join("\n"));
}

fn files() -> Vec<(String, Vec<u8>)> {
    let built: [(&str, Vec<u8>); 18] = [
        ("bmp", Bmp::black(5, 5).build()),
        ("jpeg", jpeg::grey(20, 20)),
        ("png", png::grey(20, 20)),
        ("json", json::object(5)),
        ("json array", json::records(50)),
        ("heic", heif::heic()),
        ("avif", heif::avif()),
        ("heif sequence", heif::sequence()),
        ("mp4", mp4::mp4()),
        ("webm", video::matroska::webm()),
        ("matroska", video::matroska::matroska()),
        ("avi", video::avi::avi()),
        ("mpeg", video::mpeg::program_stream()),
        ("mpeg video", video::mpeg::elementary_stream()),
        ("mpeg ts", video::mpeg_ts::transport_stream()),
        ("m2ts", video::mpeg_ts::m2ts()),
        ("ogg", video::ogg::theora()),
        ("flv", video::flv::flv()),
    ];
    let mut all: Vec<_> = built.map(|(name, bytes)| (name.to_owned(), bytes)).into();
    for folder in FOLDERS {
        let samples = collection::samples(folder).into_iter();
        all.extend(samples.map(|(path, bytes)| (path.display().to_string(), bytes)));
    }
    all
}

const FOLDERS: [&str; 17] = [
    "accept/bmp",
    "accept/heif",
    "accept/jpeg",
    "accept/json",
    "accept/png",
    "accept/video",
    "refuse/avif",
    "refuse/gif",
    "refuse/json",
    "refuse/other-docx",
    "refuse/other-mp3",
    "refuse/other-ogg",
    "refuse/other-psd",
    "refuse/other-zip",
    "refuse/tiff",
    "refuse/video-audio-only",
    "refuse/webp",
];
