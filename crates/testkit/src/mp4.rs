//! mp4 files.
