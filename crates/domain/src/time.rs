//! Points in time. The clock itself is handed in from outside.

use std::fmt;
use std::time::Duration;

/// In microseconds.
const SECOND: i64 = 1_000_000;

/// A point in time: microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The time `micros` microseconds after the epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// This time plus `span`, saturating at the ends of the range.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }

    /// This time minus `span`, saturating at the ends of the range.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }

    /// The last moment that is written like this one: answers give whole seconds.
    #[must_use]
    pub const fn end_of_second(self) -> Self {
        Self(self.0 - self.0.rem_euclid(SECOND) + SECOND - 1)
    }

    /// The first moment at or after this one that is a whole second.
    #[must_use]
    pub const fn whole_second(self) -> Self {
        Self(Self(self.0 - 1).end_of_second().0 + 1)
    }

    /// Reads RFC 3339 (any offset, fractions allowed).
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        text.parse::<jiff::Timestamp>().ok().map(|t| Self(t.as_microsecond()))
    }
}

/// RFC 3339 in UTC, whole seconds, `+00:00`: `2026-07-20T08:14:20+00:00`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.div_euclid(1_000_000);
        let time = jiff::Timestamp::from_second(seconds).unwrap_or(if seconds < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        });
        let civil = jiff::tz::Offset::UTC.to_datetime(time);
        write!(f, "{:04}-{:02}-{:02}", civil.year(), civil.month(), civil.day())?;
        write!(f, "T{:02}:{:02}:{:02}+00:00", civil.hour(), civil.minute(), civil.second())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_utc_with_whole_seconds() {
        let time = Timestamp::parse_rfc3339("2026-07-20T10:14:20.999+02:00").unwrap();
        assert_eq!(time.to_string(), "2026-07-20T08:14:20+00:00");
        assert_eq!(Timestamp::from_micros(-1).to_string(), "1969-12-31T23:59:59+00:00");
        assert_eq!(Timestamp::parse_rfc3339("yesterday"), None);
    }

    #[test]
    fn a_second_is_all_that_is_written_alike() {
        for (micros, end, whole) in [
            (0, 999_999, 0),
            (1, 999_999, 1_000_000),
            (999_999, 999_999, 1_000_000),
            (1_000_000, 1_999_999, 1_000_000),
            (-1, -1, 0),
            (-1_000_000, -1, -1_000_000),
        ] {
            let time = Timestamp::from_micros(micros);
            assert_eq!(time.end_of_second().micros(), end, "{micros}");
            assert_eq!(time.whole_second().micros(), whole, "{micros}");
            assert_eq!(time.to_string(), time.end_of_second().to_string());
        }
    }
}
