use proptest::prelude::*;

use super::*;

/// The record of an archive of one file, with a comment of the given length to come.
fn zip_end(offset: u32, comment: u16) -> Vec<u8> {
    let mut bytes = b"PK\x05\x06\0\0\0\0\x01\0\x01\0\x30\0\0\0".to_vec();
    bytes.extend(offset.to_le_bytes());
    bytes.extend(comment.to_le_bytes());
    bytes
}

fn finish(bytes: &[u8], media_type: MediaType) -> Option<&'static str> {
    let mut polyglot = Polyglot::new();
    polyglot.push(bytes);
    polyglot.finish(Kind::Known(media_type)).map(|foreign| foreign.name)
}

fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

#[test]
fn an_archive_at_the_end_is_a_second_format() {
    let clean = vec![7; 5000];
    assert_eq!(finish(&clean, MediaType::Mp4), None);
    let with_zip = join(&[&clean, &zip_end(100, 0)]);
    assert_eq!(finish(&with_zip, MediaType::Mp4), Some("ZIP archive"));
    assert_eq!(finish(&with_zip, MediaType::Pdf), Some("ZIP archive"));
    let commented = join(&[&clean, &zip_end(100, 900), &[b'c'; 900]]);
    assert_eq!(finish(&commented, MediaType::Pdf), Some("ZIP archive"));
}

#[test]
fn an_archive_inside_a_pdf_is_an_attachment() {
    let inside = join(&[&[7; 5000], &zip_end(100, 0), b"\nendstream endobj"]);
    assert_eq!(finish(&inside, MediaType::Pdf), None);
    assert_eq!(finish(&inside, MediaType::Png), Some("ZIP archive"));
}

#[test]
fn an_archive_far_from_the_end_is_out_of_the_reach_of_its_readers() {
    let far = join(&[&[7; 5000], &zip_end(100, 0), &[0; 70_000]]);
    assert_eq!(finish(&far, MediaType::Mp4), None);
}

#[test]
fn an_implausible_record_is_noise() {
    for (at, value) in [(4, 1), (8, 2), (10, 0), (12, 1), (18, 0x70)] {
        let mut end = zip_end(100, 0);
        end[at] = value;
        let bytes = join(&[&[7; 5000], &end]);
        assert_eq!(finish(&bytes, MediaType::Mp4), None, "byte {at}");
    }
}

#[test]
fn decoys_do_not_hide_an_archive() {
    let mut bytes = vec![7; 5000];
    for _ in 0..100 {
        bytes.extend(zip_end(100, u16::MAX));
    }
    assert_eq!(finish(&bytes, MediaType::Pdf), Some("ZIP archive"));
}

#[test]
fn a_pdf_header_near_the_start_is_a_second_format() {
    let near = join(&[&[7; 1000], b"%PDF-1.4"]);
    assert_eq!(finish(&near, MediaType::Bmp), Some("PDF"));
    let far = join(&[&[7; 1030], b"%PDF-1.4"]);
    assert_eq!(finish(&far, MediaType::Bmp), None);
    assert_eq!(finish(b"%PDF-1.4", MediaType::Pdf), None);
    assert_eq!(finish(b"\x07%PDF-x.4", MediaType::Bmp), None);
}

#[test]
fn json_may_quote_a_pdf_header_but_not_be_a_pdf() {
    assert_eq!(finish(b"{\"head\":\"%PDF-1.4\"}", MediaType::Json), None);
    let whole = b"{\"x\":\"%PDF-1.4 1 0 obj endobj trailer %%EOF\"}";
    assert_eq!(finish(whole, MediaType::Json), Some("PDF"));
}

#[test]
fn a_tar_a_dicom_and_a_disc_image_are_found_at_their_places() {
    let mut tar = vec![0; 1024];
    tar[..8].copy_from_slice(b"%PDF-1.7");
    tar[257..262].copy_from_slice(b"ustar");
    tar[148..156].fill(b' ');
    let sum = tar[..512].iter().map(|byte| u32::from(*byte)).sum::<u32>();
    tar[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    assert_eq!(finish(&tar, MediaType::Pdf), Some("tar archive"));

    let dicom = join(&[&[7; 128], b"DICM\x02\0\0\0"]);
    assert_eq!(finish(&dicom, MediaType::Jpeg), Some("DICOM image"));

    let disc = join(&[&[7; 32_768], b"\x01CD001\x01\0"]);
    assert_eq!(finish(&disc, MediaType::Pdf), Some("disc image"));
    assert_eq!(finish(&disc[1..], MediaType::Pdf), None);
}

#[test]
fn a_tail_is_judged_behind_its_padding() {
    let tail = |bytes: &[u8]| {
        let mut tail = Tail::new();
        tail.push(bytes);
        tail.second_file().map(|foreign| foreign.name)
    };
    assert_eq!(tail(b"\0\0\0\r\n <html><script>"), Some("HTML"));
    assert_eq!(tail(b"PK\x03\x04\x14\0"), Some("ZIP archive"));
    assert_eq!(tail(b"%PDF-1.7"), Some("PDF"));
    assert_eq!(tail(b"<?php eval($x);"), Some("PHP script"));
    assert_eq!(tail(b"Rar!\x1A\x07\0"), Some("RAR archive"));
    assert_eq!(tail(b"\xFF\xD8\xFF\xE1 preview"), None);
    assert_eq!(tail(b"\0\0\0\x18ftypmp42\0\0\0\0isommp42"), None);
    assert_eq!(tail(b"SEFH\x6A\0\0\0"), None);
    assert_eq!(tail(&[0; 5000]), None);
}

proptest! {
    #[test]
    fn chunks_do_not_matter(
        lead in 0_usize..60,
        comment in 0_u16..40,
        rest in 0_usize..40,
        sizes in prop::collection::vec(1_usize..40, 1..20),
    ) {
        let bytes = join(&[&vec![7; 200 + lead], &zip_end(100, comment), &vec![8; rest]]);
        let mut polyglot = Polyglot::new();
        let mut left = bytes.as_slice();
        for size in sizes.iter().cycle() {
            let (now, later) = left.split_at(left.len().min(*size));
            polyglot.push(now);
            left = later;
            if left.is_empty() { break }
        }
        for media_type in [MediaType::Pdf, MediaType::Mp4] {
            let split = polyglot.finish(Kind::Known(media_type)).map(|foreign| foreign.name);
            prop_assert_eq!(split, finish(&bytes, media_type));
        }
    }
}
