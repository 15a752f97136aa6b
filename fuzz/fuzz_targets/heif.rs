//! The HEIF walker, reached by every input.

#![no_main]

mod walk;

use dossier_media::Kind;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let file = [b"\0\0\0\x14ftypheic\0\0\0\0heic".as_slice(), bytes].concat();
    let findings = walk::walk(&file);
    assert_ne!(findings.kind, Kind::Unknown);
});
