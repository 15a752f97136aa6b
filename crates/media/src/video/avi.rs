//! avi structure.

use crate::Limits;
use crate::walker::Format;

/// The structure walker.
pub(crate) fn format(_limits: &Limits) -> Box<dyn Format> {
    todo!("replaced by the walker")
}
