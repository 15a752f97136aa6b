use super::*;

fn name(head: &[u8]) -> &'static str {
    match recognise(head) {
        Kind::Known(media_type) => media_type.essence(),
        Kind::Foreign(foreign) => foreign.name,
        Kind::Unknown => "unknown",
    }
}

fn bmp(dib: u8) -> Vec<u8> {
    let mut bytes = b"BM\x36\0\0\0\x01\0\x02\0\x36\0\0\0".to_vec();
    bytes.extend([dib, 0, 0, 0]);
    bytes
}

fn ftyp(brands: &[&[u8; 4]]) -> Vec<u8> {
    let size = u32::try_from(12 + brands.len() * 4).unwrap();
    let mut bytes = size.to_be_bytes().to_vec();
    bytes.extend(b"ftyp");
    for (nth, brand) in brands.iter().enumerate() {
        bytes.extend(*brand);
        if nth == 0 {
            bytes.extend([0, 0, 2, 0]);
        }
    }
    bytes.extend(b"\0\0\0\x08free");
    bytes
}

fn packets(first: usize, size: usize, count: usize) -> Vec<u8> {
    let mut bytes = vec![0x11; first + size * count];
    for nth in 0..count {
        bytes[first + nth * size] = 0x47;
    }
    bytes
}

