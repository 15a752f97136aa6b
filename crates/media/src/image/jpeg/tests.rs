use dossier_testkit::jpeg::{EOI, SOI, file, frame, grey, scan_header, segment, tables};

use crate::image::testing::{fault, findings};
use crate::{Fault, Kind, MediaType};

fn malformed(rule: &'static str) -> Option<Fault> {
    Some(Fault::Malformed(rule))
}

fn with_tail(tail: &[u8]) -> Option<Fault> {
    fault(&[&grey(16, 16)[..], tail].concat())
}

#[test]
fn a_sound_picture_is_accepted_with_its_size() {
    let found = findings(&grey(640, 480));
    assert_eq!(found.kind, Kind::Known(MediaType::Jpeg));
    assert_eq!(found.faults, []);
    assert_eq!((found.facts.width, found.facts.height), (Some(640), Some(480)));
}

#[test]
fn what_phones_append_is_accepted() {
    let noise: Vec<u8> =
        (0..20_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    assert_eq!(with_tail(&noise), None);
    assert_eq!(with_tail(&[0; 300_000]), None);
    assert_eq!(with_tail(&grey(8, 8)), None);
    assert_eq!(with_tail(b"\0\0\0\x1Cftypisom\0\0\0\0isom"), None);
    assert_eq!(with_tail(b"\0\0\x30\x0A\x10\0\0\0MotionPhoto_Data\0\0\0\x18ftypmp42"), None);
}

#[test]
fn a_tail_that_is_a_file_of_its_own_makes_two_formats() {
    let mut program = vec![0; 0x90];
    program[..2].copy_from_slice(b"MZ");
    program[60] = 0x80;
    program[0x80..0x84].copy_from_slice(b"PE\0\0");
    let tails: [&[u8]; 8] = [
        b"PK\x03\x04\x14\0\0\0",
        b"%PDF-1.7\n",
        b"\r\n<html><script>alert(1)</script>",
        b"<?php system($_GET[0]);",
        b"\x7FELF\x02\x01\x01",
        b"Rar!\x1A\x07\x01\0",
        b"\0\0\0\x007z\xBC\xAF\x27\x1C",
        &program,
    ];
    for tail in tails {
        let found = with_tail(tail);
        assert!(matches!(found, Some(Fault::TwoFormats(_))), "{tail:?}: {found:?}");
    }
}

#[test]
fn segments_between_the_markers_are_passed_over() {
    let exif = segment(0xE1, &[0xFF; 60_000]);
    let comment = segment(0xFE, b"\xFF\xD9 is no end here");
    let scan = [0x12, 0xFF, 0x00, 0xFF, 0xD0, 0x34];
    let fill = [0xFF; 5];
    let stray = b"\0\0\xFF\0\0";
    let parts: [&[u8]; 8] =
        [&exif, &comment, &tables(), stray, &fill, &frame(0xC2, 20, 20), &scan_header(), &scan];
    assert_eq!(fault(&file(&parts)), None);
}

/// Scans are looked at in blocks: a marker may stand anywhere in one, or across two.
#[test]
fn a_marker_is_found_wherever_it_stands_in_a_scan() {
    for before in 0..130 {
        for data in [[0x5A, 0x5A], [0xFF, 0x00], [0xFF, 0xD3], [0x00, 0xFF]] {
            let scan: Vec<u8> = data.into_iter().cycle().take(before / 2 * 2).collect();
            let scan = [&vec![0x5A; before % 2], scan.as_slice(), &[0x00; 2]].concat();
            let head = [&tables()[..], &frame(0xC0, 8, 8), &scan_header()].concat();
            assert_eq!(fault(&file(&[&head, &scan])), None, "{before} {data:?}");
            let reserved = fault(&file(&[&head, &scan, &[0xFF, 0x02], &[0x5A; 300]]));
            assert_eq!(reserved, malformed("a reserved marker"), "{before} {data:?}");
            let cut = &file(&[&head, &scan, &[0x5A; 300]]);
            assert_eq!(fault(&cut[..cut.len() - EOI.len()]), Some(Fault::Truncated));
        }
    }
}

#[test]
fn broken_segments_are_refused() {
    let short = "a segment is shorter than its own length field";
    let head = frame(0xC0, 8, 8);
    let comment = segment(0xFE, b"c");
    let lossless = "lossless, arithmetic or hierarchical coding";
    let cases: [(&[&[u8]], &str); 13] = [
        (&[b"\xFF\xE0\0\0"], short),
        (&[b"\xFF\xE0\0\x01"], short),
        (&[&comment, &[7; 4097]], "there is data between two segments"),
        (&[SOI], "a second picture begins within the first"),
        (&[&head, &head], "there is a second frame header"),
        (&[&scan_header()], "a scan stands before the frame header"),
        (&[&head], "the picture ends before its first scan"),
        (&[&frame(0xC3, 8, 8)], lossless),
        (&[&frame(0xC9, 8, 8)], lossless),
        (&[&frame(0xF7, 8, 8)], lossless),
        (&[b"\xFF\x02\0\x02"], "a reserved marker"),
        (&[&segment(0xC0, &[8, 0, 8, 0, 8, 5])], "the frame header is broken"),
        (&[&head, &segment(0xDA, &[2, 1, 0, 2, 0, 0, 63, 0])], "a scan header is broken"),
    ];
    for (parts, rule) in cases {
        assert_eq!(fault(&file(parts)), malformed(rule));
    }
}

#[test]
fn sizes_that_lie_are_refused() {
    let sized = |width, height| {
        fault(&file(&[&tables(), &frame(0xC0, width, height), &scan_header(), &[0; 50]]))
    };
    assert_eq!(sized(100, 100), None);
    assert!(matches!(sized(65_500, 65_500), Some(Fault::TooManyPixels { .. })));
    assert_eq!(sized(0, 8), malformed("an image side is zero"));
    assert_eq!(sized(8, 0), malformed("an image side is zero"));
    assert_eq!(sized(60_000, 4_000), Some(Fault::Truncated));
}

#[test]
fn dnl_may_not_change_the_height() {
    let dnl = |height: u8| {
        let dnl = segment(0xDC, &[0, height]);
        fault(&file(&[&tables(), &frame(0xC0, 8, 8), &scan_header(), &[0x3F], &dnl]))
    };
    assert_eq!(dnl(8), None);
    assert_eq!(dnl(9), malformed("DNL changes the height"));
}

#[test]
fn floods_of_scans_and_segments_are_refused() {
    let scans = [&scan_header()[..], &[0x3F]].concat().repeat(1001);
    let found = fault(&file(&[&tables(), &frame(0xC2, 8, 8), &scans]));
    assert_eq!(found, malformed("more scans than any picture needs"));
    let segments = segment(0xE0, b"").repeat(10_001);
    assert_eq!(fault(&file(&[&segments])), malformed("more segments than any picture needs"));
}

#[test]
fn every_cut_is_refused() {
    let sound = grey(60, 60);
    for len in 3..sound.len() {
        assert_eq!(fault(&sound[..len]), Some(Fault::Truncated), "{len}");
    }
    assert_eq!(fault(&[SOI, &[0xFF; 20]].concat()), Some(Fault::Truncated));
    assert_eq!(EOI.len(), 2);
}
