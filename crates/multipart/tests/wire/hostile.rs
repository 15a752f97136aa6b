//! Bodies made to break parsers, each with the one answer it must get. `XbX` is the boundary.

use dossier_multipart::{Boundary, BoundaryError, Error, ErrorKind, HeadError};

use crate::support::{self, CONTENT_TYPE, run, run_both, run_chunks, run_in};

const PURPOSE: &str = "--XbX\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nother\r\n";
const FILE_HEAD: &str = "--XbX\r\nContent-Disposition: form-data; name=\"file\"; \
                         filename=\"a.json\"\r\nContent-Type: application/json\r\n\r\n";
const END: &str = "--XbX--\r\n";

/// A body with one part of this disposition.
fn disposed(disposition: &str) -> Vec<u8> {
    format!("--XbX\r\nContent-Disposition: {disposition}\r\n\r\nx\r\n{END}").into_bytes()
}

/// A body with one file part of this content.
fn filed(content: &[u8]) -> Vec<u8> {
    [FILE_HEAD.as_bytes(), content, b"\r\n", END.as_bytes()].concat()
}

/// A body with one part that has this header besides its disposition.
fn headed(header: &str, content: &str) -> Vec<u8> {
    format!(
        "--XbX\r\nContent-Disposition: form-data; name=\"a\"\r\n{header}\r\n\r\n{content}\r\n{END}"
    )
    .into_bytes()
}

#[track_caller]
fn refused(body: &[u8], error: impl Into<Error>) {
    let outcome = run_both(body);
    let error = error.into();
    assert_eq!(outcome.error, Some(error), "{}", body.escape_ascii());
    assert!(!error.detail().is_empty());
}

#[track_caller]
fn boundary_refused(content_type: &str, error: BoundaryError) {
    let read = Boundary::from_content_type(content_type.as_bytes());
    assert_eq!(read, Err(error), "{content_type}");
}

#[test]
fn boundaries_that_are_none_are_refused_before_the_body() {
    boundary_refused("multipart/form-data", BoundaryError::Missing);
    boundary_refused("multipart/form-data; boundary=", BoundaryError::Malformed);
    boundary_refused("multipart/form-data; boundary=\"\"", BoundaryError::Invalid);
    boundary_refused("multipart/form-data; boundary=safe; boundary=evil", BoundaryError::Repeated);
    for length in [71, 512, 900] {
        let value = format!("multipart/form-data; boundary={}", "b".repeat(length));
        boundary_refused(&value, BoundaryError::Invalid);
    }
    for length in [4_091, 4_096, 4_097, 5_000, 8_192] {
        let value = format!("multipart/form-data; boundary={}", "b".repeat(length));
        boundary_refused(&value, BoundaryError::Malformed);
    }
}

#[test]
fn the_longest_boundary_and_quoted_ones_work() {
    for (value, boundary) in [
        ("b".repeat(70), "b".repeat(70)),
        ("\"a b\"".into(), "a b".into()),
        ("\"XbX\"".into(), "XbX".into()),
    ] {
        let content_type = format!("multipart/form-data; boundary={value}");
        let body = String::from_utf8([PURPOSE, END].concat().into_bytes()).unwrap();
        let body = body.replace("XbX", &boundary);
        for length in [1, 7, 1_000] {
            let parts = run_chunks(&content_type, body.as_bytes().chunks(length)).sound();
            assert_eq!(parts[0].content, b"other");
        }
    }
}

#[test]
fn a_truncated_closing_boundary_is_no_end() {
    let body = b"------FormBoundary\r\nContent-Disposition: form-data; name=\"image\"; \
                 filename=\"\"\r\nContent-Type: application/octet-stream\r\n\r\n\r\n\
                 ------FormBoundar";
    let content_type = "multipart/form-data; boundary=----FormBoundary";
    for length in [1, 2, 1_000] {
        let outcome = run_chunks(content_type, body.chunks(length));
        assert_eq!(outcome.error, Some(Error::Truncated));
        assert!(!outcome.ended && !outcome.parts[0].complete);
    }
}

#[test]
fn a_body_cut_anywhere_is_no_body() {
    let body = [PURPOSE, FILE_HEAD, "{\"a\":\"bcdefgh\"}\r\n", END].concat();
    let closing = body.len() - "\r\n".len();
    for end in 0..closing {
        let outcome = run_both(&body.as_bytes()[..end]);
        assert_eq!(outcome.error, Some(Error::Truncated), "cut at {end}");
        assert!(!outcome.ended);
    }
    for end in closing..=body.len() {
        run_both(&body.as_bytes()[..end]).sound();
    }
}

