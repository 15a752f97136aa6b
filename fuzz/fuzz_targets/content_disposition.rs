//! Any `Content-Disposition`: no panic, and what was read can be written and read again.

#![no_main]

use bytes::Bytes;
use dossier_multipart::{Boundary, Event, Filename, Limits, Parser, PartHead};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|value: &[u8]| {
    let Some(head) = read(value) else { return };
    assert!(!head.name.is_empty());
    assert!(head.name.len() <= value.len());
    let Some(Filename::Text(filename)) = &head.filename else { return };
    assert!(filename.len() <= value.len());

    let mut extended = format!("form-data; name=\"{}\"; filename*=UTF-8''", quote(&head.name));
    extended.extend(filename.bytes().map(|byte| format!("%{byte:02x}")));
    let mut plain = format!("form-data; name=\"{}\"", quote(&head.name)).into_bytes();
    plain.extend_from_slice(b"; filename=\"");
    plain.extend_from_slice(quote(filename).as_bytes());
    plain.push(b'"');
    for written in [extended.into_bytes(), plain] {
        // Writing may triple the length, past the limit on the header block.
        if written.len() < 8_000 && !has_literal_escape(&head.name) && !has_literal_escape(filename)
        {
            let again = read(&written).expect("a value of our own is readable");
            assert_eq!((&again.name, &again.filename), (&head.name, &head.filename));
        }
    }
});

/// Reads the value as the only header of a part.
fn read(value: &[u8]) -> Option<PartHead> {
    let boundary = Boundary::from_content_type(b"multipart/form-data; boundary=XbX");
    let mut parser = Parser::new(&boundary.expect("a valid boundary"), Limits::default());
    parser.push(Bytes::from([b"--XbX\r\nContent-Disposition: ", value, b"\r\n\r\n"].concat()));
    match parser.next_event() {
        Ok(Some(Event::PartStart(head))) => Some(head),
        Ok(Some(event)) => panic!("{event:?} before a part"),
        Ok(None) | Err(_) => None,
    }
}

/// Writes as a browser does, and backslashes as curl does.
fn quote(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

/// What no browser can write: the escape is not itself escaped.
fn has_literal_escape(text: &str) -> bool {
    ["%22", "%0D", "%0A"].iter().any(|escape| text.contains(escape))
}
