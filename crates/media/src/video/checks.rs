//! What the tests of all containers share: walks over whole, split, cut and flipped files.

use std::ops::ControlFlow;

use proptest::prelude::*;

use dossier_testkit::video as built;

use super::padding::PADDING_MAX;
use crate::signature;
use crate::walker::{Budget, Conclusion};
use crate::{Fault, Findings, Kind, Limits, MediaType};

pub(crate) fn malformed(rule: &'static str) -> Fault {
    Fault::Malformed(rule)
}

/// The findings of the walker of `media_type` over `bytes` in one push.
pub(crate) fn walk(media_type: MediaType, bytes: &[u8]) -> Findings {
    walk_pieces(media_type, std::iter::once(bytes))
}

/// The same over several pushes.
pub(crate) fn walk_pieces<'a>(
    media_type: MediaType,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Findings {
    let kind = Kind::Known(media_type);
    let mut findings = Findings::new(kind);
    let mut format = signature::format(kind, &Limits::default(), &Budget::new(0)).unwrap();
    for piece in pieces {
        if let ControlFlow::Break(()) = format.push(piece, &mut findings) {
            return findings;
        }
    }
    assert_eq!(format.finish(&mut findings), Conclusion::Settled);
    findings
}

/// Every proper prefix is refused as truncated, except those of the lengths in `whole`, which
/// are taken in because nothing in the format tells them from finished files.
#[track_caller]
pub(crate) fn every_cut_is_truncated(media_type: MediaType, bytes: &[u8], whole: &[usize]) {
    assert_eq!(walk(media_type, bytes).faults, [], "the file itself");
    for len in 0..bytes.len() {
        let faults = walk(media_type, &bytes[..len]).faults;
        if whole.contains(&len) {
            assert_eq!(faults, [], "cut at {len} of {}", bytes.len());
        } else {
            assert_eq!(faults, [Fault::Truncated], "cut at {len} of {}", bytes.len());
        }
    }
}

/// Zeros up to the limit may follow, more may not, and nothing else may.
#[track_caller]
pub(crate) fn zeros_may_follow(media_type: MediaType, bytes: &[u8]) {
    let limit = usize::try_from(PADDING_MAX).unwrap();
    for (zeros, accepted) in [(64, true), (limit, true), (limit + 1, false)] {
        let padded = [bytes, &vec![0; zeros]].concat();
        assert_eq!(walk(media_type, &padded).faults.is_empty(), accepted, "{zeros} zeros");
    }
    let junk = [bytes, &[0; 8], b"PK\x03\x04", &[0; 40]].concat();
    assert!(!walk(media_type, &junk).faults.is_empty(), "an archive after zeros");
}

/// Every built file, valid and broken, with the walker that gets it.
fn corpus() -> Vec<(MediaType, Vec<u8>)> {
    use MediaType::{Asf, Avi, Flv, Matroska, Mpeg, MpegTs, Ogg};
    vec![
        (Matroska, built::matroska::webm()),
        (Matroska, built::matroska::matroska()),
        (Matroska, built::matroska::live_webm()),
        (Matroska, built::matroska::cluster_past_its_segment()),
        (Avi, built::avi::avi()),
        (Avi, built::avi::open_dml()),
        (Avi, built::avi::with_playlist()),
        (Mpeg, built::mpeg::program_stream()),
        (Mpeg, built::mpeg::program_stream_without_end()),
        (Mpeg, built::mpeg::mpeg1_program_stream()),
        (Mpeg, built::mpeg::elementary_stream()),
        (MpegTs, built::mpeg_ts::transport_stream()),
        (MpegTs, built::mpeg_ts::m2ts()),
        (MpegTs, built::mpeg_ts::with_long_pmt()),
        (Ogg, built::ogg::theora()),
        (Ogg, built::ogg::chained()),
        (Asf, built::asf::asf()),
        (Asf, built::asf::with_extended_stream()),
        (Asf, built::asf::broadcast_with_index()),
        (Flv, built::flv::flv()),
        (Flv, built::flv::wrong_back_pointer()),
    ]
}

/// Bytes cut into pieces after the given lengths, round and round.
fn pieces<'a>(mut bytes: &'a [u8], lengths: &[usize]) -> Vec<&'a [u8]> {
    let mut out = Vec::new();
    for length in lengths.iter().cycle() {
        let (piece, rest) = bytes.split_at((*length).min(bytes.len()));
        out.push(piece);
        bytes = rest;
        if bytes.is_empty() {
            break;
        }
    }
    out
}

#[test]
fn byte_by_byte_gives_the_same_findings_as_in_one_piece() {
    for (media_type, bytes) in corpus() {
        let whole = walk(media_type, &bytes);
        assert_eq!(walk_pieces(media_type, bytes.chunks(1)), whole, "{media_type:?}");
    }
}

#[test]
fn a_file_that_breaks_off_reads_the_same_byte_by_byte() {
    for (media_type, bytes) in corpus().into_iter().filter(|(_, bytes)| bytes.len() < 700) {
        for cut in 0..bytes.len() {
            let broken = [&bytes[..cut], &[bytes[cut] ^ 0xFF]].concat();
            let pieces = walk_pieces(media_type, broken.chunks(1));
            assert_eq!(pieces, walk(media_type, &broken), "{media_type:?} at {cut}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn pieces_flips_and_cuts_never_change_what_is_found(
        nth in 0..64_usize,
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
        tail in prop::collection::vec(any::<u8>(), 0..8),
        lengths in prop::collection::vec(1..400_usize, 1..6),
    ) {
        let corpus = corpus();
        let (media_type, mut bytes) = corpus[nth % corpus.len()].clone();
        for (at, value) in flips {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        bytes.extend(tail);
        let whole = walk(media_type, &bytes);
        let split = walk_pieces(media_type, pieces(&bytes, &lengths));
        prop_assert_eq!(split, whole);
    }

    #[test]
    fn any_bytes_are_walked_without_a_panic(
        nth in 0..64_usize,
        bytes in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        let corpus = corpus();
        let (media_type, built) = corpus[nth % corpus.len()].clone();
        let head = built.get(..16).unwrap_or_default();
        walk(media_type, &[head, &bytes].concat());
    }
}
