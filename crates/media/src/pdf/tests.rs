use std::ops::ControlFlow;

use dossier_testkit::pdf::{Builder, Cipher, Extra, Layout, pdf};
use proptest::prelude::*;

use crate::walker::{Budget, Conclusion};
use crate::{Fault, Findings, Kind, Limits, MediaType, Note};

const LAYOUTS: [Layout; 3] = [Layout::Table, Layout::XrefStream, Layout::ObjectStream];

fn walk_in(bytes: &[u8], piece: usize, limits: &Limits, budget: &Budget) -> Findings {
    let mut findings = Findings::new(Kind::Known(MediaType::Pdf));
    let mut format = super::format(limits, budget);
    for pass in 0..2 {
        let push = |bytes| format.push(bytes, &mut findings);
        if bytes.chunks(piece).try_for_each(push) == ControlFlow::Break(()) {
            break;
        }
        if format.finish(&mut findings) == Conclusion::Settled {
            break;
        }
        if pass == 1 {
            findings.fault(Fault::Malformed("too complex to check"));
        }
    }
    findings
}

fn walk(bytes: &[u8]) -> Findings {
    walk_in(bytes, usize::MAX, &Limits::default(), &Budget::new(1 << 20))
}

fn faults(bytes: &[u8]) -> Vec<Fault> {
    walk(bytes).faults
}

fn with_object(body: impl Into<Vec<u8>>) -> Vec<u8> {
    Builder::new().with_object(100, body).build()
}

fn object_stream(entries: &str, bytes: &[u8]) -> Vec<u8> {
    let head = format!("<< {entries} /Length {} >>\nstream\n", bytes.len());
    [head.as_bytes(), bytes, b"\nendstream"].concat()
}

fn is_malformed(faults: &[Fault]) -> bool {
    matches!(faults, [Fault::Malformed(_)])
}

/// The file as text of the same length, to make changes in; only a comment and the content of
/// encrypted streams are not ASCII.
fn text(file: &[u8]) -> String {
    file.iter().map(|&byte| if byte.is_ascii() { char::from(byte) } else { '?' }).collect()
}

const SCRIPT: &str = "<< /S /JavaScript /JS (app.alert\\(1\\)) >>";

#[test]
fn sound_files_pass_with_their_pages_counted() {
    for layout in LAYOUTS {
        for pages in [1, 3, 700] {
            let file = Builder::new().layout(layout).pages(pages).build();
            let findings = walk(&file);
            assert_eq!(findings.faults, [], "{layout:?} {pages}");
            assert_eq!(findings.notes, [], "{layout:?} {pages}");
            assert_eq!(findings.facts.pages, Some(pages), "{layout:?} {pages}");
        }
    }
    assert_eq!(faults(&Builder::new().build_sized(200_000)), []);
    assert_eq!(Builder::new().build_sized(200_000).len(), 200_000);
}

#[test]
fn active_content_is_refused_by_its_name_wherever_it_is() {
    let rows = [
        (Extra::JavaScript, Fault::PdfJavaScript),
        (Extra::EscapedJavaScript, Fault::PdfJavaScript),
        (Extra::Launch, Fault::PdfLaunch),
        (Extra::RichMedia, Fault::PdfRichMedia),
        (Extra::Xfa, Fault::PdfXfa),
    ];
    for layout in LAYOUTS {
        for (extra, fault) in &rows {
            let file = Builder::new().layout(layout).with(extra.clone()).build();
            assert_eq!(faults(&file), [*fault], "{layout:?} {extra:?}");
            let file = Builder::new().layout(layout).updated_with(extra.clone()).build();
            assert_eq!(faults(&file), [*fault], "{layout:?} {extra:?} in an update");
            let file = Builder::new()
                .layout(layout)
                .with(extra.clone())
                .updated_with(Extra::OpenToPage)
                .build();
            assert_eq!(faults(&file), [*fault], "{layout:?} {extra:?} before an update");
        }
    }
}

