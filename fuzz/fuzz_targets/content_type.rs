//! Any `Content-Type`: no panic, and a boundary that is read makes a parser that works.

#![no_main]

use bytes::Bytes;
use dossier_multipart::{Boundary, Limits, Parser, content_digest_sha256};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|value: &[u8]| {
    let _ = content_digest_sha256(value);
    let Ok(boundary) = Boundary::from_content_type(value) else { return };
    let mut parser = Parser::new(&boundary, Limits::default());
    parser.push(Bytes::from_static(b"--"));
    assert_eq!(parser.next_event(), Ok(None));
    assert!(parser.finish().is_err());
});
