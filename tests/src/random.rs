//! Random numbers that a seed repeats.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::ops::Range;

/// A stream of random numbers (xorshift64*).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The stream of `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A seed that no run before had.
    #[must_use]
    pub fn fresh_seed() -> u64 {
        RandomState::new().build_hasher().finish() >> 16
    }

    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number of `range`, which is not empty.
    pub fn within(&mut self, range: Range<usize>) -> usize {
        let span = u64::try_from(range.len()).expect("a length fits into 64 bits");
        range.start + usize::try_from(self.next() % span).expect("it is less than a length")
    }
}
