//! The same bodies through `multer` and `multra`. The three may disagree only where this file
//! says why; a disagreement without a reason fails.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use dossier_multipart::{Boundary, BoundaryError, Error, HeadError};
use futures_util::stream;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::{Outcome, Part, run};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Peer {
    Multer,
    Multra,
}

/// What a peer says of one part.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    name: Option<String>,
    filename: Option<String>,
    content_type: Option<String>,
    content: Vec<u8>,
}

/// The parts of a body, and the peer's error if it refused it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Answer {
    rows: Vec<Row>,
    error: Option<String>,
}

/// Polls to the end without a runtime: the peers wait for nothing but themselves here.
fn block_on<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    (0..100_000).find_map(|_| match future.as_mut().poll(&mut context) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    })
}

macro_rules! ask {
    ($peer:ident, $body:expr) => {{
        let source = stream::iter([Ok::<_, std::convert::Infallible>(Bytes::from($body.to_vec()))]);
        let mut multipart = $peer::Multipart::new(source, "XbX");
        let mut answer = Answer { rows: Vec::new(), error: None };
        loop {
            let mut field = match multipart.next_field().await {
                Ok(Some(field)) => field,
                Ok(None) => return answer,
                Err(error) => {
                    answer.error = Some(format!("{error:?}"));
                    return answer;
                }
            };
            let mut content = Vec::new();
            loop {
                match field.chunk().await {
                    Ok(Some(chunk)) => content.extend_from_slice(&chunk),
                    Ok(None) => break,
                    Err(error) => {
                        answer.error = Some(format!("{error:?}"));
                        return answer;
                    }
                }
            }
            answer.rows.push(Row {
                name: field.name().map(str::to_owned),
                filename: field.file_name().map(str::to_owned),
                content_type: field.content_type().map(|mime| mime.essence_str().to_owned()),
                content,
            });
        }
    }};
}

fn ask(peer: Peer, body: &[u8]) -> Answer {
    let answer = block_on(async {
        match peer {
            Peer::Multer => ask!(multer, body),
            Peer::Multra => ask!(multra, body),
        }
    });
    answer.unwrap_or_else(|| panic!("{peer:?} stalled on {}", body.escape_ascii()))
}

/// Why we refuse what the peer takes. `None`: nobody may take it.
fn stricter(peer: Peer, error: Error) -> Option<&'static str> {
    match error {
        Error::Preamble => Some("they skip a preamble"),
        Error::Padding => Some("they skip more padding"),
        Error::BoundaryInPart => Some("they take a boundary on the first line as content"),
        Error::Parts => Some("they have no limit on parts"),
        Error::LengthMismatch => Some("they ignore part lengths"),
        Error::Epilogue | Error::EpilogueLength => Some("they do not read the epilogue"),
        Error::BoundaryLine | Error::Truncated => None,
        Error::Head(error) => stricter_head(peer, error),
    }
}

fn stricter_head(peer: Peer, error: HeadError) -> Option<&'static str> {
    match error {
        HeadError::Bytes => Some("they take longer header blocks"),
        HeadError::Lines => Some("they take 32 header lines"),
        HeadError::LineEnd => Some("their header parser takes bare line feeds"),
        HeadError::Repeated => Some("they let the last header win"),
        HeadError::DispositionMissing => Some("they yield parts without a disposition"),
        HeadError::DispositionType => Some("they do not read the disposition type"),
        HeadError::Parameter => Some("they search for a parameter and skip the rest"),
        HeadError::ParameterRepeated => Some("they let the first parameter win"),
        HeadError::ParameterExtended => match peer {
            Peer::Multer => Some("it ignores extended parameters"),
            Peer::Multra => Some("it ignores continuations and takes other charsets"),
        },
        HeadError::NameMissing => Some("they yield parts without a name"),
        HeadError::Name => Some("they drop a name that is not UTF-8"),
        HeadError::ContentType => Some("they drop a type that they cannot read"),
        HeadError::ContentLength => Some("they ignore part lengths"),
        HeadError::TransferEncoding => Some("they ignore transfer encodings"),
        HeadError::ContentDigest => Some("they ignore digests"),
        HeadError::Folded | HeadError::Field => None,
    }
}

