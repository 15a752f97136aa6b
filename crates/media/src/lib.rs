//! What a document file is, and whether it is whole.
//!
//! Bytes are pushed in, in pieces of any size; one pass answers the media type, the structure
//! faults and a few facts. Nothing here decodes pixels, follows references or does I/O.

mod feed;
mod finding;
mod image;
mod isobmff;
mod json;
mod kind;
mod pdf;
mod polyglot;
mod signature;
mod video;
mod walker;

pub use finding::{Facts, Fault, Findings, Limits, Note};
pub use kind::{Foreign, Group, Kind, MediaType};
pub use walker::{Budget, ReadBack, Verdict, Walker};
