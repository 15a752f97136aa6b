//! Watches the raw bytes for object heads and trailers that the lexer does not come across: bytes
//! inside streams, strings and comments that another reader, led there by a cross-reference
//! entry, would take for objects.

use std::collections::VecDeque;

use super::lexer::is_white;
use super::needle::Needle;

/// How many bytes before `obj` are looked at.
const PAST_MAX: usize = 64;

#[derive(Debug)]
pub(super) struct Shadow {
    at: u64,
    past: Vec<u8>,
    object: Needle,
    trailer: Needle,
    /// Offsets right behind words that the lexer has yet to come across, ascending.
    objects: VecDeque<u64>,
    trailers: VecDeque<u64>,
    found: bool,
}

impl Shadow {
    pub(super) fn new() -> Self {
        Self {
            at: 0,
            past: Vec::new(),
            object: Needle::new(b"obj"),
            trailer: Needle::new(b"trailer"),
            objects: VecDeque::new(),
            trailers: VecDeque::new(),
            found: false,
        }
    }

    /// Looks at the next bytes, before the lexer does; the caller keeps pieces small, since every
    /// word in them is remembered until the lexer has passed it.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some(n) = self.object.find(rest) {
            rest = rest.get(n..).unwrap_or_default();
            let end = bytes.len() - rest.len();
            if self.may_head_an_object(bytes.get(..end).unwrap_or_default()) {
                self.objects.push_back(self.at + end as u64);
            }
        }
        let mut rest = bytes;
        while let Some(n) = self.trailer.find(rest) {
            rest = rest.get(n..).unwrap_or_default();
            self.trailers.push_back(self.at + (bytes.len() - rest.len()) as u64);
        }
        self.at += bytes.len() as u64;
        if bytes.len() >= PAST_MAX {
            self.past.clear();
        }
        self.past.extend(bytes.iter().skip(bytes.len().saturating_sub(PAST_MAX)));
        let old = self.past.len().saturating_sub(PAST_MAX);
        self.past.drain(..old);
    }

    /// The lexer came across `obj` as the head of an object; `end` is the offset behind it.
    pub(super) fn object_seen(&mut self, end: u64) {
        self.found |= seen(&mut self.objects, end);
    }

    /// The lexer came across `trailer`; `end` is the offset behind it.
    pub(super) fn trailer_seen(&mut self, end: u64) {
        self.found |= seen(&mut self.trailers, end);
    }

    /// The lexer is at `at`: it will not come across words before that any more.
    pub(super) fn passed(&mut self, at: u64) {
        self.found |= passed(&mut self.objects, at);
        self.found |= passed(&mut self.trailers, at);
    }

    /// True when the lexer passed over something that looks like an object or a trailer.
    pub(super) fn finish(&self) -> bool {
        self.found || !self.objects.is_empty() || !self.trailers.is_empty()
    }

    /// Judges what stands before an `obj` that ends `bytes`: two numbers, or a line end that may
    /// hide them behind a comment, or more white space than is looked at.
    fn may_head_an_object(&self, bytes: &[u8]) -> bool {
        let before = self.past.iter().chain(bytes).rev().skip(3);
        let mut before = before.take(PAST_MAX - 3).copied().peekable();
        let mut line_end = false;
        let mut blank = 0_usize;
        while let Some(byte) = before.next_if(|&b| is_white(b)) {
            line_end |= byte == b'\n' || byte == b'\r';
            blank += 1;
        }
        if blank == 0 {
            return false;
        }
        if before.next_if(u8::is_ascii_digit).is_none() {
            return line_end || before.peek().is_none();
        }
        while before.next_if(u8::is_ascii_digit).is_some() {}
        let mut blank = 0_usize;
        while let Some(byte) = before.next_if(|&b| is_white(b)) {
            line_end |= byte == b'\n' || byte == b'\r';
            blank += 1;
        }
        match before.peek() {
            None => true,
            Some(byte) => line_end || blank > 0 && byte.is_ascii_digit(),
        }
    }
}

/// Drops the words before `end`; true when there were any.
fn passed(words: &mut VecDeque<u64>, end: u64) -> bool {
    let mut any = false;
    while words.front().is_some_and(|&word| word < end) {
        words.pop_front();
        any = true;
    }
    any
}

/// Drops the word at `end` and those before it; true when there were any before.
fn seen(words: &mut VecDeque<u64>, end: u64) -> bool {
    let missed = passed(words, end);
    if words.front() == Some(&end) {
        words.pop_front();
    }
    missed
}

#[cfg(test)]
mod tests {
    use super::Shadow;

    #[test]
    fn only_what_may_head_an_object_is_remembered() {
        let wide = " ".repeat(80);
        let rows = [
            ("1 0 obj", true),
            ("x12\r\n0\tobj", true),
            ("1 0obj", false),
            ("a 0 obj", false),
            ("endobj", false),
            ("the obj", false),
            ("1 %x\n0 obj", true),
            ("1 0 %x\nobj", true),
            (&format!("1 0{wide}obj"), true),
            (&format!("1{wide}0 obj"), true),
            ("the trailer", true),
        ];
        for (text, expected) in rows {
            for piece in 1..=text.len() {
                let mut shadow = Shadow::new();
                shadow.push(b"                                        some text before ");
                text.as_bytes().chunks(piece).for_each(|bytes| shadow.push(bytes));
                assert_eq!(shadow.finish(), expected, "{text:?} in pieces of {piece}");
            }
        }
    }

    #[test]
    fn what_the_lexer_saw_is_no_shadow() {
        let mut shadow = Shadow::new();
        shadow.push(b"1 0 obj 2 0 obj trailer");
        shadow.object_seen(7);
        shadow.object_seen(15);
        shadow.trailer_seen(23);
        assert!(!shadow.finish());
        shadow.push(b" 3 0 obj ");
        shadow.passed(30);
        assert!(!shadow.found);
        shadow.passed(32);
        assert!(shadow.finish());
    }
}
