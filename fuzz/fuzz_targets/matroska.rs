//! The Matroska walker, reached by every input.

#![no_main]

mod walk;

use dossier_media::{Kind, MediaType};
use libfuzzer_sys::fuzz_target;

const MAGIC: &[u8] = b"\x1A\x45\xDF\xA3";

fuzz_target!(|bytes: &[u8]| {
    let rest = bytes.strip_prefix(MAGIC).unwrap_or(bytes);
    let findings = walk::walk(&[MAGIC, rest].concat());
    let known = [MediaType::Matroska, MediaType::WebM].map(Kind::Known);
    assert!(known.contains(&findings.kind));
});
