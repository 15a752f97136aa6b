//! jpeg files.
