use dossier_testkit::png::{SIGNATURE, chunk, chunks, end, grey, header, header_of};

use crate::image::testing::{fault, findings};
use crate::{Fault, Kind, MediaType};

const IDAT: &[u8] = b"\x78\x9C\x63\x60\x60\x60\x00\x00\x00\x04\x00\x01";

fn picture(parts: &[&[u8]]) -> Vec<u8> {
    let (header, idat, end) = (header(1, 1), chunk(b"IDAT", IDAT), end());
    let mut all: Vec<&[u8]> = vec![&header];
    all.extend(parts);
    all.extend([idat.as_slice(), end.as_slice()]);
    chunks(&all)
}

#[test]
fn a_sound_picture_is_accepted_with_its_size() {
    let found = findings(&grey(640, 480));
    assert_eq!(found.kind, Kind::Known(MediaType::Png));
    assert_eq!(found.faults, []);
    assert_eq!((found.facts.width, found.facts.height), (Some(640), Some(480)));
}

#[test]
fn blank_bytes_behind_the_end_are_accepted_and_others_not() {
    let sound = grey(3, 3);
    assert_eq!(fault(&[&sound[..], b"\r\n \t"].concat()), None);
    let refused = Some(Fault::Malformed("there is data behind the end of the picture"));
    assert_eq!(fault(&[&sound[..], b"\0"].concat()), refused);
    assert_eq!(fault(&[&sound[..], b"x"].concat()), refused);
    let zip = fault(&[&sound[..], b"PK\x03\x04\x14\0\0\0"].concat());
    assert!(matches!(zip, Some(Fault::TwoFormats(_))), "{zip:?}");
}

#[test]
fn chunks_keep_their_order() {
    let (first, idat, end) = (header(1, 1), chunk(b"IDAT", IDAT), end());
    let text = chunk(b"tEXt", b"a\0b");
    let palette = chunk(b"PLTE", &[1, 2, 3]);
    let indexed = header_of(1, 1, (3, 8));
    let cases: [(&str, &[&[u8]], bool); 13] = [
        ("text anywhere", &[&first, &text, &idat, &text, &end], true),
        ("two IDAT", &[&first, &idat, &idat, &end], true),
        ("indexed with PLTE", &[&indexed, &palette, &idat, &end], true),
        ("odd PLTE where it is not used", &[&first, &chunk(b"PLTE", &[0; 7]), &idat, &end], true),
        ("no IHDR", &[&text, &first, &idat, &end], false),
        ("IHDR twice", &[&first, &first, &idat, &end], false),
        ("no IDAT", &[&first, &end], false),
        ("IDAT in two rows", &[&first, &idat, &text, &idat, &end], false),
        ("indexed without PLTE", &[&indexed, &idat, &end], false),
        ("PLTE behind IDAT", &[&first, &idat, &palette, &end], false),
        ("PLTE twice", &[&first, &palette, &palette, &idat, &end], false),
        ("odd PLTE", &[&indexed, &chunk(b"PLTE", &[0; 7]), &idat, &end], false),
        ("IEND with data", &[&first, &idat, &chunk(b"IEND", b"x")], false),
    ];
    for (name, parts, sound) in cases {
        assert_eq!(fault(&chunks(parts)).is_none(), sound, "{name}");
    }
}

#[test]
fn critical_chunks_need_a_right_checksum_and_others_do_not() {
    let mut text = chunk(b"tEXt", b"a\0b");
    *text.last_mut().unwrap() ^= 1;
    assert_eq!(fault(&picture(&[&text])), None);
    let sound = picture(&[]);
    let wrong = Some(Fault::Malformed("a critical chunk has a wrong checksum"));
    let [ihdr_crc, idat_crc, iend_crc] = [29, sound.len() - 13, sound.len() - 1];
    for at in [ihdr_crc, idat_crc, iend_crc] {
        let mut broken = sound.clone();
        broken[at] ^= 1;
        assert_eq!(fault(&broken), wrong, "byte {at}");
    }
}

#[test]
fn unknown_critical_chunks_are_refused() {
    let unknown = Some(Fault::Malformed("an unknown critical chunk"));
    assert_eq!(fault(&picture(&[&chunk(b"ABCD", b"")])), unknown);
    let apple = chunks(&[&chunk(b"CgBI", &[0x50, 0, 0x20, 2]), &picture(&[])[8..]]);
    assert_eq!(fault(&apple), Some(Fault::Malformed("the first chunk is not IHDR")));
}

#[test]
fn a_header_that_lies_is_refused() {
    let with = |header: Vec<u8>| fault(&chunks(&[&header, &chunk(b"IDAT", IDAT), &end()]));
    let flood = with(header(0x7FFF_FFFF, 0x7FFF_FFFF));
    assert!(matches!(flood, Some(Fault::TooManyPixels { .. })), "{flood:?}");
    assert_eq!(with(header(0, 5)), Some(Fault::Malformed("an image side is zero")));
    assert!(with(header_of(1, 1, (3, 16))).is_some());
    assert!(with(header_of(1, 1, (5, 8))).is_some());
    let little = with(header(60_000, 4_000));
    let rule = "too little picture data for the declared size";
    assert_eq!(little, Some(Fault::Malformed(rule)));
}

#[test]
fn broken_chunk_headers_are_refused() {
    let rule = Some(Fault::Malformed("a chunk header is broken"));
    let long = b"\xFF\xFF\xFF\xFFtEXt";
    assert_eq!(fault(&picture(&[long])), rule);
    assert_eq!(fault(&picture(&[b"\0\0\0\0tE3t\0\0\0\0"])), rule);
    assert_eq!(fault(SIGNATURE), Some(Fault::Truncated));
    assert_eq!(fault(&[SIGNATURE, b"\0\0\0\0\0\0\0\0"].concat()), rule);
    assert_eq!(fault(&picture(&[b"\x7F\xFF\xFF\xFFtEXt"])), Some(Fault::Truncated));
}

#[test]
fn a_flood_of_chunks_is_refused() {
    let texts = chunk(b"tEXt", b"").repeat(100_001);
    let rule = Some(Fault::Malformed("more chunks than any picture needs"));
    assert_eq!(fault(&picture(&[&texts])), rule);
}

#[test]
fn every_cut_is_refused() {
    let sound = grey(5, 5);
    for len in 8..sound.len() {
        assert_eq!(fault(&sound[..len]), Some(Fault::Truncated), "{len}");
    }
}
