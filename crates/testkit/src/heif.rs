//! heif files.
