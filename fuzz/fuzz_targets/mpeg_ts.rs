//! The transport stream walker, reached by every input of five packets.

#![no_main]

mod walk;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut file = bytes.to_vec();
    // Plain packets start with the sync byte, others with the time of arrival.
    let (first, size) = if bytes.first() == Some(&0x47) { (0, 188) } else { (4, 192) };
    for nth in 0..5 {
        let Some(sync) = file.get_mut(first + nth * size) else { return };
        *sync = 0x47;
    }
    // The kind is not asserted: what stands between the sync bytes may be a stronger signature.
    walk::walk(&file);
});
