//! A PDF whose only object is a stream of objects, made of the input: its dictionary up to the
//! first line feed, then its bytes.

#![no_main]

mod walk;

use dossier_media::{Kind, MediaType};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut halves = bytes.splitn(2, |&byte| byte == b'\n');
    let entries = halves.next().unwrap_or_default();
    let content = halves.next().unwrap_or_default();
    let file = [
        b"%PDF-1.7\n1 0 obj<</Type/ObjStm/Length ".as_slice(),
        content.len().to_string().as_bytes(),
        entries,
        b">>stream\n",
        content,
        b"\nendstream endobj\ntrailer<</Root 2 0 R>>\nstartxref\n0\n%%EOF\n",
    ]
    .concat();
    assert_eq!(walk::walk(&file).kind, Kind::Known(MediaType::Pdf));
});
