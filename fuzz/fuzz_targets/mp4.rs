//! The ISO base media walker over movies, reached by every input.

#![no_main]

mod walk;

use dossier_media::Kind;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let file = [b"\0\0\0\x10ftypisom\0\0\0\0".as_slice(), bytes].concat();
    let findings = walk::walk(&file);
    assert_ne!(findings.kind, Kind::Unknown);
});
