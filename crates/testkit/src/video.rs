//! Video containers, each with a few bytes of stand-in payload: nothing here decodes to pictures.

pub mod asf;
pub mod avi;
pub mod flv;
pub mod matroska;
pub mod mpeg;
pub mod mpeg_ts;
pub mod ogg;
