//! Zeros after the last structure, as file systems of cameras and cards leave them.

use crate::Fault;
use crate::feed::Step;

/// One allocation unit of a large memory card.
pub(crate) const PADDING_MAX: u64 = 32 * 1024;

/// Counts trailing zeros and refuses everything else.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Padding {
    taken: u64,
}

impl Padding {
    /// Takes bytes that stand after the last structure.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Result<Step, Fault> {
        self.taken += bytes.len() as u64;
        if self.taken > PADDING_MAX || bytes.iter().any(|byte| *byte != 0) {
            return Err(Fault::Malformed("bytes after the end of the video"));
        }
        Ok(Step::Consumed(bytes.len()))
    }
}
