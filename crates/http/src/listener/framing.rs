//! Follows where each HTTP/1 message begins and ends (RFC 9112, sections 2, 6 and 7) and stops at
//! what two parsers could read differently.
//!
//! It sees the same bytes as the HTTP library behind it and checks what the library forgives: a
//! body with two lengths, a length twice, a coding other than `chunked`, lines that end without a
//! carriage return. Everything else is left to the library.

/// Follows the messages of one connection.
#[derive(Debug, Default)]
pub(super) struct Framing {
    state: State,
    line: Line,
    length: Length,
    expects_an_answer: bool,
    messages: u64,
}

/// Where in a connection the next byte belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Between two requests, or before the first.
    Between,
    /// In a request line or header.
    Head,
    /// In a body, its chunk framing included.
    Body,
    /// Behind a fault: nothing more is followed.
    Fault(Fault),
}

/// Where a message broke the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// In its head, so that it has no meaning at all.
    Head,
    /// In the framing of its body, so that its end cannot be found.
    Body,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Empty lines may come before a request line (RFC 9112, section 2.2).
    #[default]
    Between,
    BetweenLf,
    RequestLine,
    Fields(Part, Field),
    Sized(u64),
    ChunkSize(Option<u64>),
    ChunkExtension(u64),
    ChunkSizeLf(u64),
    ChunkData(u64),
    ChunkCr,
    ChunkLf,
    Fault(Fault),
}

/// Fields stand in two places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Head,
    Trailer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Start,
    Name,
    Value,
    LineLf,
    EndLf,
}

/// How the body's length is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Length {
    #[default]
    Absent,
    Bytes(u64),
    Chunked,
}

/// The current field line, as far as it can matter.
#[derive(Debug, Default)]
struct Line {
    name: Word,
    value: Word,
}

/// The longest word that matters: a length has at most 20 digits.
const WORD_BYTES_MAX: usize = 20;

/// A short text; a longer one is only known to be longer.
#[derive(Debug, Default)]
struct Word {
    bytes: [u8; WORD_BYTES_MAX],
    count: u8,
}

impl Framing {
    /// Follows more bytes. Returns how many of them come before a fault, if there is one.
    pub(super) fn advance(&mut self, bytes: &[u8]) -> usize {
        let mut rest = bytes;
        while let Some((&byte, tail)) = rest.split_first() {
            match self.state {
                State::Fault(_) => break,
                State::Sized(left) => {
                    let (left, after) = pass(rest, left);
                    rest = after;
                    self.state = if left == 0 { self.end_message() } else { State::Sized(left) };
                }
                State::ChunkData(left) => {
                    let (left, after) = pass(rest, left);
                    rest = after;
                    self.state = if left == 0 { State::ChunkCr } else { State::ChunkData(left) };
                }
                State::Between
                | State::BetweenLf
                | State::RequestLine
                | State::Fields(..)
                | State::ChunkSize(_)
                | State::ChunkExtension(_)
                | State::ChunkSizeLf(_)
                | State::ChunkCr
                | State::ChunkLf => {
                    self.state = self.step(byte);
                    if !matches!(self.state, State::Fault(_)) {
                        rest = tail;
                    }
                }
            }
        }
        bytes.len().saturating_sub(rest.len())
    }

    /// Where the next byte belongs.
    pub(super) fn place(&self) -> Place {
        match self.state {
            State::Between | State::BetweenLf => Place::Between,
            State::RequestLine | State::Fields(Part::Head, _) => Place::Head,
            State::Fields(Part::Trailer, _)
            | State::Sized(_)
            | State::ChunkSize(_)
            | State::ChunkExtension(_)
            | State::ChunkSizeLf(_)
            | State::ChunkData(_)
            | State::ChunkCr
            | State::ChunkLf => Place::Body,
            State::Fault(fault) => Place::Fault(fault),
        }
    }

    /// Whether nothing of a body, or of its next chunk, came.
    pub(super) fn is_body_untouched(&self) -> bool {
        matches!(
            (self.state, self.length),
            (State::Sized(left), Length::Bytes(length)) if left == length
        ) || self.state == State::ChunkSize(None)
    }

