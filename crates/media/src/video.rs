//! Video containers.

mod crc;
mod field;
mod padding;

#[cfg(test)]
mod checks;

pub(crate) mod asf;
pub(crate) mod avi;
pub(crate) mod flv;
pub(crate) mod matroska;
pub(crate) mod mp4;
pub(crate) mod mpeg;
pub(crate) mod mpeg_ts;
pub(crate) mod ogg;