#[test]
fn the_closing_boundary_is_exact() {
    let with = |end: &str| [PURPOSE, end].concat().into_bytes();
    refused(&with("--XbX-"), Error::Truncated);
    refused(&with("--Xb"), Error::Truncated);
    refused(&with("--XbX"), Error::Truncated);
    refused(&with("--XbX-\r\n"), Error::BoundaryLine);
    refused(&with("--XbX--garbage"), Error::Epilogue);
    refused(&with("--XbX---"), Error::Epilogue);
    refused(&with("--XbX --\r\n"), Error::BoundaryLine);
    refused(&with("--XbXgarbage\r\n"), Error::BoundaryLine);
    refused(&with("--XbX\n"), Error::BoundaryLine);
    refused(&with("--XbX\r\r\n"), Error::BoundaryLine);
    refused(&with("--XbX\0\r\n"), Error::BoundaryLine);
}

#[test]
fn only_white_space_and_little_of_it_follows_the_end() {
    let with = |epilogue: &str| [PURPOSE, "--XbX--", epilogue].concat().into_bytes();
    for epilogue in ["", "\r\n", "\n", " \t\r\n\r\n", " ".repeat(64).as_str()] {
        run_both(&with(epilogue)).sound();
    }
    refused(&with("\r\nepilogue"), Error::Epilogue);
    refused(&with("\0"), Error::Epilogue);
    refused(&with(&format!("\r\n{PURPOSE}{END}")), Error::Epilogue);
    refused(&with(&" ".repeat(65)), Error::EpilogueLength);
    let outcome = run_in(1_000_000, &with(&"\r\n".repeat(5_000_000)));
    assert_eq!(outcome.error, Some(Error::EpilogueLength));
}

#[test]
fn only_one_crlf_precedes_the_first_boundary() {
    let with = |preamble: &str| [preamble, PURPOSE, END].concat().into_bytes();
    run_both(&with("")).sound();
    run_both(&with("\r\n")).sound();
    for preamble in
        ["junk", "junk\r\n", " ", "\n", "\r", "\r\n\r\n", "-", "--", "--Xb\r\n", "\r\n ", "\r\n-"]
    {
        refused(&with(preamble), Error::Preamble);
    }
    refused(&with(&"preamble".repeat(128)), Error::Preamble);
    let outcome = run_in(1_024, &with(&"\r\n".repeat(4 << 20)));
    assert_eq!(outcome.error, Some(Error::Preamble));
    refused(b"PK\x03\x04", Error::Preamble);
}

#[test]
fn an_empty_body_is_no_body_but_an_empty_form_is_one() {
    refused(b"", Error::Truncated);
    refused(b"\r\n", Error::Truncated);
    refused(b"XbX", Error::Preamble);
    assert!(run_both(END.as_bytes()).sound().is_empty());
    assert!(run_both(b"\r\n--XbX--").sound().is_empty());
}

#[test]
fn padding_after_a_boundary_is_short() {
    let with = |padding: &str| {
        format!("--XbX{padding}\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--XbX--")
            .into_bytes()
    };
    for padding in ["", " ", "\t", " \t \t \t \t"] {
        run_both(&with(padding)).sound();
    }
    refused(&with(&" ".repeat(9)), Error::Padding);
    refused(&with(&" ".repeat(1_000_000)), Error::Padding);
    refused(&with(" x"), Error::BoundaryLine);
}

#[test]
fn line_ends_are_crlf() {
    let body = String::from_utf8(filed(b"{}")).unwrap();
    refused(body.replace("\r\n", "\n").as_bytes(), Error::BoundaryLine);
    refused(body.replace("\r\n", "\r").as_bytes(), Error::BoundaryLine);
    let lines = body.replacen("json\"\r\n", "json\"\n", 1);
    refused(lines.as_bytes(), HeadError::LineEnd);
    let lines = body.replacen("json\"\r\n", "json\"\r", 1);
    refused(lines.as_bytes(), HeadError::LineEnd);
}

