//! png files.