/// Why the peer refuses what we take.
fn laxer(peer: Peer, parts: &[Part], body: &[u8]) -> Option<&'static str> {
    if parts.iter().any(|part| part.filename().is_some_and(|name| name.contains(is_control))) {
        return Some("we hand control characters in a filename on to the rules");
    }
    let end = memchr::memmem::rfind(body, b"--XbX--").map(|at| &body[at + 7..])?;
    let padded = end.iter().position(|byte| !matches!(byte, b' ' | b'\t')).map(|at| &end[at..]);
    let is_odd = padded.is_some_and(|rest| !rest.starts_with(b"\r\n"));
    (peer == Peer::Multra && is_odd).then_some("it wants CRLF before other white space at the end")
}

fn is_control(character: char) -> bool {
    character.is_ascii_control()
}

/// Why the peer reads a name or a type otherwise than we do.
fn other_reading(peer: Peer, part: &Part, row: &Row, head: &[u8]) -> Option<&'static str> {
    let ours = (Some(part.head.name.as_str()), part.filename());
    let theirs = (row.name.as_deref(), row.filename.as_deref());
    let types = (part.head.content_type.as_deref(), row.content_type.as_deref());
    if ours == theirs {
        return match types {
            (ours, theirs) if ours == theirs => Some("agreed"),
            (Some(_), None) => Some("they drop a type that they cannot read"),
            _ => None,
        };
    }
    let text = String::from_utf8_lossy(head);
    let lower = text.to_lowercase();
    if text.contains('\\') {
        return Some("they undo no escaped backslash");
    }
    if part.filename() == Some("(not UTF-8)") {
        return Some("they drop a filename that is not UTF-8");
    }
    match peer {
        Peer::Multer if lower.contains("filename*") => Some("it does not know filename*"),
        Peer::Multer if text.contains('%') => Some("it undoes no browser escape"),
        Peer::Multer if lower.matches("name=").count() > text.matches("name=").count() => {
            Some("it compares parameter names with case")
        }
        Peer::Multer if text.matches("name=").count() > 1 => {
            Some("it finds parameters inside quoted strings")
        }
        Peer::Multra if text.contains('%') => Some("it undoes all percent encoding"),
        Peer::Multer | Peer::Multra => None,
    }
}

/// The header blocks of a sound body, found the naive way.
fn heads(body: &[u8]) -> Vec<&[u8]> {
    let starts = memchr::memmem::find_iter(body, b"\r\n--XbX").map(|at| at + 2);
    let first = usize::from(body.starts_with(b"\r\n")) * 2;
    let mut starts: Vec<usize> = starts.collect();
    if starts.first() != Some(&first) {
        starts.insert(0, first);
    }
    starts.pop();
    starts
        .into_iter()
        .map(|at| {
            let section = &body[at..];
            let end = memchr::memmem::find(section, b"\r\n\r\n").unwrap();
            &section[..end]
        })
        .collect()
}

/// The reason for the verdict of a peer, or a failure.
#[track_caller]
fn compare(peer: Peer, body: &[u8]) -> Vec<&'static str> {
    let (ours, theirs) = (run(body), ask(peer, body));
    reasons(peer, &ours, &theirs, body).unwrap_or_else(|| {
        panic!("no reason why\n{peer:?}: {theirs:?}\nours: {ours:?}\n{}", body.escape_ascii())
    })
}

fn reasons(peer: Peer, ours: &Outcome, theirs: &Answer, body: &[u8]) -> Option<Vec<&'static str>> {
    match (ours.error, &theirs.error) {
        (Some(_), Some(_)) => Some(vec!["both refuse"]),
        (Some(error), None) => {
            for (part, row) in ours.parts.iter().zip(&theirs.rows).filter(|(part, _)| part.complete)
            {
                assert_eq!(part.content, row.content, "{}", body.escape_ascii());
            }
            Some(vec![stricter(peer, error)?])
        }
        (None, Some(_)) => Some(vec![laxer(peer, &ours.parts, body)?]),
        (None, None) => {
            let heads = heads(body);
            assert_eq!(ours.parts.len(), theirs.rows.len(), "{}", body.escape_ascii());
            assert_eq!(ours.parts.len(), heads.len(), "{}", body.escape_ascii());
            ours.parts
                .iter()
                .zip(&theirs.rows)
                .zip(heads)
                .map(|((part, row), head)| {
                    assert_eq!(part.content, row.content, "{}", body.escape_ascii());
                    other_reading(peer, part, row, head)
                })
                .collect()
        }
    }
}

