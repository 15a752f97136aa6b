//! Run-length coded pixels (GDI `BI_RLE8`, `BI_RLE4`): walked to their end marker, not painted.

use super::header::Unit;
use crate::Fault;
use crate::feed::Step;

/// Encoders repeat and overlap a little; a stream that paints this often never ends by itself.
const PAINTED_TIMES_MAX: u64 = 4;

/// Walks the codes of one picture.
#[derive(Debug)]
pub(super) struct Rle {
    unit: Unit,
    pixels: u64,
    painted: u64,
    codes: u64,
    over: bool,
}

impl Rle {
    /// For a picture of `pixels`.
    pub(super) fn new(unit: Unit, pixels: u64) -> Self {
        Self { unit, pixels, painted: 0, codes: 0, over: false }
    }

    /// Whether the end marker was seen.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// Whether there were runs for all pixels.
    pub(super) fn is_painted(&self) -> bool {
        self.painted >= self.pixels
    }

    /// Takes as many codes as `bytes` hold.
    pub(super) fn step(&mut self, bytes: &[u8]) -> Result<Step, Fault> {
        let mut at = 0;
        while let Some([count, value]) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
            let length = match (count, value) {
                (0, 0) => 2,
                (0, 1) => {
                    self.over = true;
                    return Ok(Step::Consumed(at + 2));
                }
                (0, 2) => 4,
                (0, literal) => 2 + self.literal(*literal),
                (run, _) => {
                    self.painted += u64::from(*run);
                    2
                }
            };
            self.codes += 1;
            let room = self.pixels * PAINTED_TIMES_MAX + 1024;
            if self.painted > room || self.codes > room {
                return Err(Fault::Malformed("the runs go on behind the last pixel"));
            }
            at += length;
        }
        // The last code may reach beyond what was shown; without one, the next is cut in two.
        match at {
            0 => Ok(Step::Need(2)),
            past => Ok(Step::Skip(past as u64)),
        }
    }

    /// Counts a row of single pixels and returns its bytes, padded to a whole word.
    fn literal(&mut self, count: u8) -> usize {
        self.painted += u64::from(count);
        let count = usize::from(count);
        let bytes = match self.unit {
            Unit::Nibble => count.div_ceil(2),
            Unit::Byte => count,
        };
        bytes.next_multiple_of(2)
    }
}