#[test]
fn active_content_is_known_by_any_spelling_and_inert_entries_are_not_taken_for_it() {
    let rows: [(&str, &[Fault]); 24] = [
        (SCRIPT, &[Fault::PdfJavaScript]),
        ("<</S/J#61#76aScript>>", &[Fault::PdfJavaScript]),
        ("<</S 5 0 R/JS(a)>>", &[Fault::PdfJavaScript]),
        ("<</JS 5 0 R/S/Rendition>>", &[Fault::PdfRichMedia, Fault::PdfJavaScript]),
        ("/JavaScript", &[Fault::PdfJavaScript]),
        ("/Launch", &[Fault::PdfLaunch]),
        ("[<</A<</B[<</S/Launch>>]>>>>]", &[Fault::PdfLaunch]),
        ("<</A /S /JavaScript /JS (a)>>", &[Fault::PdfJavaScript]),
        ("<</A 1 2 3/S/JavaScript>>", &[Fault::PdfJavaScript]),
        ("<</A]/S/JavaScript>>", &[Fault::PdfJavaScript]),
        ("<</S%\n/JavaScript", &[Fault::PdfJavaScript]),
        ("<</Subtype/3D>>", &[Fault::PdfRichMedia]),
        ("<</Subtype/Movie>>", &[Fault::PdfRichMedia]),
        ("<</XFA[(a) 5 0 R]>>", &[Fault::PdfXfa]),
        ("<</XFA 5 0 R>>", &[Fault::PdfXfa]),
        ("<</XFA[]>>", &[]),
        ("<</XFA null>>", &[]),
        ("<</XFA()>>", &[]),
        ("<</JS(a)>>", &[]),
        ("<</S/GoTo/D[10 0 R/Fit]>>", &[]),
        ("<</S/URI/URI(javascript:x)>>", &[]),
        ("<</S/SubmitForm/F(http://x)>>", &[]),
        ("<</JavaScript<</Names[]>>>>", &[]),
        ("(/S /JavaScript)", &[]),
    ];
    for (body, expected) in rows {
        assert_eq!(faults(&with_object(body)), expected, "{body}");
    }
}

#[test]
fn bytes_in_streams_strings_and_comments_are_no_evidence() {
    for body in [
        object_stream("/A 1", SCRIPT.as_bytes()),
        format!("<< /A (\\({SCRIPT}) /B (() {SCRIPT}) >>").into_bytes(),
        format!("<< /A <{SCRIPT} % {SCRIPT}\n >>").replace("<<< /S", "</S").into_bytes(),
        format!("%{SCRIPT}\n null").into_bytes(),
    ] {
        let text = String::from_utf8_lossy(&body).into_owned();
        assert_eq!(faults(&with_object(body)), [], "{text}");
    }
}

#[test]
fn a_page_to_open_at_is_nothing_and_attachments_are_noted() {
    for layout in LAYOUTS {
        let file = Builder::new().layout(layout).with(Extra::OpenToPage).build();
        assert_eq!((walk(&file).faults, walk(&file).notes), (vec![], vec![]));
        let attachment = Extra::Attachment(b"%PDF-1.4 and so on".to_vec());
        let file = Builder::new().layout(layout).with(attachment).build();
        assert_eq!(walk(&file).faults, []);
        assert_eq!(walk(&file).notes, [Note::PdfAttachments], "{layout:?}");
    }
    let rows: [(&str, &[Note]); 6] = [
        ("<</EF<</F 5 0 R>>>>", &[Note::PdfAttachments]),
        ("<</EF 5 0 R>>", &[Note::PdfAttachments]),
        ("<</Subtype/FileAttachment>>", &[Note::PdfAttachments]),
        ("<</EmbeddedFiles<</Names[(a)5 0 R]>>>>", &[Note::PdfAttachments]),
        ("<</EmbeddedFiles<</Names[]>>>>", &[]),
        ("<</EF<<>>>>", &[]),
    ];
    for (body, notes) in rows {
        assert_eq!(walk(&with_object(body)).notes, notes, "{body}");
    }
}

