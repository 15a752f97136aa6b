//! The parser: a small state machine over the chunk at hand.

use std::fmt;

use bytes::{Buf, Bytes, BytesMut};

use crate::delimiter::{Delimiter, Found, Hold};
use crate::head::{HeadBuilder, PartHead};
use crate::{Boundary, Error};

/// What a body may spend before it is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Parts in a body.
    pub parts_max: usize,
    /// Bytes of one part's header block, line ends and the empty line included.
    pub header_bytes_max: usize,
    /// Header lines of one part.
    pub header_lines_max: usize,
    /// Spaces and tabs after one boundary.
    pub padding_max: usize,
    /// Bytes of white space after the closing boundary.
    pub epilogue_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            parts_max: 16,
            header_bytes_max: 8192,
            header_lines_max: 8,
            padding_max: 8,
            epilogue_max: 64,
        }
    }
}

/// What the parser found next.
#[derive(Clone, PartialEq, Eq)]
pub enum Event {
    /// A part begins.
    PartStart(PartHead),
    /// Content of the part; never empty, a slice of a pushed chunk wherever that is possible.
    Data(Bytes),
    /// The part is complete, and as long as its `Content-Length` said.
    PartEnd,
    /// The closing boundary was read. The body is sound once [`Parser::finish`] agrees.
    End,
}

/// What a client sends never reaches a log by way of `Debug`.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PartStart(head) => write!(f, "PartStart({head:?})"),
            Self::Data(bytes) => write!(f, "Data({} bytes)", bytes.len()),
            Self::PartEnd => f.write_str("PartEnd"),
            Self::End => f.write_str("End"),
        }
    }
}

/// The push parser of one body.
///
/// The same bytes give the same events, but for where `Data` is cut, and the same error, however
/// they are cut into chunks.
pub struct Parser {
    delimiter: Delimiter,
    limits: Limits,
    /// What was pushed and not read yet.
    chunk: Bytes,
    state: State,
    head: HeadBuilder,
    /// Parts begun so far.
    parts: usize,
    /// What the part's `Content-Length`, if it has one, leaves to come.
    length_left: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the first byte of the body.
    Start,
    /// In the first boundary, of which this many bytes of the delimiter matched.
    Opening(usize),
    /// After a boundary and this many spaces or tabs.
    BoundaryLine(usize),
    /// After the CR of a boundary line.
    LineFeed,
    /// In the header block of a part.
    Head,
    /// In the content of a part.
    Content(Hold),
    /// After the boundary that ends a part, which is not reported yet.
    PartEnd,
    /// After a boundary and one hyphen.
    Closing,
    /// After the closing boundary and this many bytes of white space.
    Epilogue(usize),
    /// Refused.
    Failed(Error),
}

/// How one step of the machine ended.
enum Step {
    Event(Event),
    Again,
    Starved,
}

impl Parser {
    /// A parser at the start of a body.
    #[must_use]
    pub fn new(boundary: &Boundary, limits: Limits) -> Self {
        Self {
            delimiter: Delimiter::new(boundary),
            limits,
            chunk: Bytes::new(),
            state: State::Start,
            head: HeadBuilder::default(),
            parts: 0,
            length_left: None,
        }
    }

    /// Hands in the next bytes of the body. Drain [`Parser::next_event`] before the next push:
    /// bytes that were not read yet are copied to join them with the new ones.
    pub fn push(&mut self, chunk: Bytes) {
        if matches!(self.state, State::Failed(_)) {
            return;
        }
        if self.chunk.is_empty() {
            self.chunk = chunk;
        } else {
            let mut joined = BytesMut::with_capacity(self.chunk.len() + chunk.len());
            joined.extend_from_slice(&self.chunk);
            joined.extend_from_slice(&chunk);
            self.chunk = joined.freeze();
        }
    }

    /// The next event; `None` when it takes more bytes to tell.
    ///
    /// # Errors
    /// The first fault of the body, and the same one ever after.
    pub fn next_event(&mut self) -> Result<Option<Event>, Error> {
        loop {
            match self.step() {
                Ok(Step::Event(event)) => return Ok(Some(event)),
                Ok(Step::Again) => {}
                Ok(Step::Starved) => {
                    // Even an empty slice would keep the whole receive buffer from being reused.
                    self.chunk = Bytes::new();
                    return Ok(None);
                }
                Err(error) => return Err(self.fail(error)),
            }
        }
    }