    /// How many bytes of a body that has told its length are to come.
    pub(super) fn body_left(&self) -> Option<u64> {
        if let State::Sized(left) = self.state { Some(left) } else { None }
    }

    /// Whether the client waits for an answer to its head (RFC 9110, section 10.1.1).
    pub(super) fn expects_an_answer(&self) -> bool {
        self.expects_an_answer
    }

    /// How many messages have ended.
    pub(super) fn messages(&self) -> u64 {
        self.messages
    }

    fn step(&mut self, byte: u8) -> State {
        let wrong = State::Fault(Fault::Body);
        match (self.state, byte) {
            (State::Between, b'\r') => State::BetweenLf,
            (State::BetweenLf, b'\n') => State::Between,
            (State::Between | State::RequestLine, b'\n') => State::Fault(Fault::Head),
            (State::RequestLine, b'\r') => State::Fields(Part::Head, Field::LineLf),
            (State::Between | State::RequestLine, _) => State::RequestLine,
            (State::Fields(part, field), byte) => self.step_fields(part, field, byte),
            (State::ChunkSize(size), byte) => step_chunk_size(size, byte),
            (State::ChunkExtension(size), b'\r') => State::ChunkSizeLf(size),
            (State::ChunkExtension(size), byte) if byte != b'\n' => State::ChunkExtension(size),
            (State::ChunkSizeLf(0), b'\n') => State::Fields(Part::Trailer, Field::Start),
            (State::ChunkSizeLf(size), b'\n') => State::ChunkData(size),
            (State::ChunkCr, b'\r') => State::ChunkLf,
            (State::ChunkLf, b'\n') => State::ChunkSize(None),
            (State::BetweenLf, _) => State::Fault(Fault::Head),
            (State::ChunkExtension(_) | State::ChunkSizeLf(_), _) => wrong,
            (State::ChunkCr | State::ChunkLf, _) => wrong,
            (State::Sized(_) | State::ChunkData(_) | State::Fault(_), _) => self.state,
        }
    }

    fn step_fields(&mut self, part: Part, field: Field, byte: u8) -> State {
        let wrong = State::Fault(match part {
            Part::Head => Fault::Head,
            Part::Trailer => Fault::Body,
        });
        match (field, byte) {
            (Field::Start, b'\r') => State::Fields(part, Field::EndLf),
            // A line that begins with a space would continue the one before it.
            (Field::Start, b' ' | b'\t' | b'\n' | b':') => wrong,
            (Field::Start, byte) => {
                self.line = Line::default();
                self.line.name.push(byte);
                State::Fields(part, Field::Name)
            }
            (Field::Name, b':') => State::Fields(part, Field::Value),
            (Field::Name | Field::Value, b'\n') | (Field::Name, b'\r') => wrong,
            (Field::Name, byte) => {
                self.line.name.push(byte);
                State::Fields(part, Field::Name)
            }
            (Field::Value, b'\r') if self.take_line(part).is_err() => wrong,
            (Field::Value, b'\r') => State::Fields(part, Field::LineLf),
            (Field::Value, byte) => {
                self.line.push_value(byte);
                State::Fields(part, Field::Value)
            }
            (Field::LineLf, b'\n') => State::Fields(part, Field::Start),
            (Field::EndLf, b'\n') => match part {
                Part::Head => self.begin_body(),
                Part::Trailer => self.end_message(),
            },
            (Field::LineLf | Field::EndLf, _) => wrong,
        }
    }

    /// Learns what a complete field line says about the body's length.
    fn take_line(&mut self, part: Part) -> Result<(), Ambiguous> {
        self.expects_an_answer |= part == Part::Head && self.line.name.is("expect");
        let is_length = self.line.name.is("content-length");
        let is_coding = self.line.name.is("transfer-encoding");
        if !is_length && !is_coding {
            return Ok(());
        }
        if part == Part::Trailer || self.length != Length::Absent {
            return Err(Ambiguous);
        }
        self.length = if is_length {
            Length::Bytes(self.line.value.number().ok_or(Ambiguous)?)
        } else if self.line.value.is("chunked") {
            Length::Chunked
        } else {
            return Err(Ambiguous);
        };
        Ok(())
    }

