//! Trying again when the service is busy, away, or lost half-way. Safe because every exchange that
//! goes through here may be repeated: uploads carry an idempotency key.

use std::time::Duration;

use super::Api;
use super::failure::Failure;

/// Tries in all.
const TRIES_MAX: u32 = 6;
/// Doubled after every try: 0.5, 1, 2, 4, 8 seconds.
const PAUSE_FIRST: Duration = Duration::from_millis(500);
/// A service that asks for more patience than this is told on to the user instead.
const PAUSE_MAX: Duration = Duration::from_secs(120);
/// Shorter pauses are not worth a word.
const PAUSE_SILENT_MAX: Duration = Duration::from_millis(500);

impl Api {
    /// Runs the exchange until it succeeds, cannot succeed, or patience ends.
    pub(crate) async fn patiently<T>(
        &self,
        mut exchange: impl AsyncFnMut() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut tries = 1;
        loop {
            let failure = match exchange().await {
                Ok(value) => return Ok(value),
                Err(failure) => failure,
            };
            let pause = match &failure {
                Failure::Refused(refusal) if refusal.may_pass() => {
                    refusal.retry_after.unwrap_or_else(|| backoff(tries))
                }
                Failure::Lost { .. } => backoff(tries),
                Failure::Refused(_) | Failure::Broken(_) | Failure::Local(_) => {
                    return Err(failure);
                }
            };
            if tries == TRIES_MAX || pause > PAUSE_MAX {
                return Err(failure);
            }
            if pause > PAUSE_SILENT_MAX {
                let text = failure.to_string();
                let what = text.lines().next().unwrap_or_default();
                self.progress.complain(&format!("{what}; trying again in {} s", pause.as_secs()));
            }
            tries += 1;
            tokio::time::sleep(pause).await;
        }
    }
}

fn backoff(tries: u32) -> Duration {
    PAUSE_FIRST * 2_u32.saturating_pow(tries - 1)
}