    /// To be called at the end of the body, when `next_event` has answered `None`.
    ///
    /// # Errors
    /// [`Error::Truncated`] when the closing boundary is missing, or the fault found earlier.
    pub fn finish(&mut self) -> Result<(), Error> {
        match self.state {
            State::Epilogue(_) => self.next_event().map(|_| ()),
            State::Failed(error) => Err(error),
            State::Start
            | State::Opening(_)
            | State::BoundaryLine(_)
            | State::LineFeed
            | State::Head
            | State::Content(_)
            | State::PartEnd
            | State::Closing => Err(self.fail(Error::Truncated)),
        }
    }

    /// Whether the closing boundary was read and nothing refused since.
    #[must_use]
    pub const fn is_finished(&self) -> bool {
        matches!(self.state, State::Epilogue(_))
    }

    fn fail(&mut self, error: Error) -> Error {
        self.state = State::Failed(error);
        self.chunk.clear();
        error
    }

    fn step(&mut self) -> Result<Step, Error> {
        if let State::Failed(error) = self.state {
            return Err(error);
        }
        if self.state == State::PartEnd {
            return self.end_part();
        }
        let Some(&byte) = self.chunk.first() else {
            return Ok(Step::Starved);
        };
        match self.state {
            State::Start => self.start(byte),
            State::Opening(matched) => self.opening(matched)?,
            State::BoundaryLine(padding) => self.boundary_line(padding, byte)?,
            State::LineFeed => self.line_feed(byte)?,
            State::Head => return self.head(),
            State::Content(hold) => return self.content(hold),
            State::Closing => return self.closing(byte),
            State::Epilogue(length) => self.epilogue(length)?,
            State::PartEnd | State::Failed(_) => {}
        }
        Ok(Step::Again)
    }

    /// One CRLF may stand before the first boundary.
    fn start(&mut self, byte: u8) {
        let hold = if byte == b'\r' { Hold::NONE } else { Hold::LINE_START };
        self.state = State::Opening(hold.end);
    }

    fn opening(&mut self, matched: usize) -> Result<(), Error> {
        let common = self.delimiter.continues(matched, &self.chunk);
        self.chunk.advance(common);
        if matched + common == self.delimiter.len() {
            self.state = State::BoundaryLine(0);
        } else if self.chunk.is_empty() {
            self.state = State::Opening(matched + common);
        } else {
            return Err(Error::Preamble);
        }
        Ok(())
    }

    fn boundary_line(&mut self, padding: usize, byte: u8) -> Result<(), Error> {
        self.state = match byte {
            b'-' if padding == 0 => State::Closing,
            b'\r' => State::LineFeed,
            b' ' | b'\t' if padding == self.limits.padding_max => return Err(Error::Padding),
            b' ' | b'\t' => State::BoundaryLine(padding + 1),
            _ => return Err(Error::BoundaryLine),
        };
        self.chunk.advance(1);
        Ok(())
    }

    fn line_feed(&mut self, byte: u8) -> Result<(), Error> {
        if byte != b'\n' {
            return Err(Error::BoundaryLine);
        }
        if self.parts == self.limits.parts_max {
            return Err(Error::Parts);
        }
        self.parts += 1;
        self.chunk.advance(1);
        self.state = State::Head;
        Ok(())
    }

    fn head(&mut self) -> Result<Step, Error> {
        let Some(head) = self.head.collect(&mut self.chunk, &self.limits)? else {
            return Ok(Step::Starved);
        };
        self.length_left = head.content_length;
        self.state = State::Content(Hold::LINE_START);
        Ok(Step::Event(Event::PartStart(head)))
    }

    fn content(&mut self, hold: Hold) -> Result<Step, Error> {
        if hold.is_open() { self.continue_hold(hold) } else { self.search() }
    }

