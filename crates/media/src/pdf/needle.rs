//! Finds one short pattern in bytes that come in pieces.

use memchr::memmem::Finder;

/// A pattern and how much of it the bytes so far end with.
#[derive(Debug)]
pub(super) struct Needle {
    pattern: &'static [u8],
    finder: Finder<'static>,
    matched: usize,
}

impl Needle {
    pub(super) fn new(pattern: &'static [u8]) -> Self {
        Self { pattern, finder: Finder::new(pattern), matched: 0 }
    }

    /// The pattern's first bytes that the bytes so far end with.
    pub(super) fn held(&self) -> &'static [u8] {
        self.pattern.get(..self.matched).unwrap_or_default()
    }

    /// Looks for the pattern, also across pieces; answers how many of `bytes` it takes to get to
    /// its end. Without an answer all of `bytes` are looked at.
    pub(super) fn find(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut rest = bytes;
        while self.matched > 0
            && let Some((&byte, tail)) = rest.split_first()
        {
            rest = tail;
            if self.step(byte) {
                return Some(bytes.len() - rest.len());
            }
        }
        if let Some(start) = self.finder.find(rest) {
            self.matched = 0;
            return Some(bytes.len() - rest.len() + start + self.pattern.len());
        }
        let tail = rest.len().saturating_sub(self.pattern.len() - 1);
        for &byte in rest.get(tail..).unwrap_or_default() {
            let _never_whole = self.step(byte);
        }
        None
    }

    /// Takes one byte (Knuth, Morris, Pratt); true at the end of the pattern.
    fn step(&mut self, byte: u8) -> bool {
        while self.matched > 0 && self.pattern.get(self.matched) != Some(&byte) {
            self.matched = self.border(self.matched);
        }
        if self.pattern.get(self.matched) == Some(&byte) {
            self.matched += 1;
        }
        if self.matched == self.pattern.len() {
            self.matched = 0;
            return true;
        }
        false
    }

    /// The longest proper prefix of the first `n` bytes that is also their suffix.
    fn border(&self, n: usize) -> usize {
        let head = self.pattern.get(..n).unwrap_or_default();
        (0..n).rev().find(|&k| head.get(..k).is_some_and(|h| head.ends_with(h))).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::Needle;

    #[test]
    fn a_pattern_is_found_wherever_the_pieces_part() {
        for text in ["endstream", "xendsendstreamy", "eeendstendstreamendstream", "endstrea"] {
            let expected: Vec<usize> =
                text.match_indices("endstream").map(|(start, _)| start + 9).collect();
            for piece in 1..=text.len() {
                let mut needle = Needle::new(b"endstream");
                let mut found = Vec::new();
                let mut at = 0;
                for mut rest in text.as_bytes().chunks(piece) {
                    while let Some(n) = needle.find(rest) {
                        at += n;
                        found.push(at);
                        rest = &rest[n..];
                    }
                    at += rest.len();
                }
                assert_eq!(found, expected, "{text} in pieces of {piece}");
            }
        }
    }
}
