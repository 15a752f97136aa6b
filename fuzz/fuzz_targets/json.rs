//! The JSON walker, reached by every input; what it accepts, `serde_json` reads.

#![no_main]

mod walk;

use dossier_media::{Fault, Kind, MediaType};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let rest = bytes.strip_prefix(b"[").unwrap_or(bytes);
    let text = match bytes.first() {
        Some(b'{') => bytes.to_vec(),
        Some(_) | None => [b"[", rest].concat(),
    };
    let findings = walk::walk(&text);
    let sound = match serde_json::from_slice::<serde_json::Value>(&text) {
        Ok(_) => true,
        // The grammar knows no range, and what follows such a number it did not read.
        Err(error) if error.to_string().starts_with("number out of range") => return,
        Err(_) => false,
    };
    let accepted = findings.kind == Kind::Known(MediaType::Json) && findings.faults.is_empty();
    assert!(sound || !accepted, "accepted what is no JSON");
    let stricter = |fault: &Fault| {
        let rules = ["name", "deeply", "too long", "surrogate"];
        matches!(fault, Fault::Malformed(rule) if rules.iter().any(|r| rule.contains(r)))
            || matches!(fault, Fault::TwoFormats(_))
    };
    if sound && !accepted && findings.kind == Kind::Known(MediaType::Json) {
        assert!(findings.faults.iter().any(stricter), "refused JSON: {findings:?}");
    }
});