fn disposed(disposition: &str) -> Vec<u8> {
    format!("--XbX\r\nContent-Disposition: {disposition}\r\n\r\nx\r\n--XbX--\r\n").into_bytes()
}

fn headed(header: &str) -> Vec<u8> {
    disposed(&format!("form-data; name=\"a\"\r\n{header}"))
}

#[test]
fn sound_bodies_are_read_alike() {
    for disposition in [
        "form-data; name=\"purpose\"",
        "form-data; name=\"file\"; filename=\"a.png\"",
        "form-data; name=\"file\"; filename=\"日本語; x.png\"",
        "form-data; name=file; filename=a.png",
        "form-data; filename=\"a.png\"; name=\"file\"",
        "form-data; name=\"file\"; filename=\"\"",
    ] {
        for peer in [Peer::Multer, Peer::Multra] {
            assert_eq!(compare(peer, &disposed(disposition)), ["agreed"], "{disposition}");
        }
    }
}

/// A body, then what it shows about `multer` and about `multra`.
type Case = (Vec<u8>, &'static str, &'static str);

#[track_caller]
fn check(cases: &[Case]) {
    for (body, multer, multra) in cases {
        assert_eq!(compare(Peer::Multer, body), [*multer], "multer: {}", body.escape_ascii());
        assert_eq!(compare(Peer::Multra, body), [*multra], "multra: {}", body.escape_ascii());
    }
}

#[test]
fn we_are_stricter_about_structure_and_headers() {
    let part = "--XbX\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n";
    let both = |body: String, reason: &'static str| (body.into_bytes(), reason, reason);
    let head = |header: &str, reason: &'static str| (headed(header), reason, reason);
    check(&[
        both(format!("junk\r\n{part}--XbX--"), "they skip a preamble"),
        // One of them takes all up to the closing boundary as preamble, and finds no part.
        both(format!("junk{part}--XbX--"), "they skip a preamble"),
        both(
            part.replacen("XbX", &format!("XbX{}", " ".repeat(9)), 1) + "--XbX--",
            "they skip more padding",
        ),
        both(
            part.replacen("\r\nx\r\n", "\r\n--XbX\r\n", 1) + "--XbX--",
            "they take a boundary on the first line as content",
        ),
        both(part.repeat(17) + "--XbX--", "they have no limit on parts"),
        both(format!("{part}--XbX--\r\njunk"), "they do not read the epilogue"),
        (format!("{part}--XbX--junk").into(), "they do not read the epilogue", "both refuse"),
        both(format!("{part}--XbX--{}", "\r\n".repeat(33)), "they do not read the epilogue"),
        head("Content-Length: 7", "they ignore part lengths"),
        head("Content-Length: -1", "they ignore part lengths"),
        head(&format!("X: {}", "y".repeat(9_000)), "they take longer header blocks"),
        head(&["X: y"; 12].join("\r\n"), "they take 32 header lines"),
        head("X: y\nZ: x", "their header parser takes bare line feeds"),
        head("Content-Type: a/b\r\nContent-Type: c/d", "they let the last header win"),
        head("Content-Type: image/ü", "they drop a type that they cannot read"),
        head("Content-Transfer-Encoding: base64", "they ignore transfer encodings"),
        head("Content-Digest: x", "they ignore digests"),
        head("X: y\r\n folded", "both refuse"),
        head("no colon", "both refuse"),
        both(format!("{part}--XbX-"), "both refuse"),
        both(format!("{part}--XbXjunk"), "both refuse"),
        both(part.into(), "both refuse"),
        both(part.replace("\r\n", "\n") + "--XbX--", "both refuse"),
        both(String::new(), "both refuse"),
    ]);
}

#[test]
fn we_are_stricter_about_dispositions() {
    let both = |disposition: &str, reason: &'static str| (disposed(disposition), reason, reason);
    let without = b"--XbX\r\nX: y\r\n\r\nx\r\n--XbX--".to_vec();
    let invalid =
        [&b"--XbX\r\nContent-Disposition: form-data; name=\"\xff\""[..], b"\r\n\r\nx\r\n--XbX--"]
            .concat();
    check(&[
        (
            without,
            "they yield parts without a disposition",
            "they yield parts without a disposition",
        ),
        (invalid, "they drop a name that is not UTF-8", "they drop a name that is not UTF-8"),
        both("attachment; name=a", "they do not read the disposition type"),
        both("form-data; name=a; filename", "they search for a parameter and skip the rest"),
        both("form-data; name=a; filename=x; filename=y", "they let the first parameter win"),
        both("form-data; name=\"\"", "they yield parts without a name"),
        (
            disposed("form-data; name=a; filename*0=\"e\"; filename*1=\"vil\""),
            "it ignores extended parameters",
            "it ignores continuations and takes other charsets",
        ),
        (
            disposed("form-data; name=a; filename*=ISO-8859-1''%FC"),
            "it ignores extended parameters",
            "it ignores continuations and takes other charsets",
        ),
    ]);
}

