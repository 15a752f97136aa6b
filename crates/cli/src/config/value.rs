//! How values are written: lengths of time, sizes, numbers, words, addresses.

use std::net::SocketAddr;
use std::time::Duration;

use super::setting::{Bounds, Kind};

/// Why a value is refused and what to write instead, each as a clause.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Complaint {
    pub(crate) what: String,
    pub(crate) fix: String,
}

impl Complaint {
    pub(crate) fn new(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what: what.into(), fix: fix.into() }
    }
}

/// An IP address and a port.
pub(crate) fn address(text: &str) -> Result<SocketAddr, Complaint> {
    text.parse().map_err(|_| {
        Complaint::new(
            "this is not an IP address and a port",
            "Write it like 127.0.0.1:8080, 0.0.0.0:8080 or [::]:8080",
        )
    })
}

/// `true` or `false`.
pub(crate) fn switch(text: &str) -> Result<bool, Complaint> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(Complaint::new("this is neither true nor false", "Write `true` or `false`")),
    }
}

/// A number of the kind's unit (milliseconds, bytes, or one) inside its bounds.
pub(crate) fn number(text: &str, kind: Kind) -> Result<u64, Complaint> {
    let (bounds, units) = match kind {
        Kind::Duration(bounds) => (bounds, DURATION_UNITS),
        Kind::Bytes(bounds) => (bounds, BYTE_UNITS),
        Kind::Count(bounds) => (bounds, COUNT_UNITS),
        Kind::Address | Kind::Path | Kind::Url | Kind::Command | Kind::Secret | Kind::Switch => {
            (ANY, COUNT_UNITS)
        }
        Kind::Choice(_) => (ANY, COUNT_UNITS),
    };
    let value = scaled(text, units.0).ok_or_else(|| {
        Complaint::new(format!("this is not {}", units.1), format!("Write {}", units.2))
    })?;
    if (bounds.min..=bounds.max).contains(&value) {
        return Ok(value);
    }
    let what = if value < bounds.min { "this is too small" } else { "this is too large" };
    let [min, max] = [bounds.min, bounds.max].map(|bound| written(bound, kind));
    Err(Complaint::new(what, format!("Write a value from {min} to {max}")))
}

/// A length of time inside these bounds, in milliseconds, for a flag that is no setting.
pub(crate) fn length_of_time(text: &str, bounds: Bounds) -> Result<Duration, String> {
    let ms = number(text, Kind::Duration(bounds));
    ms.map(Duration::from_millis).map_err(|Complaint { what, fix }| format!("{what}. {fix}"))
}

/// A number of the kind's unit as a user would write it.
pub(crate) fn written(number: u64, kind: Kind) -> String {
    if matches!(kind, Kind::Duration(_)) { duration(number) } else { number.to_string() }
}

fn duration(ms: u64) -> String {
    DURATION_UNITS
        .0
        .iter()
        .rev()
        .find(|(_, factor)| ms >= *factor && ms.is_multiple_of(*factor))
        .map_or_else(|| format!("{ms}ms"), |(unit, factor)| format!("{}{unit}", ms / factor))
}

/// Units with their factors, what such a value is called, and how it is written.
type Units = (&'static [(&'static str, u64)], &'static str, &'static str);

/// A length of time without a unit is refused: ten what?
const DURATION_UNITS: Units = (
    &[("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)],
    "a length of time",
    "a number with its unit, like `500ms`, `30s`, `15m` or `2h`",
);

/// Decimal units are left out: `MB` means two things.
const BYTE_UNITS: Units = (
    &[("", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)],
    "a size",
    "a number of bytes, or a number with its unit, like `200MiB`",
);

const COUNT_UNITS: Units = (&[("", 1)], "a whole number", "digits only");

const ANY: Bounds = Bounds { min: 0, max: u64::MAX };

fn scaled(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits_end = text.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(text.len());
    let (digits, unit) = text.split_at(digits_end);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit.trim_start_matches(' '))?;
    digits.replace('_', "").parse::<u64>().ok()?.checked_mul(*factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_the_units_of_their_kind() {
        for (text, kind, value) in [
            ("10s", Kind::Duration(ANY), 10_000),
            ("500ms", Kind::Duration(ANY), 500),
            ("2 h", Kind::Duration(ANY), 7_200_000),
            ("15m", Kind::Duration(ANY), 900_000),
            ("209_715_200", Kind::Bytes(ANY), 209_715_200),
            ("200MiB", Kind::Bytes(ANY), 209_715_200),
            ("10000", Kind::Count(ANY), 10_000),
        ] {
            assert_eq!(number(text, kind), Ok(value), "{text}");
        }
    }

    #[test]
    fn ambiguous_overflowing_and_foreign_numbers_are_refused() {
        for (text, kind) in [
            ("10", Kind::Duration(ANY)),
            ("1.5h", Kind::Duration(ANY)),
            ("-1s", Kind::Duration(ANY)),
            ("", Kind::Duration(ANY)),
            ("s", Kind::Duration(ANY)),
            ("10MB", Kind::Bytes(ANY)),
            ("18446744073709551615KiB", Kind::Bytes(ANY)),
            ("18446744073709551616", Kind::Bytes(ANY)),
            ("5s", Kind::Count(ANY)),
            ("٣", Kind::Count(ANY)),
            ("_", Kind::Count(ANY)),
        ] {
            assert!(number(text, kind).is_err(), "{text}");
        }
    }

    #[test]
    fn bounds_are_inclusive() {
        let kind = Kind::Duration(Bounds { min: 2_000, max: 3_000 });
        assert!(number("2s", kind).is_ok() && number("3s", kind).is_ok());
        assert_eq!(number("1999ms", kind).unwrap_err().fix, "Write a value from 2s to 3s");
        assert_eq!(number("3001ms", kind).unwrap_err().what, "this is too large");
    }
}