    /// Goes on with a delimiter that an earlier chunk may have begun.
    fn continue_hold(&mut self, hold: Hold) -> Result<Step, Error> {
        let common = self.delimiter.continues(hold.end, &self.chunk);
        let end = hold.end + common;
        if end == self.delimiter.len() {
            if hold.start == Hold::LINE_START.start {
                return Err(Error::BoundaryInPart);
            }
            self.chunk.advance(common);
            self.state = State::PartEnd;
            return Ok(Step::Again);
        }
        if common == self.chunk.len() {
            self.chunk.clear();
            self.state = State::Content(Hold { end, ..hold });
            return Ok(Step::Starved);
        }
        self.state = State::Content(Hold::NONE);
        if hold.len() == 0 {
            return Ok(Step::Again);
        }
        let count = self.take_length(hold.len())?;
        if count < hold.len() {
            self.state = State::Content(Hold { start: hold.start + count, ..hold });
        }
        Ok(Step::Event(Event::Data(self.delimiter.held(hold, count))))
    }

    fn search(&mut self) -> Result<Step, Error> {
        let found = self.delimiter.search(&self.chunk);
        let length = match found {
            Found::Whole(at) => at,
            Found::Ending(held) => self.chunk.len() - held,
        };
        let count = if length == 0 { 0 } else { self.take_length(length)? };
        let data = self.chunk.split_to(count);
        if count == length {
            match found {
                Found::Whole(_) => {
                    self.chunk.advance(self.delimiter.len());
                    self.state = State::PartEnd;
                }
                Found::Ending(held) => {
                    self.chunk.clear();
                    self.state = State::Content(Hold { start: 0, end: held });
                }
            }
        }
        Ok(if data.is_empty() { Step::Again } else { Step::Event(Event::Data(data)) })
    }

    /// How many of the next `count` bytes of content the part's `Content-Length` covers. The
    /// covered ones are reported first, so that events do not depend on how chunks are cut.
    fn take_length(&mut self, count: usize) -> Result<usize, Error> {
        let Some(left) = self.length_left else {
            return Ok(count);
        };
        let taken = left.min(u64::try_from(count).unwrap_or(u64::MAX));
        if taken == 0 {
            return Err(Error::LengthMismatch);
        }
        self.length_left = Some(left - taken);
        Ok(usize::try_from(taken).unwrap_or(count))
    }

    fn end_part(&mut self) -> Result<Step, Error> {
        if self.length_left.is_some_and(|left| left > 0) {
            return Err(Error::LengthMismatch);
        }
        self.state = State::BoundaryLine(0);
        Ok(Step::Event(Event::PartEnd))
    }

    fn closing(&mut self, byte: u8) -> Result<Step, Error> {
        if byte != b'-' {
            return Err(Error::BoundaryLine);
        }
        self.chunk.advance(1);
        self.state = State::Epilogue(0);
        Ok(Step::Event(Event::End))
    }

    fn epilogue(&mut self, mut length: usize) -> Result<(), Error> {
        for byte in std::mem::take(&mut self.chunk) {
            length += 1;
            if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                return Err(Error::Epilogue);
            }
            if length > self.limits.epilogue_max {
                return Err(Error::EpilogueLength);
            }
        }
        self.state = State::Epilogue(length);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: &str = "--XbX\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n";
    const CLOSE: &str = "\r\n--XbX--\r\n";

    fn parser() -> Parser {
        let value = b"multipart/form-data; boundary=XbX";
        Parser::new(&Boundary::from_content_type(value).unwrap(), Limits::default())
    }

    #[test]
    fn nothing_that_a_client_sends_shows_in_debug_output() {
        let head = "Content-Disposition: form-data; name=Qanary; filename=Qanary\r\n\
                    Content-Type: Qanary/png\r\nContent-Length: 6\r\n\r\n";
        let mut parser = parser();
        parser.push(Bytes::from(format!("--XbX\r\n{head}Qanary{CLOSE}")));
        let mut events = Vec::new();
        while let Some(event) = parser.next_event().unwrap() {
            events.push(event);
        }
        let want = "[PartStart(PartHead(…)), Data(6 bytes), PartEnd, End]";
        assert_eq!(format!("{events:?}"), want);
        let Some(Event::PartStart(head)) = events.first() else { panic!("no part") };
        assert_eq!(format!("{:?}", head.filename), "Some(Text(…))");
    }

