//! Watches for a second format in the same bytes, beside the walker of the first.

use crate::{Foreign, Kind};

#[derive(Debug)]
pub(crate) struct Polyglot {}

impl Polyglot {
    pub(crate) fn new() -> Self {
        Self {}
    }

    pub(crate) fn push(&mut self, _bytes: &[u8]) {}

    /// The other format that the file also is, given what it was recognised as.
    pub(crate) fn finish(&self, _kind: Kind) -> Option<Foreign> {
        None
    }
}