#[test]
fn a_folded_or_indented_header_is_refused() {
    refused(
        b"--XbX\r\n Content-Disposition: form-data; name=\"x\"\r\n\r\n\r\n--XbX--",
        HeadError::Folded,
    );
    refused(&disposed("form-data; name=x;\r\n filename=\"x\""), HeadError::Folded);
}

#[test]
fn the_part_after_the_16th_is_refused() {
    let part = "--XbX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n";
    let body = [part.repeat(16).as_str(), END].concat();
    assert_eq!(run_both(body.as_bytes()).sound().len(), 16);
    let body = [part.repeat(17).as_str(), END].concat();
    refused(body.as_bytes(), Error::Parts);
    let flood = [part.repeat(100_000).as_str(), PURPOSE, FILE_HEAD, "{}\r\n", END].concat();
    let outcome = run(flood.as_bytes());
    assert_eq!(outcome.error, Some(Error::Parts));
    assert_eq!(outcome.parts.len(), 16);
    assert_eq!(Error::Parts.kind(), ErrorKind::Limit);
}

#[test]
fn a_long_header_block_is_refused_at_its_limit() {
    let filler = "a".repeat(32 << 20);
    let body = format!("--XbX\r\nX-A: {filler}");
    let mut parser = support::parser(CONTENT_TYPE);
    let refused_at = body.as_bytes().chunks(1_400).position(|chunk| {
        parser.push(bytes::Bytes::copy_from_slice(chunk));
        parser.next_event() == Err(Error::Head(HeadError::Bytes))
    });
    assert_eq!(refused_at, Some(8_192 / 1_400));
    refused(&headed(&format!("X-A: {}", "a".repeat(9 << 10)), "x"), HeadError::Bytes);
    refused(&headed(&vec!["X: y"; 40].join("\r\n"), "x"), HeadError::Lines);
    refused(&headed(&vec!["X: y"; 100_000].join("\r\n"), "x"), HeadError::Lines);
    assert_eq!(HeadError::Lines.kind(), ErrorKind::Limit);
}

#[test]
fn back_to_back_malformed_parts_give_one_error() {
    let body = "--XbX\r\n\r\n\r\n".repeat(10_000);
    let outcome = run(body.as_bytes());
    assert_eq!(outcome.error, Some(Error::Head(HeadError::DispositionMissing)));
    assert!(outcome.parts.is_empty());
}

#[test]
fn a_part_needs_one_form_data_disposition_with_a_name() {
    use HeadError::{
        DispositionMissing, DispositionType, NameMissing, Parameter, ParameterExtended,
        ParameterRepeated, Repeated,
    };
    for (disposition, error) in [
        ("attachment; name=\"file\"", DispositionType),
        ("form-data", NameMissing),
        ("form-data; name=\"\"; filename=\"a.png\"", NameMissing),
        ("form-data; name=a\r\nContent-Disposition: form-data; name=b", Repeated),
        ("form-data; name=a; name=b", ParameterRepeated),
        ("form-data; name=a; filename=\"a.png\"; filename=\"b.exe\"", ParameterRepeated),
        ("form-data; name*=UTF-8''a", ParameterExtended),
        ("form-data; name=a; filename*0=\"e\"; filename*1=\"vil\"", ParameterExtended),
        ("form-data; name=\"a", Parameter),
    ] {
        refused(&disposed(disposition), error);
    }
    refused(b"--XbX\r\nContent-Type: text/plain\r\n\r\nx\r\n--XbX--", DispositionMissing);
    refused(b"--XbX\r\n\r\nx\r\n--XbX--", DispositionMissing);
}

#[test]
fn the_cost_of_parameters_is_bounded_by_the_block() {
    for disposition in [
        format!("form-data; name=a; a=\"{}", ";".repeat(100_000)),
        format!("form-data; name=\"{}\"", "a\\\\".repeat(300_000)),
        format!("form-data; name=a{}", "; a=b".repeat(100_000)),
    ] {
        refused(&disposed(&disposition), HeadError::Bytes);
    }
    refused(
        &disposed(&format!("form-data; name=a; a=\"{}", ";".repeat(8_000))),
        HeadError::Parameter,
    );
    let name = "a\\\\".repeat(2_600);
    let parts = run(&disposed(&format!("form-data; name=\"{name}\""))).sound();
    assert_eq!(parts[0].head.name, "a\\".repeat(2_600));
    let semicolons = format!("form-data; name=a{}", ";".repeat(8_000));
    assert_eq!(run(&disposed(&semicolons)).sound()[0].head.name, "a");
}

