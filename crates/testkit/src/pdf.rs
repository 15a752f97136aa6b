//! pdf files.
