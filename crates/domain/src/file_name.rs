//! Filenames: what a client calls its file. Only ever a database value, never a path.

/// A filename that keeps the rules of [`FileName::parse`].
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct FileName(String);

/// A rule that a filename breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameFault {
    /// Fewer or more characters than allowed; holds the count.
    Length(usize),
    /// The first character is a dot.
    LeadingDot,
    /// A path separator, control character, bidirectional control or invalid UTF-8.
    Character,
}

impl FileName {
    /// The fewest Unicode scalar values of a filename, extension included.
    pub const CHARS_MIN: usize = 3;
    /// The most Unicode scalar values of a filename, extension included.
    pub const CHARS_MAX: usize = 255;

    /// Takes the name exactly as it is, or says every rule that it breaks, in a fixed order.
    ///
    /// # Errors
    /// At least one [`NameFault`].
    pub fn parse(text: &str) -> Result<Self, Vec<NameFault>> {
        let chars = text.chars().count();
        let length = !(Self::CHARS_MIN..=Self::CHARS_MAX).contains(&chars);
        let faults: Vec<_> = [
            length.then_some(NameFault::Length(chars)),
            text.starts_with('.').then_some(NameFault::LeadingDot),
            text.contains(is_refused).then_some(NameFault::Character),
        ]
        .into_iter()
        .flatten()
        .collect();
        if faults.is_empty() { Ok(Self(text.to_owned())) } else { Err(faults) }
    }

    /// The name as it was received.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A filename is personal data: it never reaches a log by way of `Debug`.
impl std::fmt::Debug for FileName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FileName(…)")
    }
}

/// Path separators, control characters (Unicode category Cc, NUL among them) and the
/// bidirectional embeddings, overrides and isolates of UAX #9.
fn is_refused(c: char) -> bool {
    matches!(c, '/' | '\\' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}') || c.is_control()
}

/// The extension of a name: what follows the last dot, unless nothing does.
pub(crate) fn extension(name: &str) -> Option<&str> {
    name.rsplit_once('.').map(|(_, e)| e).filter(|e| !e.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_real_people_use_are_taken_as_they_are() {
        let long = format!("{}.png", "ü".repeat(251));
        for name in [
            "a.b",
            "日本語の免許証.jpg",
            "паспорт.pdf",
            "صورة.png",
            "💩💩💩",
            "   ",
            "passport",
            "%2e%2e%2fx.png",
            "CON.txt",
            "<img src=x onerror=1>.png",
            "-rf.png",
            "a\u{200F}b.png",
            long.as_str(),
        ] {
            assert_eq!(FileName::parse(name).unwrap().as_str(), name);
        }
    }

    #[test]
    fn every_broken_rule_is_named_in_order() {
        use NameFault::{Character, LeadingDot, Length};
        let too_long = "a".repeat(256);
        for (name, faults) in [
            ("", vec![Length(0)]),
            ("a1", vec![Length(2)]),
            (".a", vec![Length(2), LeadingDot]),
            ("./", vec![Length(2), LeadingDot, Character]),
            (".htaccess.png", vec![LeadingDot]),
            ("../../x.png", vec![LeadingDot, Character]),
            ("a\\b.png", vec![Character]),
            ("a.exe\0.png", vec![Character]),
            ("a\r\n.png", vec![Character]),
            ("a\u{85}b.png", vec![Character]),
            ("gpj.\u{202E}exe", vec![Character]),
            ("a\u{2066}b.png", vec![Character]),
            (too_long.as_str(), vec![Length(256)]),
        ] {
            assert_eq!(FileName::parse(name).unwrap_err(), faults, "{name:?}");
        }
    }

    #[test]
    fn a_name_never_shows_in_debug_output() {
        assert_eq!(format!("{:?}", FileName::parse("secret.pdf").unwrap()), "FileName(…)");
    }
}
