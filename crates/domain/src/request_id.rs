//! The name of one request, which its answer, the log and the audit share.

use std::fmt;
use std::sync::Arc;

/// The id of a request: the caller's own or one of ours. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The most characters.
    pub const CHARS_MAX: usize = 128;

    /// Takes 1 to [`RequestId::CHARS_MAX`] visible ASCII characters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=Self::CHARS_MAX).contains(&text.len());
        (fits && text.bytes().all(|b| b.is_ascii_graphic())).then(|| Self(text.into()))
    }

    /// The id as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_visible_ascii_of_a_bounded_length() {
        let longest = "x".repeat(128);
        for text in ["a", "req-1/~", &longest] {
            assert_eq!(RequestId::parse(text).map(|id| id.to_string()).as_deref(), Some(text));
        }
        for text in ["", "a b", "a\n", "é", "\u{7f}", &"x".repeat(129)] {
            assert_eq!(RequestId::parse(text), None, "{text:?}");
        }
    }
}
