//! Builders of small documents, valid and broken, for tests, benches and fuzz seeds.
//!
//! Every builder returns the bytes of one file. Nothing here reads the disk or the clock.

pub mod bmp;
pub mod heif;
pub mod jpeg;
pub mod json;
pub mod mp4;
pub mod pdf;
pub mod png;
pub mod video;
