//! The BMP walker, reached by every input.

#![no_main]

mod walk;

use dossier_media::{Kind, MediaType};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut file = bytes.to_vec();
    file.resize(file.len().max(18), 0);
    file[..2].copy_from_slice(b"BM");
    // The size of the second header must be one of those there are.
    let known = [12, 16, 40, 52, 56, 64, 108, 124];
    let size = known[usize::from(file[14]) % known.len()];
    if !known.contains(&file[14]) {
        file[14] = size;
    }
    file[15..18].fill(0);
    let findings = walk::walk(&file);
    assert_eq!(findings.kind, Kind::Known(MediaType::Bmp));
});
