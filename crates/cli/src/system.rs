//! The system's clock and randomness: made here, and handed in everywhere else.

use dossier_app::Clock;
use dossier_domain::Timestamp;
use dossier_seal::SystemEntropy;

/// The system's clock.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that makes the clock")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let micros = since.map(|since| since.as_micros()).unwrap_or_default();
        Timestamp::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
    }
}

/// The system's randomness.
#[expect(clippy::disallowed_methods, reason = "the one place that makes the randomness")]
pub(crate) fn entropy() -> SystemEntropy {
    SystemEntropy::new()
}
