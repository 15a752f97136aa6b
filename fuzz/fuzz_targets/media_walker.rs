//! Any bytes: no panic, and the outcome does not depend on how they are pushed.

#![no_main]

mod walk;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    walk::walk(file);
});
