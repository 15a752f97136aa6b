//! Numbers of fixed width inside bytes that may be too few for them.

use std::time::Duration;

use crate::{Facts, Fault, Limits};

/// The `N` bytes at `at`.
pub(crate) fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

pub(crate) fn le16(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_le_bytes)
}

pub(crate) fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_le_bytes)
}

pub(crate) fn le64(bytes: &[u8], at: usize) -> Option<u64> {
    array(bytes, at).map(u64::from_le_bytes)
}

pub(crate) fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_be_bytes)
}

pub(crate) fn be24(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(|[a, b, c]| u32::from_be_bytes([0, a, b, c]))
}

pub(crate) fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_be_bytes)
}

/// Milliseconds of `ticks` units of `numerator / denominator` seconds each.
pub(crate) fn millis(ticks: u64, numerator: u64, denominator: u64) -> Option<u64> {
    let scaled = u128::from(ticks) * u128::from(numerator).checked_mul(1000)?;
    u64::try_from(scaled.checked_div(u128::from(denominator))?).ok()
}

/// Milliseconds of a positive number of seconds.
pub(crate) fn millis_of_seconds(seconds: f64) -> Option<u64> {
    let duration = Duration::try_from_secs_f64(seconds).ok()?;
    u64::try_from(duration.as_millis()).ok().filter(|millis| *millis > 0)
}

/// The picture size of a video track; containers that do not know it say zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    /// In pixels.
    pub(crate) width: u64,
    /// In pixels.
    pub(crate) height: u64,
}

impl Size {
    pub(crate) fn is_known(self) -> bool {
        self.width > 0 && self.height > 0
    }

    /// Writes a known size into the facts, unless it is more than the limits permit.
    pub(crate) fn record(self, limits: &Limits, facts: &mut Facts) -> Result<(), Fault> {
        if self.is_known() {
            limits.check_pixels(self.width, self.height)?;
            facts.width = u32::try_from(self.width).ok();
            facts.height = u32::try_from(self.height).ok();
        }
        Ok(())
    }
}