    fn begin_body(&mut self) -> State {
        match self.length {
            Length::Absent | Length::Bytes(0) => self.end_message(),
            Length::Bytes(left) => State::Sized(left),
            Length::Chunked => State::ChunkSize(None),
        }
    }

    fn end_message(&mut self) -> State {
        self.messages = self.messages.wrapping_add(1);
        self.length = Length::Absent;
        self.expects_an_answer = false;
        State::Between
    }
}

/// What it says about the body can be read in two ways.
struct Ambiguous;

/// Passes over content of which `left` bytes are to come. Returns how many then are, and the rest.
fn pass(bytes: &[u8], left: u64) -> (u64, &[u8]) {
    let here = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
    (left.saturating_sub(here as u64), bytes.split_at(here).1)
}

fn step_chunk_size(size: Option<u64>, byte: u8) -> State {
    let digit = char::from(byte).to_digit(16).map(u64::from);
    let longer = |digit| size.unwrap_or(0).checked_mul(16)?.checked_add(digit);
    match (size, byte) {
        (Some(size), b';' | b' ' | b'\t') => State::ChunkExtension(size),
        (Some(size), b'\r') => State::ChunkSizeLf(size),
        _ => match digit.and_then(longer) {
            Some(size) => State::ChunkSize(Some(size)),
            None => State::Fault(Fault::Body),
        },
    }
}

impl Line {
    /// Leading white space does not belong to a value.
    fn push_value(&mut self, byte: u8) {
        if self.value.count > 0 || !matches!(byte, b' ' | b'\t') {
            self.value.push(byte);
        }
    }
}

impl Word {
    fn push(&mut self, byte: u8) {
        if let Some(free) = self.bytes.get_mut(usize::from(self.count)) {
            *free = byte;
        }
        self.count = self.count.saturating_add(1);
    }

    /// The text without trailing white space, unless it is too long to matter.
    fn text(&self) -> Option<&[u8]> {
        self.bytes.get(..usize::from(self.count)).map(<[u8]>::trim_ascii_end)
    }

    fn is(&self, word: &str) -> bool {
        self.text().is_some_and(|text| text.eq_ignore_ascii_case(word.as_bytes()))
    }

