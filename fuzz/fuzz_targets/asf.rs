//! The ASF walker, reached by every input.

#![no_main]

mod walk;

use dossier_media::{Kind, MediaType};
use libfuzzer_sys::fuzz_target;

const MAGIC: &[u8] = b"\x30\x26\xB2\x75\x8E\x66\xCF\x11\xA6\xD9\x00\xAA\x00\x62\xCE\x6C";

fuzz_target!(|bytes: &[u8]| {
    let rest = bytes.strip_prefix(MAGIC).unwrap_or(bytes);
    let findings = walk::walk(&[MAGIC, rest].concat());
    assert_eq!(findings.kind, Kind::Known(MediaType::Asf));
});