#[test]
fn the_empty_password_opens_and_any_other_refuses() {
    for layout in LAYOUTS {
        for cipher in Cipher::ALL {
            // Its hash is slow by design, and slower in a build that is not optimised.
            if cipher == Cipher::Aes256 && layout != Layout::ObjectStream {
                continue;
            }
            let builder = Builder::new().layout(layout).pages(2);
            let findings = walk(&builder.clone().encrypted(cipher, "").build());
            assert_eq!(findings.faults, [], "{layout:?} {cipher:?}");
            assert_eq!(findings.notes, [Note::PdfRestricted], "{layout:?} {cipher:?}");
            assert_eq!(findings.facts.pages, Some(2), "{layout:?} {cipher:?}");

            let active = builder.clone().with(Extra::EscapedJavaScript).encrypted(cipher, "");
            assert_eq!(faults(&active.build()), [Fault::PdfJavaScript], "{layout:?} {cipher:?}");

            let locked = builder.encrypted(cipher, "secret").build();
            assert_eq!(faults(&locked), [Fault::PdfEncrypted], "{layout:?} {cipher:?}");
        }
    }
}

#[test]
fn unknown_handlers_are_refused_as_encrypted() {
    let file = Builder::new().encrypted(Cipher::Aes128, "").build();
    let change = |from: &str, to: &str| {
        assert!(text(&file).contains(from) && from.len() == to.len(), "{from}");
        faults(text(&file).replace(from, to).as_bytes())
    };
    for (from, to) in [
        ("/Standard", "/Adobe.PK"),
        ("/V 4", "/V 9"),
        ("/R 4", "/R 7"),
        ("/Encrypt 7 0 R", "/Encrypt 8 0 R"),
        ("/Encrypt 7 0 R", "/Encrypt (abc)"),
        ("/P -1852", "/P -1853"),
        ("/O <", "/X <"),
    ] {
        assert_eq!(change(from, to), [Fault::PdfEncrypted], "{to}");
    }
    assert_eq!(change("/Encrypt 7 0 R", "/Encrypt null "), []);
}

#[test]
fn what_is_no_whole_pdf_is_refused() {
    let file = pdf();
    let deep = |n: usize| with_object(format!("<< /X {} >>", "[".repeat(n)));
    let malformed = [
        [b"\n".as_slice(), &file].concat(),
        [b"<html>".as_slice(), &file].concat(),
        [b"%!PS-Adobe-3.0\n".as_slice(), &file].concat(),
        [&file, b"<html>".repeat(20_000).as_slice()].concat(),
        b"%PDF-3.0 and so on".to_vec(),
        [b"%PDF-".as_slice(), &[0; 20]].concat(),
        deep(10_380),
        deep(1_000_000),
        with_object("<<".repeat(1_000_000)),
        with_object(format!("{}{}", "[".repeat(65), "]".repeat(65))),
        with_object(format!("{}{}", "<< /A ".repeat(65), ">>".repeat(65))),
    ];
    for file in malformed {
        let head = String::from_utf8_lossy(&file[..file.len().min(60)]).into_owned();
        assert!(is_malformed(&faults(&file)), "{head}: {:?}", faults(&file));
    }
    assert_eq!(faults(b"%PDF-1."), [Fault::Truncated]);
    assert_eq!(faults(b"%PDF-1.7\nstartxref 0 %%EOX"), [Fault::Truncated]);
    assert_eq!(faults(&with_object(format!("{}{}", "[".repeat(64), "]".repeat(64)))), []);
    assert_eq!(faults(&[&file, b"\r\n\0\0 ".repeat(9_000).as_slice()].concat()), []);
}

#[test]
fn every_cut_is_noticed() {
    for layout in LAYOUTS {
        let file = Builder::new().layout(layout).with(Extra::OpenToPage).build();
        for end in 0..file.len() - 1 {
            assert!(!faults(&file[..end]).is_empty(), "{layout:?} cut to {end} of {}", file.len());
        }
    }
}

