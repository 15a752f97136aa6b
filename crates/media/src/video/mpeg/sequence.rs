//! The sequence header of MPEG-1 and MPEG-2 video (ISO 11172-2, 13818-2: 6.2.2.1).

use crate::video::field::{self, Size};

/// The fields up to the quantiser matrices.
pub(super) const SEQUENCE_LEN: usize = 8;

/// What a sequence header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sequence {
    /// The low 12 bits of each side, which is all of it below 4096 pixels.
    pub(super) size: Size,
}

impl Sequence {
    /// Reads the fields behind the start code; `None` when it is not valid or not whole.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let sides = field::be24(bytes, 0)?;
        let [shape_and_rate, _, _, marker] = field::array(bytes, 3)?;
        let size = Size { width: u64::from(sides >> 12), height: u64::from(sides & 0xFFF) };
        let shape = shape_and_rate >> 4;
        let rate = shape_and_rate & 0x0F;
        let is_valid = size.is_known() && shape > 0 && rate > 0 && marker & 0x20 != 0;
        is_valid.then_some(Self { size })
    }
}