#[test]
fn names_that_other_parsers_unfold_stay_names() {
    let nested = format!("a{}", "[b]".repeat(2_500));
    for name in [nested.as_str(), "a[4294967296]", "file.filename", "File", "a[b"] {
        let parts = run(&disposed(&format!("form-data; name=\"{name}\""))).sound();
        assert_eq!(parts[0].head.name, name);
    }
}

#[test]
fn every_rule_sees_the_one_filename() {
    for (disposition, filename) in [
        ("form-data; name=f; filename*=UTF-8''x.png; filename=\"y.png\"", Some("x.png")),
        ("form-data; name=f; filename=\"ok.png\"; filename*=UTF-8''evil.html", Some("evil.html")),
        ("form-data; name=\"purpose; filename=evil.png\"", None),
        ("form-data; NAME=\"file\"; FILENAME=\"a.png\"", Some("a.png")),
        ("form-data; name=file; filename=a.png", Some("a.png")),
        ("form-data; name=f; filename=\"\"", Some("")),
        ("form-data; name=f; filename=\"../../x\"", Some("../../x")),
        ("form-data; name=f; filename=\"a.exe\0.png\"", Some("a.exe\0.png")),
        (
            "form-data; name=f; filename=\"a\u{1b}[31m\u{202e}.png\"",
            Some("a\u{1b}[31m\u{202e}.png"),
        ),
        ("form-data; name=f; filename=\"%2e%2e%2fx.png\"", Some("%2e%2e%2fx.png")),
        ("form-data; name=f; filename=\"%252e%252e/x.png\"", Some("%252e%252e/x.png")),
        ("form-data; name=f; filename=\"...png\"", Some("...png")),
        ("form-data; name=f; filename=\"паспорт.pdf\"", Some("паспорт.pdf")),
        (
            "form-data; name=f; filename=\"'; DROP TABLE files;--.png\"",
            Some("'; DROP TABLE files;--.png"),
        ),
        ("form-data; name=f; filename=\"   \"", Some("   ")),
    ] {
        let parts = run_both(&disposed(disposition)).sound();
        assert_eq!(parts[0].filename(), filename, "{disposition}");
    }
    let invalid = [
        &b"--XbX\r\nContent-Disposition: form-data; name=f; filename=\"\xff\xfe.png\""[..],
        b"\r\n\r\nx\r\n--XbX--",
    ]
    .concat();
    assert_eq!(run_both(&invalid).sound()[0].filename(), Some("(not UTF-8)"));
}

#[test]
fn a_transfer_encoding_that_hides_bytes_is_refused() {
    refused(&headed("Content-Transfer-Encoding: base64", "e30="), HeadError::TransferEncoding);
    run_both(&headed("Content-Transfer-Encoding: binary", "{}")).sound();
}

#[test]
fn a_part_length_must_be_right() {
    for length in ["-1", "+5", "0x5", "5, 5", "5,6", "", "18446744073709551616"] {
        refused(&headed(&format!("Content-Length: {length}"), "hello"), HeadError::ContentLength);
    }
    run_both(&headed("Content-Length: 5", "hello")).sound();
    run_both(&headed("Content-Length: 0", "")).sound();
    run_both(&headed("Content-Length: 9", "a\r\n--Xb\r\n")).sound();
    for (length, content) in [
        ("5", "hello world"),
        ("5", "hell"),
        ("0", "x"),
        ("2", "a\r\n--Xb"),
        ("1", "\r\n\r\n"),
        ("9223372036854775808", "hello"),
        ("18446744073709551615", "hello"),
    ] {
        let body = headed(&format!("Content-Length: {length}"), content);
        refused(&body, Error::LengthMismatch);
        let outcome = run(&body);
        let declared = length.parse::<usize>().unwrap_or(usize::MAX);
        let kept = content.len().min(declared);
        assert_eq!(outcome.parts[0].content, content.as_bytes()[..kept], "{length}");
    }
}

#[test]
fn a_part_that_never_ends_is_refused_at_its_length() {
    let mut parser = support::parser(CONTENT_TYPE);
    let head = "--XbX\r\nContent-Disposition: form-data; name=a\r\nContent-Length: 3\r\n\r\n";
    parser.push(format!("{head}abcd").into());
    let answers: Vec<_> = std::iter::repeat_with(|| parser.next_event()).take(3).collect();
    assert!(matches!(answers[..], [Ok(Some(_)), Ok(Some(_)), Err(Error::LengthMismatch)]));
}

