//! Every stored byte of Dossier: stage, publish, read, erase, list.
//!
//! Bytes are sealed before they leave memory, and a blob lies under its final, random name from
//! its first byte on; only a row of the database gives that name a meaning. This crate knows
//! neither rows nor media: what looks at the text on its way is handed in as a [`Tap`].

mod buffer;
mod draft;
mod error;
mod flight;
mod folder;
mod job;
mod large;
mod local;
mod location;
mod pairs;
mod pool;
mod probe;
mod publisher;
mod read;
mod stage;
mod staged;
mod stock;
mod sweep;
mod tide;

pub use error::{PublishError, ReadError, StageError};
pub use flight::Flight;
pub use local::{Blobs, LocalOptions};
pub use location::{BadLocation, Location};
pub use read::TextStream;
pub use stage::{Staging, Tap};
pub use staged::{Published, Staged};
pub use sweep::{Page, Stored, Walk};
pub use tide::StoredMark;
