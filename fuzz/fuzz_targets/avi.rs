//! The AVI walker, reached by every input.

#![no_main]

mod walk;

use dossier_media::{Kind, MediaType};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if bytes.len() < 12 {
        return;
    }
    let mut file = bytes.to_vec();
    file.splice(..4, *b"RIFF");
    file.splice(8..12, *b"AVI ");
    let findings = walk::walk(&file);
    assert_eq!(findings.kind, Kind::Known(MediaType::Avi));
});
