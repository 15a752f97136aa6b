//! When an attempt that failed is made again.

use std::time::Duration;

/// The pauses after the first attempts.
const FIRST_PAUSES: [Duration; 6] = [
    Duration::from_secs(2),
    Duration::from_secs(10),
    Duration::from_secs(60),
    Duration::from_secs(5 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(2 * 60 * 60),
];
/// The pause after each later one, and how often: for three days.
const LATER_PAUSE: Duration = Duration::from_secs(6 * 60 * 60);
const LATER_PAUSES: usize = 12;

/// How long to wait after the attempt of this number, from 1; `None` after the last.
pub(super) fn pause_after(attempts: u32) -> Option<Duration> {
    let index = usize::try_from(attempts.saturating_sub(1)).ok()?;
    let later = index < FIRST_PAUSES.len() + LATER_PAUSES;
    FIRST_PAUSES.get(index).copied().or(later.then_some(LATER_PAUSE))
}

/// A tenth more or less, so that what failed together does not come back together.
pub(super) fn with_jitter(pause: Duration, random: [u8; 2]) -> Duration {
    let per_mille = 900 + u32::from(u16::from_be_bytes(random)) % 201;
    pause * per_mille / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_grow_to_six_hours_and_end_after_three_days_of_them() {
        let pauses: Vec<_> = (1..).map_while(pause_after).map(|p| p.as_secs()).collect();
        assert_eq!(pauses.get(..7), Some([2, 10, 60, 300, 1800, 7200, 21_600].as_slice()));
        assert_eq!(pauses.len(), 18);
        assert_eq!(pauses.iter().skip(6).sum::<u64>(), 3 * 24 * 60 * 60);
        assert_eq!(pause_after(u32::MAX), None);
    }

    #[test]
    fn jitter_is_a_tenth_at_the_most() {
        let hour = Duration::from_secs(3600);
        for random in 0..=u16::MAX {
            let pause = with_jitter(hour, random.to_be_bytes());
            assert!((3240..=3960).contains(&pause.as_secs()), "{random}");
        }
        assert_ne!(with_jitter(hour, [0, 0]), with_jitter(hour, [0, 200]));
    }
}