#[test]
fn every_known_type_is_named_by_its_first_bytes() {
    let asf = b"\x30\x26\xB2\x75\x8E\x66\xCF\x11\xA6\xD9\x00\xAA\x00\x62\xCE\x6C";
    let cases: [(&[u8], &str); 21] = [
        (b"\xFF\xD8\xFF\xE0\0\x10JFIF", "image/jpeg"),
        (b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR", "image/png"),
        (b"%PDF-1.7\n", "application/pdf"),
        (b"\x1A\x45\xDF\xA3\x01", "video/x-matroska"),
        (b"OggS\0\x02", "video/ogg"),
        (asf, "video/x-ms-asf"),
        (b"FLV\x01\x05\0\0\0\x09", "video/x-flv"),
        (b"RIFF\x10\0\0\0AVI LIST", "video/x-msvideo"),
        (b"\0\0\x01\xBA\x44\0", "video/mpeg"),
        (b"\0\0\0\0\0\0\0\x01\xB3\x14", "video/mpeg"),
        (b"{\"a\":1}", "application/json"),
        (b"\xEF\xBB\xBF \r\n\t[1]", "application/json"),
        (b"\0\x0B\x2A\0mdat\x78\xF9", "video/quicktime"),
        (b"\0\0\0\x08wide\0\0\0\0mdat", "video/quicktime"),
        (b"\0\0\0\x14pnot\0\0\0\0", "video/quicktime"),
        (b"\0\0\0\0mdat", "video/quicktime"),
        (b"\0\0\0\x01mdat", "video/quicktime"),
        (&packets(0, 188, 5), "video/mp2t"),
        (&packets(4, 192, 5), "video/mp2t"),
        (&packets(0, 188, 4), "unknown"),
        (&packets(4, 192, 4), "unknown"),
    ];
    for (head, expected) in cases {
        assert_eq!(name(head), expected, "{head:02x?}");
    }
}

#[test]
fn brands_choose_among_the_families_of_boxes() {
    let cases: [(&[&[u8; 4]], &str); 21] = [
        (&[b"heic", b"mif1", b"heic"], "image/heic"),
        (&[b"mif1", b"miaf", b"heic"], "image/heic"),
        (&[b"heix", b"mif1"], "image/heic"),
        (&[b"mif1", b"miaf"], "image/heif"),
        (&[b"mif2", b"MiHB"], "image/heif"),
        (&[b"msf1", b"hevc"], "image/heif-sequence"),
        (&[b"hevc", b"msf1"], "image/heif-sequence"),
        (&[b"MiHX", b"mif1", b"heic"], "image/heic"),
        (&[b"avif", b"mif1"], "AVIF"),
        (&[b"mif1", b"avif"], "AVIF"),
        (&[b"avis", b"iso8", b"msf1"], "AVIF"),
        (&[b"qt  ", b"qt  "], "video/quicktime"),
        (&[b"3gp5", b"isom"], "video/3gpp"),
        (&[b"3g2a", b"3gp5"], "video/3gpp2"),
        (&[b"isom", b"iso2", b"avc1"], "video/mp4"),
        (&[b"mp42"], "video/mp4"),
        (&[b"M4V ", b"isom"], "video/mp4"),
        (&[b"M4A ", b"isom"], "video/mp4"),
        (&[b"XAVC", b"mp42", b"iso2"], "video/mp4"),
        (&[b"zzzz"], "video/mp4"),
        (&[b"crx ", b"isom"], "Canon raw photo"),
    ];
    for (brands, expected) in cases {
        assert_eq!(name(&ftyp(brands)), expected, "{brands:?}");
    }
}

#[test]
fn text_that_starts_with_bm_is_no_bitmap() {
    assert_eq!(name(b"BMW invoice number 12345 of today"), "plain text");
    for size in DIB_SIZES {
        assert_eq!(name(&bmp(u8::try_from(size).unwrap())), "image/bmp", "{size}");
    }
    assert_eq!(name(&bmp(41)), "unknown");
    assert_eq!(name(b"BM\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), "unknown");
}

#[test]
fn a_pdf_header_counts_at_the_first_byte_only() {
    assert_eq!(name(b"\n%PDF-1.4\n"), "PDF with leading bytes");
    let mut late = vec![b'\x01'; 1000];
    late.extend(b"%PDF-1.7");
    assert_eq!(name(&late), "PDF with leading bytes");
    late.splice(0..0, [1; 40]);
    assert_eq!(name(&late), "unknown");
    assert_eq!(name(b"{\"quoted\":\"%PDF-1.4\"}"), "application/json");
    assert_eq!(name(b"%!PS-Adobe-3.0\n%PDF-1.4"), "PostScript");
    assert_eq!(name(b"<html>%PDF-1.4"), "HTML");
}

#[test]
fn foreign_formats_are_named_so_that_a_refusal_can_say_what_it_saw() {
    let cases: [(&[u8], &str); 45] = [
        (b"GIF89a\x01\0\x01\0", "GIF"),
        (b"II*\0\x08\0\0\0", "TIFF"),
        (b"MM\0+\0\x08", "TIFF"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "WebP"),
        (b"RIFF\0\0\0\0WAVEfmt ", "WAV audio"),
        (b"RIFF\0\0\0\0XXXXfmt ", "RIFF container"),
        (b"<?xml version='1.0'?>\n<svg xmlns='x'/>", "SVG"),
        (b"  <svg onload=alert(1)>", "SVG"),
        (b"\xEF\xBB\xBF<!DOCTYPE html><p>", "HTML"),
        (b"\r\n<sCrIpT>", "HTML"),
        (b"<?xml version='1.0'?><rss>", "XML"),
        (b"PK\x05\x06\0\0", "ZIP archive"),
        (b"Rar!\x1A\x07\x01\0", "RAR archive"),
        (b"7z\xBC\xAF\x27\x1C\0\x04", "7z archive"),
        (b"\x1F\x8B\x08\0", "gzip archive"),
        (b"BZh91AY", "bzip2 archive"),
        (b"\xFD7zXZ\0\0", "xz archive"),
        (b"\x28\xB5\x2F\xFD\x04", "Zstandard archive"),
        (b"MZ\x90\0", "DOS program"),
        (b"\x7FELF\x02", "Linux program"),
        (b"\xCF\xFA\xED\xFE\x07", "macOS program"),
        (b"\xCA\xFE\xBA\xBE\0\0\0\x02", "macOS program"),
        (b"\xCA\xFE\xBA\xBE\0\0\0\x3D", "Java class"),
        (b"#!/bin/sh\necho", "script"),
        (b"<?php system('id');", "PHP script"),
        (b"ID3\x03\0", "MP3 audio"),
        (b"\xFF\xFB\x92\x40", "MP3 audio"),
        (b"\xFF\xF1\x50\x80", "AAC audio"),
        (b"fLaC\0\0", "FLAC audio"),
        (b"#!AMR\n", "AMR audio"),
        (b"MThd\0\0", "MIDI music"),
        (b"8BPS\0\x01", "Photoshop document"),
        (b"\0\0\x01\0\x01\0", "icon"),
        (b"\0\0\0\x0CjP  \r\n\x87\n", "JPEG 2000"),
        (b"\0\0\0\x0CJXL \r\n\x87\n", "JPEG XL"),
        (b"\xFF\x0A\x10\x20", "JPEG XL"),
        (b"%!PS-Adobe", "PostScript"),
        (b"\0asm\x01\0\0\0", "WebAssembly module"),
        (b"SQLite format 3\0", "SQLite database"),
        (b"\x06\x0E\x2B\x34\x02", "MXF video"),
        (b".RMF\0\0", "RealMedia video"),
        (b"{\\rtf1\\ansi", "RTF document"),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "old Office document"),
        (b"\xFF\xFE{\0}\0", "UTF-16 text"),
        (b"#EXTM3U\nfile:///", "media playlist"),
    ];
    for (head, expected) in cases {
        assert_eq!(name(head), expected, "{head:02x?}");
    }
}

#[test]
fn archives_are_named_by_their_first_entries() {
    let entry = |name: &str, content: &str| {
        let mut bytes = b"PK\x03\x04\x14\0\0\0\0\0".to_vec();
        bytes.resize(26, 0);
        bytes.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        bytes.extend([0, 0]);
        bytes.extend(name.as_bytes());
        bytes.extend(content.as_bytes());
        bytes
    };
    let cases = [
        ("readme.txt", "word/", "ZIP archive"),
        ("[Content_Types].xml", "", "Office document"),
        ("[Content_Types].xml", "..PK..word/document.xml", "Word document"),
        ("_rels/.rels", "..xl/workbook.xml", "Excel workbook"),
        ("ppt/presentation.xml", "", "PowerPoint presentation"),
        ("mimetype", "application/vnd.oasis.opendocument.text", "OpenDocument file"),
        ("mimetype", "application/epub+zip", "EPUB book"),
        ("META-INF/MANIFEST.MF", "", "Java archive"),
        ("AndroidManifest.xml", "", "Android package"),
    ];
    for (first, content, expected) in cases {
        assert_eq!(name(&entry(first, content)), expected, "{first}");
    }
}

#[test]
fn a_windows_program_and_a_tar_are_checked_beyond_their_magic() {
    let mut program = vec![0; 0x90];
    program[..2].copy_from_slice(b"MZ");
    program[60] = 0x80;
    program[0x80..0x84].copy_from_slice(b"PE\0\0");
    assert_eq!(name(&program), "Windows program");

    let mut tar = vec![0; 512];
    tar[..5].copy_from_slice(b"a.txt");
    tar[257..262].copy_from_slice(b"ustar");
    assert_eq!(name(&tar), "unknown");
    tar[148..156].fill(b' ');
    let sum = tar.iter().map(|byte| u32::from(*byte)).sum::<u32>();
    tar[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    assert_eq!(name(&tar), "tar archive");
}

#[test]
fn nothing_and_zeros_and_noise_are_unknown() {
    assert_eq!(name(b""), "unknown");
    assert_eq!(name(&[0; 2048]), "unknown");
    assert_eq!(name(b"   \n"), "unknown");
    assert_eq!(name(b"\x9C\x11\xAA\x00\x01\x02"), "unknown");
}