#[test]
fn a_document_needs_a_catalog_a_page_tree_and_a_page() {
    let change = |from: &str, to: &str| {
        assert!(text(&pdf()).contains(from) && from.len() == to.len(), "{from}");
        walk(text(&pdf()).replace(from, to).as_bytes())
    };
    for (from, to) in [
        ("/Type /Catalog /Pages 2", "/Type /Cataloq /Paqes 2"),
        ("/Pages 2 0 R", "/Pages 9 0 R"),
        ("/Pages 2 0 R", "/Pages (abc)"),
        ("/Type /Page /Parent 2", "/Type /Pagf /Parent 2"),
        ("2 0 obj", "2 0 abj"),
    ] {
        assert!(is_malformed(&change(from, to).faults), "{to}: {:?}", change(from, to));
    }
    for (from, to) in [
        ("/Type /Page /Parent 2", "/Typf /Page /Parent 2"),
        ("/Type /Pages", "/Typf /Pages"),
        ("/Type /Catalog", "/Typf /Catalog"),
        ("/Root 1 0 R", "/Root 9 0 R"),
        ("/Count 1", "/Count 9"),
        ("/Count 1", "/Count 0"),
        ("/Count 1", "/Caunt 1"),
        ("/Kids [ 10 0 R ]", "/Kids [ 02 0 R ]"),
    ] {
        let findings = change(from, to);
        assert_eq!((findings.faults, findings.facts.pages), (vec![], Some(1)), "{to}");
    }
}

#[test]
fn a_wrong_cross_reference_alone_refuses_nothing() {
    let file = text(&pdf());
    for (from, to) in [
        ("00000 n", "00000 f"),
        ("0000000", "0009000"),
        ("startxref\n", "startxref\n9"),
        ("/Root 1 0 R", "/Prev 77"),
        ("endobj\n", "\n"),
        ("endobj\n", "endobj"),
        ("%%EOF\n", "%%EOF"),
    ] {
        assert!(file.contains(from), "{from}");
        assert_eq!(faults(file.replace(from, to).as_bytes()), [], "{to}");
    }
}

#[test]
fn objects_that_only_a_cross_reference_entry_finds_are_refused() {
    let hidden = format!("100 0 obj {SCRIPT} endobj");
    for (before, after) in [
        ("<< /Length 72 >>\nstream\n", "\nendstream"),
        ("<< /A (", ") >>"),
        ("<< /A <", "> >>"),
        ("%", "\nnull"),
    ] {
        for hidden in [&hidden, &hidden.replace("0 obj", "%\r0%\robj")] {
            if before == "%" && hidden.contains('\r') {
                continue;
            }
            let body = format!("{before}{hidden:72}{after}");
            let sound = text(&with_object(body)).replace('\r', "\n");
            assert_eq!(faults(sound.as_bytes()), [], "{sound}");
            let at = sound.find("100 0 obj").unwrap();
            let offset = sound[at + 1..].find("100 ").unwrap() + at + 1;
            let led = sound.replace(&format!("{at:010} 00000"), &format!("{offset:010} 00000"));
            assert!(is_malformed(&faults(led.as_bytes())), "{led}");
            let start = sound.rfind("startxref\n").unwrap() + 10;
            let lost = format!("{}9{}", &sound[..start], &sound[start..]);
            assert!(is_malformed(&faults(lost.as_bytes())), "{lost}");
        }
    }
}

#[test]
fn a_trailer_inside_a_stream_is_not_followed() {
    let hidden = format!("xref\n0 0\ntrailer << /Root << /OpenAction {SCRIPT} >> >>");
    let file = with_object(object_stream("/A 1", hidden.as_bytes()));
    assert_eq!(faults(&file), []);
    let text = text(&file);
    let offset = text.find("xref").unwrap();
    let start = text.rfind("startxref\n").unwrap() + 10;
    let led = format!("{}{offset}\n%%EOF", &text[..start]);
    assert!(is_malformed(&faults(led.as_bytes())), "{led}");
}

#[test]
fn streams_with_wrong_lengths_are_read_to_their_end() {
    let inner = format!("x\nendstream\nendobj\n101 0 obj {SCRIPT} endobj\n102 0 obj <<>> stream\n");
    let whole = inner.len() + 1;
    for (length, expected) in [
        ("3".to_owned(), vec![Fault::PdfJavaScript]),
        ("1".to_owned(), vec![Fault::PdfJavaScript]),
        ("99999999".to_owned(), vec![Fault::PdfJavaScript]),
        ("103 0 R".to_owned(), vec![Fault::PdfJavaScript]),
        ("-1".to_owned(), vec![Fault::PdfJavaScript]),
        (whole.to_string(), vec![]),
    ] {
        let body = format!("<< /Length {length} >> stream\r\n{inner}y\nendstream");
        assert_eq!(faults(&with_object(body)), expected, "/Length {length}");
    }
    for body in ["<</Length 5>>stream\nabcdefghendstream", "<</Length 2>>stream\rabcd\nendstream"] {
        assert_eq!(faults(&with_object(body)), [], "{body}");
    }
    let endless = with_object("<< /Length 9999 >> stream\nabc");
    assert_eq!(faults(&endless), [Fault::Truncated]);
}