#[test]
fn we_read_names_as_clients_mean_them() {
    check(&[
        (
            disposed("form-data; name=a; filename*=UTF-8''x.png; filename=\"y.png\""),
            "it does not know filename*",
            "agreed",
        ),
        (
            disposed("form-data; name=\"purpose; filename=evil.png\""),
            "it finds parameters inside quoted strings",
            "agreed",
        ),
        (
            disposed("form-data; NAME=\"file\"; FILENAME=\"a.png\""),
            "it compares parameter names with case",
            "agreed",
        ),
        (
            disposed("form-data; name=a; filename=\"a%22b.png\""),
            "it undoes no browser escape",
            "agreed",
        ),
        (
            disposed("form-data; name=a; filename=\"%2e.png\""),
            "agreed",
            "it undoes all percent encoding",
        ),
        (
            disposed(r#"form-data; name=a; filename="a\\b.png""#),
            "they undo no escaped backslash",
            "they undo no escaped backslash",
        ),
        (
            disposed("form-data; name=a; filename=\"a\0.png\""),
            "we hand control characters in a filename on to the rules",
            "we hand control characters in a filename on to the rules",
        ),
        (
            headed("Content-Type: nothing"),
            "they drop a type that they cannot read",
            "they drop a type that they cannot read",
        ),
        (
            headed("Content-Type: a/b; c"),
            "they drop a type that they cannot read",
            "they drop a type that they cannot read",
        ),
        (
            [disposed("form-data; name=a"), b" ".to_vec(), b"\n".to_vec()].concat(),
            "agreed",
            "agreed",
        ),
        (
            b"--XbX\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--XbX--\n".to_vec(),
            "agreed",
            "it wants CRLF before other white space at the end",
        ),
    ]);
}

#[test]
fn boundaries_are_read_alike_or_for_a_reason() {
    let read = |value: &str| {
        (
            Boundary::from_content_type(value.as_bytes()).err(),
            multer::parse_boundary(value).is_ok(),
            multra::parse_boundary(value).is_ok(),
        )
    };
    use BoundaryError::{Invalid, Malformed, Missing, NotMultipart, Repeated};
    for (value, expected) in [
        ("multipart/form-data; boundary=XbX", (None, true, true)),
        ("multipart/form-data; boundary=\"XbX\"", (None, true, true)),
        ("Multipart/Form-Data; Boundary=XbX", (None, true, true)),
        ("multipart/form-data; charset=utf-8; boundary=XbX", (None, true, true)),
        ("multipart/form-data; boundary=\"a:b\"", (None, true, true)),
        // RFC 9110 allows the empty parameter, which their type parser does not.
        ("multipart/form-data; ; boundary=XbX", (None, false, false)),
        ("multipart/mixed; boundary=XbX", (Some(NotMultipart), false, false)),
        ("multipart/form-data", (Some(Missing), false, false)),
        // Which of two boundaries holds is what a filter before us may see otherwise.
        ("multipart/form-data; boundary=a; boundary=b", (Some(Repeated), true, true)),
        ("multipart/form-data; boundary*=UTF-8''a", (Some(Repeated), false, false)),
        ("multipart/form-data; boundary=", (Some(Malformed), true, false)),
        ("multipart/form-data; boundary=\"\"", (Some(Invalid), false, false)),
        ("multipart/form-data; boundary=\"a@b\"", (Some(Invalid), true, false)),
        ("multipart/form-data; boundary=a b", (Some(Malformed), false, false)),
    ] {
        assert_eq!(read(value), expected, "{value}");
    }
    let long = format!("multipart/form-data; boundary={}", "b".repeat(71));
    assert_eq!(read(&long), (Some(Invalid), true, false));
}

fn disposition() -> impl Strategy<Value = String> {
    let names = ["name=a", "name=\"file\"", "name=\"a b\"", "NAME=a", "name=\"\"", "name=\"é;=\""];
    let others = [
        "filename=\"a.png\"",
        "filename=a.png",
        "filename=\"a%22b\"",
        "filename=\"%41\"",
        "filename=\"a\\\"b\"",
        "filename=\"a\\\\\"",
        "filename*=UTF-8''%C3%BC.png",
        "filename*=UTF-8''a(1).png",
        "FILENAME=\"b\"",
        "filename=\"x; name=y\"",
        "x=y",
        "filename=",
        "name=b",
        "filename*0=c",
        "x=\";\"",
        "filename=\"日本\"",
        "junk",
        "",
    ];
    (
        prop_oneof![20 => Just("form-data"), 1 => Just("attachment"), 1 => Just("FORM-DATA")],
        prop_oneof![20 => proptest::sample::select(names.to_vec()), 1 => Just("x=1")],
        vec(proptest::sample::select(others.to_vec()), 0..3),
        proptest::sample::select(vec!["; ", ";", " ; ", ";\t"]),
    )
        .prop_map(|(kind, name, others, separator)| {
            let mut fields = vec![kind, name];
            fields.extend(others);
            fields.join(separator)
        })
}

fn part() -> impl Strategy<Value = Vec<u8>> {
    let headers = [
        "Content-Type: image/png\r\n",
        "content-type: Text/Plain; charset=utf-8\r\n",
        "Content-Type: x\r\n",
        "Content-Length: 3\r\n",
        "Content-Transfer-Encoding: binary\r\n",
        "Content-Transfer-Encoding: base64\r\n",
        "X-Y: z\r\n",
        "X: \t y \t\r\n",
        "X:\r\n",
        "Content-Disposition: form-data; name=z\r\n",
        " folded\r\n",
        "X: y\n",
    ];
    let contents: [&[u8]; 13] = [
        b"abc",
        b"\r\n",
        b"\r",
        b"\n",
        b"\r\n--",
        b"\r\n--Xb",
        b"\r\n--XbY",
        b"--XbX",
        b"\n--XbX",
        b"XbX--",
        b"\0\xff",
        b"\r\n\r\n",
        b"\r\n-",
    ];
    (
        disposition(),
        prop_oneof![
            3 => Just(vec![]),
            1 => vec(proptest::sample::select(headers.to_vec()), 1..4),
        ],
        vec(proptest::sample::select(contents.to_vec()), 0..6),
        prop_oneof![20 => Just(""), 1 => Just(" "), 1 => Just("\t  "), 1 => Just("x")],
    )
        .prop_map(|(disposition, headers, contents, padding)| {
            let head = format!("{padding}\r\nContent-Disposition: {disposition}\r\n");
            let headers = headers.concat();
            [head.as_bytes(), headers.as_bytes(), b"\r\n", &contents.concat(), b"\r\n"].concat()
        })
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let starts = ["", "\r\n", "junk", "junk\r\n", " ", "\r\n\r\n"];
    let ends = ["--", "--\r\n", "--\r\n\r\n", "-- \r\n", "--\n", "--x", "-", "", "\r\n", " --"];
    (
        prop_oneof![9 => Just(""), 1 => proptest::sample::select(starts.to_vec())],
        prop_oneof![20 => vec(part(), 0..5), 1 => vec(part(), 15..18)],
        prop_oneof![9 => Just("--\r\n"), 3 => proptest::sample::select(ends.to_vec())],
        vec((any::<prop::sample::Index>(), 0..3_u8, any::<u8>()), 0..3),
        prop_oneof![4 => Just(false), 1 => Just(true)],
    )
        .prop_map(|(start, parts, end, changes, is_mutant)| {
            let mut body = start.as_bytes().to_vec();
            for part in parts {
                body.extend_from_slice(b"--XbX");
                body.extend_from_slice(&part);
            }
            body.extend_from_slice(b"--XbX");
            body.extend_from_slice(end.as_bytes());
            for (index, kind, byte) in changes.into_iter().filter(|_| is_mutant) {
                let at = index.index(body.len());
                match kind {
                    0 => drop(body.remove(at)),
                    1 => body[at] = byte,
                    _ => body.insert(at, byte),
                }
            }
            body
        })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1_500, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn every_disagreement_has_a_reason(body in body()) {
        compare(Peer::Multer, &body);
        compare(Peer::Multra, &body);
    }
}