#[test]
fn content_that_nearly_holds_the_boundary_is_kept() {
    let units: [&[u8]; 12] = [
        b"\r\n--XbY",
        b"\r\n--Xb",
        b"\n--XbX",
        b"\r--XbX",
        b"\r\n-XbX",
        b"\r\n--",
        b"\r\n",
        b"\r",
        b"--XbX",
        b"\r\n--Xb\r\n--Xb",
        b"\r\r\n--Xb",
        b"\r\n--xbx",
    ];
    for unit in units {
        let content = [b"[", unit.repeat(300).as_slice(), b"]"].concat();
        let body = filed(&content);
        for length in [1, 2, 3, 5, 7, 8, 9, 64, 4_096] {
            let parts = run_in(length, &body).sound();
            assert_eq!(parts[0].content, content, "{} by {length}", unit.escape_ascii());
        }
        let trailing = [b"[", unit].concat();
        assert_eq!(run_both(&filed(&trailing)).sound()[0].content, trailing);
    }
}

#[test]
fn a_near_match_is_kept_wherever_a_chunk_ends() {
    for edge in [1_400_usize, 4_096, 8_192, 65_536] {
        let head = FILE_HEAD.len();
        for offset in 0..12 {
            let filler = edge - head - offset;
            let content = ["A".repeat(filler).as_str(), "\r\n--XbY", "tail"].concat();
            let parts = run_in(edge, &filed(content.as_bytes())).sound();
            assert!(parts[0].content == content.as_bytes(), "{offset} before {edge}");
        }
    }
}

#[test]
fn a_million_near_boundaries_are_content() {
    let content = b"\r\n--".repeat(1_000_000);
    let parts = run_in(65_536, &filed(&content)).sound();
    assert!(parts[0].content == content);
    let content = [b"\r".as_slice(), &b"A".repeat(16 << 20)].concat();
    let parts = run_in(65_536, &filed(&content)).sound();
    assert!(parts[0].content == content);
}

#[test]
fn content_that_starts_with_the_boundary_is_refused() {
    let head = "--XbX\r\nContent-Disposition: form-data; name=a\r\n\r\n";
    for rest in ["--XbX--", "--XbX--\r\n", "--XbX\r\n", "--XbXY\r\n--XbX--"] {
        refused(format!("{head}{rest}").as_bytes(), Error::BoundaryInPart);
    }
    for content in ["--Xb", "--", "-", "--XbY", "--Xb\r\n--Xb"] {
        let parts = run_both(format!("{head}{content}\r\n--XbX--").as_bytes()).sound();
        assert_eq!(parts[0].content, content.as_bytes());
    }
}

#[test]
fn parts_come_in_any_order_and_number() {
    let file = [FILE_HEAD, "{}\r\n"].concat();
    for (body, names) in [
        ([PURPOSE, &file, END].concat(), vec!["purpose", "file"]),
        ([&file, PURPOSE, END].concat(), vec!["file", "purpose"]),
        ([PURPOSE, PURPOSE, END].concat(), vec!["purpose", "purpose"]),
        ([PURPOSE, END].concat(), vec!["purpose"]),
    ] {
        let parts = run_both(body.as_bytes()).sound();
        let read: Vec<&str> = parts.iter().map(|part| part.head.name.as_str()).collect();
        assert_eq!(read, names);
    }
}

#[test]
fn a_huge_text_field_streams_through() {
    let text = "a".repeat(8 << 20);
    let body =
        format!("--XbX\r\nContent-Disposition: form-data; name=purpose\r\n\r\n{text}\r\n{END}");
    let mut parser = support::parser(CONTENT_TYPE);
    let mut longest = 0;
    for chunk in body.as_bytes().chunks(1_400) {
        parser.push(bytes::Bytes::copy_from_slice(chunk));
        while let Some(event) = parser.next_event().unwrap() {
            if let dossier_multipart::Event::Data(data) = event {
                longest = longest.max(data.len());
            }
        }
    }
    parser.finish().unwrap();
    assert!(longest <= 1_400, "the content is handed on at once, not gathered: {longest}");
}
