//! House rules of the sources, checked by the test in `tests/tidy.rs`.
