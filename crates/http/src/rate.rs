//! The optional rate limit: a token bucket for each client.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use axum::http::{HeaderName, HeaderValue};
use dossier_domain::{ClientId, Code};

use crate::problem::ApiError;

/// Admits requests of a client up to so many a minute, in bursts of up to a minute's worth.
pub(crate) struct RateLimit {
    per_minute: Option<u32>,
    buckets: Mutex<HashMap<ClientId, Bucket>>,
}

struct Bucket {
    tokens: f64,
    filled: Instant,
}

impl RateLimit {
    /// No limit when `per_minute` is `None`.
    pub(crate) fn new(per_minute: Option<u32>) -> Self {
        Self { per_minute, buckets: Mutex::default() }
    }

    /// Takes one token of the client's bucket. There are at most as many buckets as clients, and
    /// the operator makes each client himself.
    pub(crate) fn admit(&self, client: ClientId) -> Result<(), TooFast> {
        let Some(limit) = self.per_minute else { return Ok(()) };
        let now = Instant::now();
        let full = f64::from(limit);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(client).or_insert(Bucket { tokens: full, filled: now });
        let elapsed = now.duration_since(bucket.filled).as_secs_f64();
        bucket.tokens = (bucket.tokens + elapsed * full / 60.0).min(full);
        bucket.filled = now;
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return Ok(());
        }
        let wait = whole_seconds((1.0 - bucket.tokens) * 60.0 / full);
        Err(TooFast { limit, wait })
    }
}

/// Too many requests of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooFast {
    /// How many there may be: a minute, or at a time.
    pub(crate) limit: u32,
    /// Seconds until the next one may come.
    pub(crate) wait: u32,
}

/// Rounds up to whole seconds, at least one, at most a minute.
fn whole_seconds(seconds: f64) -> u32 {
    (1..60).find(|whole| f64::from(*whole) >= seconds).unwrap_or(60)
}

impl TooFast {
    /// When to come back, in the spellings that clients look for.
    pub(crate) fn headers(self) -> [(HeaderName, HeaderValue); 7] {
        let Self { limit, wait } = self;
        [
            ("retry-after", wait),
            ("ratelimit-limit", limit),
            ("ratelimit-remaining", 0),
            ("ratelimit-reset", wait),
            ("x-ratelimit-limit", limit),
            ("x-ratelimit-remaining", 0),
            ("x-ratelimit-reset", wait),
        ]
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from(value)))
    }

    /// 429 with these headers.
    pub(crate) fn refuse(self, detail: String) -> ApiError {
        let error = ApiError::new(Code::RequestRateLimited, detail);
        self.headers()
            .into_iter()
            .fold(error, |error, (name, value)| error.with_header(name, value))
    }
}

impl From<TooFast> for ApiError {
    fn from(error: TooFast) -> Self {
        let detail = format!("The limit is {} requests a minute.", error.limit);
        error.refuse(detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(byte: u8) -> ClientId {
        ClientId::from_bytes([byte; 16])
    }

    #[test]
    fn a_client_over_its_limit_is_refused_and_another_is_not() {
        let rate = RateLimit::new(Some(2));
        assert!(rate.admit(client(1)).is_ok());
        assert!(rate.admit(client(1)).is_ok());
        assert_eq!(rate.admit(client(1)), Err(TooFast { limit: 2, wait: 30 }));
        assert!(rate.admit(client(2)).is_ok());
    }

    #[test]
    fn out_of_the_box_nobody_is_limited() {
        let rate = RateLimit::new(None);
        assert!((0..1000).all(|_| rate.admit(client(1)).is_ok()));
    }
}
