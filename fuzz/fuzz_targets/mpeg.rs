//! The MPEG walker, reached by every input.

#![no_main]

mod walk;

use dossier_media::{Kind, MediaType};
use libfuzzer_sys::fuzz_target;

/// Both layers start with two zeros and a one.
const PREFIX: &[u8] = b"\0\0\x01";
/// A pack of a program stream, and a sequence of an elementary one.
const CODES: [u8; 2] = [0xBA, 0xB3];

fuzz_target!(|bytes: &[u8]| {
    let rest = bytes.strip_prefix(PREFIX).unwrap_or(bytes);
    let (first, rest) = rest.split_first().unwrap_or((&0, rest));
    let code = if CODES.contains(first) { *first } else { CODES[usize::from(first % 2)] };
    let findings = walk::walk(&[PREFIX, &[code], rest].concat());
    assert_eq!(findings.kind, Kind::Known(MediaType::Mpeg));
});
