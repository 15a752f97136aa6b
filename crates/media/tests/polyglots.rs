//! Two formats in one file, made the way polyglot generators do: the guest goes where the host
//! format has room. The host alone is accepted, with its guest it never is.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use dossier_media::{Fault, Kind};
use dossier_testkit::{bmp::Bmp, jpeg, mp4, pdf, png, video};

#[expect(dead_code, reason = "pushes in pieces are the samples' test")]
mod walk;

const PDF: &[u8] = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n\
    2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";

/// An archive of one stored file, whose comment runs over `behind` bytes that follow.
fn zip(at: usize, behind: usize) -> Vec<u8> {
    let mut local = b"PK\x03\x04\x0A\0\0\0\0\0\0\0\0\0".to_vec();
    local.extend(crc(b"text").to_le_bytes());
    local.extend(b"\x04\0\0\0\x04\0\0\0\x01\0\0\0atext");
    let mut central = b"PK\x01\x02\x0A\0\x0A\0\0\0\0\0\0\0\0\0".to_vec();
    central.extend(crc(b"text").to_le_bytes());
    central.extend(b"\x04\0\0\0\x04\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0");
    central.extend(u32::try_from(at).unwrap().to_le_bytes());
    central.push(b'a');
    let mut end = b"PK\x05\x06\0\0\0\0\x01\0\x01\0".to_vec();
    end.extend(u32::try_from(central.len()).unwrap().to_le_bytes());
    end.extend(u32::try_from(at + local.len()).unwrap().to_le_bytes());
    end.extend(u16::try_from(behind).unwrap().to_le_bytes());
    [local, central, end].concat()
}

fn crc(bytes: &[u8]) -> u32 {
    let bit = |crc: u32| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |c, _| bit(c)))
}

fn picture(guest: &[u8]) -> Vec<u8> {
    let text = png::chunk(b"tEXt", guest);
    png::chunks(&[&png::header(1, 1), &text, &png::chunk(b"IDAT", &[0; 12]), &png::end()])
}

fn photo(guest: &[u8]) -> Vec<u8> {
    let comment = jpeg::segment(0xFE, guest);
    let frame = jpeg::frame(0xC0, 8, 8);
    jpeg::file(&[&comment, &jpeg::tables(), &frame, &jpeg::scan_header(), &[0x3F]])
}

fn bitmap(guest: &[u8]) -> Vec<u8> {
    let black = Bmp::black(4, 4);
    let pixels_at = 54 + u32::try_from(guest.len()).unwrap();
    Bmp { pixels_at, body: [guest, black.body.as_slice()].concat(), ..black }.build()
}

fn recording(guest: &[u8]) -> Vec<u8> {
    let void = video::matroska::element(0xEC, guest);
    [video::matroska::webm(), void].concat()
}

#[test]
fn hosts_alone_are_accepted() {
    let harmless = b"an ordinary remark";
    for host in [picture(harmless), photo(harmless), bitmap(harmless), mp4::mp4()] {
        let found = walk::walk(&host);
        assert!(matches!(found.kind, Kind::Known(_)) && found.faults.is_empty(), "{found:?}");
    }
}

#[test]
fn guests_make_two_formats() {
    let boxed = |guest: &[u8]| mp4::Mp4::new().first(&mp4::boxed(b"free", guest)).build();
    let avi = {
        let mut list = b"RIFF\0\0\0\0AVI ".to_vec();
        list.extend(video::avi::chunk(b"JUNK", PDF));
        list.extend(&video::avi::avi()[12..]);
        let size = u32::try_from(list.len() - 8).unwrap();
        list[4..8].copy_from_slice(&size.to_le_bytes());
        list
    };
    let one_line = PDF.escape_ascii().to_string().replace("\\n", " ").into_bytes();
    let json_pdf = [b"{\"a\":\"".as_slice(), &one_line, b"\"}"].concat();
    let cases: [(&str, Vec<u8>); 13] = [
        ("PNG and PDF", picture(PDF)),
        ("PNG and ZIP in a chunk", picture(&zip(41, 44))),
        ("PNG and ZIP behind it", [png::grey(2, 2), zip(0, 0)].concat()),
        ("JPEG and PDF", photo(PDF)),
        ("JPEG and ZIP in a comment", photo(&zip(6, 150))),
        ("JPEG and ZIP behind it", [jpeg::grey(9, 9), zip(0, 0)].concat()),
        ("JPEG and HTML", [jpeg::grey(9, 9), b"<html><script>".to_vec()].concat()),
        ("BMP and PDF", bitmap(PDF)),
        ("BMP and ZIP", [Bmp::black(4, 4).build(), zip(0, 0)].concat()),
        ("MP4 and PDF", boxed(PDF)),
        ("MP4 and ZIP", mp4::Mp4::new().last(&mp4::boxed(b"free", &zip(0, 0))).build()),
        ("AVI and PDF", avi),
        ("JSON and PDF", json_pdf),
    ];
    for (name, bytes) in cases {
        let found = walk::walk(&bytes);
        let two = found.faults.iter().any(|fault| matches!(fault, Fault::TwoFormats(_)));
        assert!(two && found.faults.len() == 1, "{name}: {found:?}");
    }
}

#[test]
fn an_archive_that_ends_a_pdf_as_its_comment_or_behind_it_is_refused() {
    let plain = pdf::pdf();
    assert_eq!(walk::walk(&plain).faults, []);
    // The archive stands before the first object, and its comment is the rest of the PDF.
    let at = plain.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let (head, rest) = plain.split_at(at);
    for file in
        [[&plain, zip(0, 0).as_slice()].concat(), [head, &zip(at, rest.len()), rest].concat()]
    {
        let found = walk::walk(&file);
        assert!(!found.faults.is_empty(), "{found:?}");
    }
}

#[test]
fn a_recording_with_an_archive_in_its_padding_is_refused() {
    let found = walk::walk(&recording(&zip(0, 0)));
    assert!(found.faults.iter().any(|fault| matches!(fault, Fault::TwoFormats(_))), "{found:?}");
}