#[test]
fn object_streams_are_read_as_any_reader_might() {
    let list = "101 0 102 3 ";
    let text = format!("{list}[] {SCRIPT}");
    let zlib = miniz_oxide::deflate::compress_to_vec_zlib(text.as_bytes(), 6);
    let hex: String = zlib.iter().map(|b| format!("{b:02X}")).collect();
    let size = format!("/N 2 /First {}", list.len());
    let script = [Fault::PdfJavaScript];
    for (entries, bytes) in [
        (format!("/Type /ObjStm {size}"), text.as_bytes()),
        (size.clone(), text.as_bytes()),
        (format!("/Type /Whatever {size}"), text.as_bytes()),
        (format!("/Type /XRef /W [ 1 1 1 ] {size}"), text.as_bytes()),
        (format!("/Type /ObjStm {size} /Filter /FlateDecode"), &zlib),
        (format!("/Type /ObjStm {size} /Filter [ /FlateDecode ]"), &zlib),
        (format!("/Type /ObjStm {size} /Filter [ /AHx /Fl ]"), hex.as_bytes()),
    ] {
        assert_eq!(faults(&with_object(object_stream(&entries, bytes))), script, "{entries}");
    }
    for (entries, bytes) in [
        (format!("/Type /ObjStm {size} /Filter /JBIG2Decode"), text.as_bytes()),
        (format!("/Type /ObjStm {size} /Filter 5 0 R"), &zlib),
        (format!("/Type /ObjStm {size} /F (elsewhere)"), &zlib),
        (format!("/Type /ObjStm {size} /Filter /FlateDecode"), text.as_bytes()),
        (format!("/Type /ObjStm {size} /Filter /FlateDecode"), &zlib[..12]),
        ("/Type /ObjStm".to_owned(), text.as_bytes()),
        ("/Type /ObjStm /N 2 /First 5 0 R".to_owned(), text.as_bytes()),
        ("/Type /ObjStm /N 3 /First 12".to_owned(), text.as_bytes()),
        ("/Type /ObjStm /N 2 /First 8000".to_owned(), text.as_bytes()),
        ("/Type /ObjStm /N 1 /First 2".to_owned(), b"x 0 []"),
        ("/Type /ObjStm /N 1 /First 4".to_owned(), format!("1 0 {}", "[".repeat(70)).as_bytes()),
        ("/Type /ObjStm /N 1 /First 4".to_owned(), b"1 0 (no end"),
    ] {
        let found = faults(&with_object(object_stream(&entries, bytes)));
        assert!(is_malformed(&found), "{entries}: {found:?}");
    }
}

#[test]
fn what_a_broken_object_stream_showed_before_its_fault_is_told_in_any_pieces() {
    let text = format!("1 0 {SCRIPT}{}", " ".repeat(5_000));
    let length = u16::try_from(text.len()).unwrap();
    // One stored block, then one of the type that does not exist (RFC 1951 §3.2.3).
    let zlib = [
        b"\x78\x01\x00".as_slice(),
        &length.to_le_bytes(),
        &(!length).to_le_bytes(),
        text.as_bytes(),
        b"\x07",
    ]
    .concat();
    let entries = "/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode";
    let file = with_object(object_stream(entries, &zlib));
    let broken = Fault::Malformed("compressed stream that cannot be inflated");
    for piece in [1, 7, 100, usize::MAX] {
        let found = walk_in(&file, piece, &Limits::default(), &Budget::new(0)).faults;
        assert_eq!(found, [Fault::PdfJavaScript, broken], "pieces of {piece}");
    }
}