    /// Decimal digits and nothing else.
    fn number(&self) -> Option<u64> {
        let text = self.text().filter(|t| t.iter().all(u8::is_ascii_digit))?;
        str::from_utf8(text).ok()?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn follow(bytes: &[u8]) -> (usize, Place, u64) {
        let mut framing = Framing::default();
        let sound = framing.advance(bytes);
        (sound, framing.place(), framing.messages())
    }

    fn place(text: &str) -> Place {
        follow(text.as_bytes()).1
    }

    fn head(fields: &str) -> String {
        format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n")
    }

    #[test]
    fn messages_end_where_their_length_says() {
        let requests = [
            (head("X: y"), 1),
            (head("Content-Length: 5") + "hello", 1),
            (head("content-length:\t5 ") + "hello" + &head("Content-Length: 0"), 2),
            (head("Transfer-Encoding: Chunked") + "5;a=b\r\nhello\r\n0\r\n\r\n", 1),
            (head("Transfer-Encoding: chunked") + "A \r\n0123456789\r\n00\r\nT: x\r\n\r\n", 1),
            (format!("\r\n\r\n{}", head("X: y")), 1),
        ];
        for (text, messages) in requests {
            assert_eq!(follow(text.as_bytes()), (text.len(), Place::Between, messages), "{text}");
        }
    }

    #[test]
    fn an_unfinished_message_says_where_it_stands() {
        assert_eq!(place(""), Place::Between);
        assert_eq!(place("\r\n"), Place::Between);
        assert_eq!(place("G"), Place::Head);
        assert_eq!(place("GET / HTTP/1.1\r\nHost: a\r\n"), Place::Head);
        assert_eq!(place(&(head("Content-Length: 5") + "hell")), Place::Body);
        assert_eq!(place(&(head("Transfer-Encoding: chunked") + "0\r\n")), Place::Body);
    }

    #[test]
    fn a_body_is_untouched_until_its_first_byte() {
        for (fields, body) in [("Content-Length: 5", "h"), ("Transfer-Encoding: chunked", "5")] {
            let mut framing = Framing::default();
            framing.advance(head(fields).as_bytes());
            assert!(framing.is_body_untouched(), "{fields}");
            framing.advance(body.as_bytes());
            assert!(!framing.is_body_untouched(), "{fields}");
        }
    }

    #[test]
    fn an_expectation_lasts_for_its_message() {
        let mut framing = Framing::default();
        framing.advance(head("expect: 100-continue\r\nContent-Length: 1").as_bytes());
        assert!(framing.expects_an_answer());
        framing.advance(b"x");
        framing.advance(head("X-Expect: y\r\nContent-Length: 1").as_bytes());
        assert!(!framing.expects_an_answer());
    }

    #[test]
    fn a_head_that_can_be_read_in_two_ways_is_a_fault() {
        for fields in [
            "Content-Length: 5\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked\r\nContent-Length: 5",
            "Content-Length: 5\r\nContent-Length: 6",
            "Content-Length: 5\r\ncontent-length: 5",
            "Content-Length: 5, 5",
            "Content-Length: +5",
            "Content-Length: 0x5",
            "Content-Length: ",
            "Content-Length: 18446744073709551616",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked, identity",
            "Transfer-Encoding: identity",
            "Transfer-Encoding: xchunked",
            "Transfer-Encoding: gzip, chunked",
            "Transfer-Encoding: \x0bchunked",
            "X: a\r\n b",
            "X: a\nY: b",
            "X: a\rY: b",
            "X",
        ] {
            assert_eq!(place(&head(fields)), Place::Fault(Fault::Head), "{fields}");
        }
        assert_eq!(place("GET / HTTP/1.1\n"), Place::Fault(Fault::Head));
        assert_eq!(place("\nGET"), Place::Fault(Fault::Head));
    }

    #[test]
    fn a_chunk_whose_end_is_unclear_is_a_fault() {
        for body in [
            "5;\nhello",
            "5\nhello",
            "0x5\r\nhello",
            "+5\r\nhello",
            "\r\nhello",
            "5\r\nhelloX",
            "5\r\nhello\rX",
            "12345678901234567\r\n",
            "0\r\nContent-Length: 5\r\n\r\n",
            "0\r\nTransfer-Encoding: chunked\r\n\r\n",
            "0\r\nX: a\n\r\n",
        ] {
            let text = head("Transfer-Encoding: chunked") + body;
            assert_eq!(place(&text), Place::Fault(Fault::Body), "{body}");
        }
    }

    #[test]
    fn only_the_bytes_before_a_fault_are_sound() {
        let sound = "GET / HTTP/1.1\r\nContent-Length: x";
        let text = format!("{sound}\r\n\r\n");
        assert_eq!(follow(text.as_bytes()), (sound.len(), Place::Fault(Fault::Head), 0));
    }

    proptest! {
        #[test]
        fn splits_do_not_matter(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "GET / HTTP/1.1\r\n", "Host: a\r\n", "\r\n", "Content-Length: 5\r\n", "hello",
                "Transfer-Encoding: chunked\r\n", "5\r\n", "0\r\n", "5;x=y\r\n", "\r", "\n", "x: ",
            ]), 0..24),
            cuts in prop::collection::vec(1_usize..9, 1..40),
        ) {
            let text = pieces.concat();
            let whole = follow(text.as_bytes());
            let mut framing = Framing::default();
            let mut rest = text.as_bytes();
            let mut sound = 0;
            let mut cuts = cuts.into_iter().cycle();
            while !rest.is_empty() {
                let (piece, tail) = rest.split_at(cuts.next().unwrap().min(rest.len()));
                sound += framing.advance(piece);
                rest = tail;
            }
            prop_assert_eq!((sound, framing.place(), framing.messages()), whole);
        }
    }
}
