//! A clock that a test sets, and randomness that is the same in every run.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use dossier_app::Clock;
use dossier_domain::Timestamp;
use dossier_seal::Entropy;

/// 2026-07-20T08:14:20Z, until a test moves it.
#[derive(Debug)]
pub(crate) struct TestClock(AtomicI64, AtomicBool);

impl TestClock {
    pub(crate) fn new() -> Self {
        let start = Timestamp::parse_rfc3339("2026-07-20T08:14:20Z").unwrap();
        Self(AtomicI64::new(start.micros()), AtomicBool::new(false))
    }

    /// Lets whoever asks for the time panic from now on.
    pub(crate) fn break_down(&self) {
        self.1.store(true, Ordering::Relaxed);
    }

    pub(crate) fn advance(&self, span: Duration) {
        self.0.fetch_add(i64::try_from(span.as_micros()).unwrap(), Ordering::Relaxed);
    }
}

/// What a broken clock says.
pub(crate) const CLOCK_PANIC: &str = "the clock of secret-4711 broke";

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        assert!(!self.1.load(Ordering::Relaxed), "{CLOCK_PANIC}");
        Timestamp::from_micros(self.0.load(Ordering::Relaxed))
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014): every draw differs, every run is the same.
#[derive(Debug, Default)]
pub(crate) struct SeededEntropy(AtomicU64);

impl SeededEntropy {
    /// What a new process draws: nothing that the one before drew.
    pub(crate) fn of_next_process() -> Self {
        Self(AtomicU64::new(1 << 40))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let step = 0x9E37_79B9_7F4A_7C15;
            let mut mixed = self.0.fetch_add(step, Ordering::Relaxed).wrapping_add(step);
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            mixed ^= mixed >> 31;
            chunk.copy_from_slice(&mixed.to_be_bytes()[..chunk.len()]);
        }
    }
}