#[test]
fn an_object_inside_the_string_of_another_is_refused() {
    let text = format!("1 0 2 1 ({SCRIPT})");
    let file = with_object(object_stream("/Type /ObjStm /N 2 /First 8", text.as_bytes()));
    assert_eq!(faults(&file), [Fault::Malformed("objects of an object stream overlap")]);
}

#[test]
fn inflating_stops_at_the_limit_of_the_whole_file() {
    let text = format!("1 0 {}", " ".repeat(600_000));
    let zlib = miniz_oxide::deflate::compress_to_vec_zlib(text.as_bytes(), 9);
    let stream = object_stream("/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", &zlib);
    let once = Builder::new().with_object(100, stream.clone());
    let limits = Limits { inflate_bytes_max: 1_000_000, ..Limits::default() };
    let budget = Budget::new(0);
    let found = |file: &Builder| walk_in(&file.build(), usize::MAX, &limits, &budget).faults;
    assert_eq!(found(&once), []);
    let limit = Fault::Malformed("compressed streams inflate beyond the limit");
    assert_eq!(found(&once.with_object(101, stream)), [limit]);
}

#[test]
fn memory_beyond_the_own_comes_from_the_budget_or_not_at_all() {
    let mut list: String = (0..5_000).map(|n| format!("{} {} ", n + 200, n * 2)).collect();
    let entries = format!("/Type /ObjStm /N 5000 /First {}", list.len());
    list += &"0 ".repeat(5_000);
    let file = with_object(object_stream(&entries, list.as_bytes()));
    assert_eq!(faults(&file), []);
    let starved = walk_in(&file, usize::MAX, &Limits::default(), &Budget::new(0));
    assert_eq!(starved.faults, [Fault::Malformed("too complex to check")]);

    let mut file = Builder::new().with_object(100, "(5 0 obj)");
    for n in 0..2_000 {
        file = file.with_object(200 + n, "null");
    }
    let starved = walk_in(&file.build(), usize::MAX, &Limits::default(), &Budget::new(0));
    assert_eq!(starved.faults, [Fault::Malformed("too complex to check")]);
    let budget = Budget::new(1 << 20);
    assert_eq!(walk_in(&file.build(), usize::MAX, &Limits::default(), &budget).faults, []);
    assert!(budget.take(1 << 20).is_some(), "everything was given back");
}

/// One file of each kind, for the properties below.
fn files() -> &'static [Vec<u8>] {
    static FILES: std::sync::OnceLock<Vec<Vec<u8>>> = std::sync::OnceLock::new();
    FILES.get_or_init(|| {
        let mut files = Vec::new();
        for layout in LAYOUTS {
            let attached = Extra::Attachment(b"5 0 obj <</S/Launch>> endobj".to_vec());
            let builder = Builder::new().layout(layout).with(attached);
            files.push(builder.build());
            files.push(builder.clone().encrypted(Cipher::Aes128, "").build());
            files.push(builder.clone().encrypted(Cipher::Rc4Bits40, "").build());
            files.push(builder.updated_with(Extra::EscapedJavaScript).build());
            files.push(Builder::new().layout(layout).with(Extra::Xfa).pages(40).build());
        }
        files.push(with_object("<< /Length 99 >> stream\nabc\nendstream"));
        files
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_pieces_of_a_file_make_no_difference(n in 0_usize..16, piece in 1_usize..300) {
        let file = &files()[n];
        let limits = Limits::default();
        let budget = Budget::new(1 << 20);
        prop_assert_eq!(walk_in(file, piece, &limits, &budget), walk(file));
    }

    #[test]
    fn no_damage_panics_and_its_pieces_make_no_difference(
        n in 0_usize..16,
        flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        end in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let mut file = files()[n].clone();
        for (at, byte) in flips {
            let at = at.index(file.len());
            file[at] = byte;
        }
        if is_cut {
            file.truncate(end.index(file.len()));
        }
        let limits = Limits::default();
        let budget = Budget::new(1 << 20);
        prop_assert_eq!(walk_in(&file, 7, &limits, &budget), walk(&file));
    }

    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        let file = [b"%PDF-1.4\n1 0 obj".as_slice(), &bytes, b"\nstartxref\n0\n%%EOF"].concat();
        let _findings = walk(&file);
    }
}