    /// Pushes a body in chunks of one length; the bytes looked at, and the content.
    fn examined(body: &Bytes, length: usize) -> (usize, Vec<u8>) {
        let mut parser = parser();
        let mut content = Vec::new();
        let mut rest = body.clone();
        while !rest.is_empty() {
            parser.push(rest.split_to(length.min(rest.len())));
            while let Some(event) = parser.next_event().unwrap() {
                if let Event::Data(data) = event {
                    assert!(!data.is_empty());
                    content.extend_from_slice(&data);
                }
            }
            assert!(parser.chunk.is_empty(), "starved with bytes left");
        }
        parser.finish().unwrap();
        (parser.delimiter.examined, content)
    }

    #[test]
    fn work_is_linear_in_the_input_whatever_floods_it() {
        let floods: [(&str, &str); 8] = [
            ("", "A"),
            ("\r", "A"),
            ("", "\r"),
            ("", "\r\n"),
            ("", "\r\n--"),
            ("", "\r\n--Xb"),
            ("", "\r\n--XbY"),
            ("", "\n--XbX"),
        ];
        for (head, unit) in floods {
            let content = [head, unit.repeat(60_000 / unit.len()).as_str()].concat();
            let body = Bytes::from([OPEN, &content, CLOSE].concat());
            for length in [1, 2, 3, 6, 7, 8, 1_400, 65_536] {
                let (examined, read) = examined(&body, length);
                assert_eq!(read, content.as_bytes(), "{unit:?} in chunks of {length}");
                assert!(
                    examined <= 4 * body.len(),
                    "{examined} bytes examined for {} of {unit:?} in chunks of {length}",
                    body.len()
                );
            }
        }
    }

    #[test]
    fn content_is_handed_on_without_a_copy() {
        let body = Bytes::from([OPEN, "content\r\n--Xb more", CLOSE].concat());
        let mut parser = parser();
        parser.push(body.clone());
        let range = body.as_ptr_range();
        while let Some(event) = parser.next_event().unwrap() {
            if let Event::Data(data) = event {
                assert!(range.contains(&data.as_ptr()));
            }
        }
    }

    #[test]
    fn held_bytes_come_from_the_delimiter() {
        let mut parser = parser();
        parser.push(Bytes::from([OPEN, "a\r\n--Xb"].concat()));
        while parser.next_event().unwrap().is_some() {}
        parser.push(Bytes::from_static(b"?"));
        let data = parser.next_event();
        assert_eq!(data, Ok(Some(Event::Data(Bytes::from_static(b"\r\n--Xb")))));
        assert_eq!(parser.next_event(), Ok(Some(Event::Data(Bytes::from_static(b"?")))));
        assert_eq!(parser.next_event(), Ok(None));
    }

    #[test]
    fn the_first_error_is_the_only_one() {
        let mut parser = parser();
        parser.push(Bytes::from_static(b"junk"));
        assert_eq!(parser.next_event(), Err(Error::Preamble));
        parser.push(Bytes::from([OPEN, CLOSE].concat()));
        assert_eq!(parser.next_event(), Err(Error::Preamble));
        assert_eq!(parser.finish(), Err(Error::Preamble));
        assert!(parser.chunk.is_empty());
        assert!(!parser.is_finished());
    }

    #[test]
    fn chunks_that_pile_up_are_joined() {
        let mut parser = parser();
        parser.push(Bytes::from(OPEN));
        parser.push(Bytes::from_static(b"a"));
        parser.push(Bytes::from(CLOSE));
        let mut events = Vec::new();
        while let Some(event) = parser.next_event().unwrap() {
            events.push(event);
        }
        assert_eq!(events.len(), 4);
        assert!(parser.is_finished());
        assert_eq!(parser.finish(), Ok(()));
    }

    #[test]
    fn a_body_that_was_not_drained_is_not_finished() {
        let mut parser = parser();
        parser.push(Bytes::from([OPEN, CLOSE].concat()));
        assert_eq!(parser.finish(), Err(Error::Truncated));
    }

    #[test]
    fn the_state_is_small() {
        assert!(size_of::<Parser>() < 1024, "{}", size_of::<Parser>());
    }
}
