//! The PDF walker, reached by every input.

#![no_main]

mod walk;

use dossier_media::{Kind, MediaType};
use libfuzzer_sys::fuzz_target;

const MAGIC: &[u8] = b"%PDF-";

fuzz_target!(|bytes: &[u8]| {
    let rest = bytes.strip_prefix(MAGIC).unwrap_or(bytes);
    let findings = walk::walk(&[MAGIC, rest].concat());
    assert_eq!(findings.kind, Kind::Known(MediaType::Pdf));
});
