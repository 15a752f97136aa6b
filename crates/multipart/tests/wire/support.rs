//! Runs a body through the parser and gathers what it said.

use bytes::Bytes;
use dossier_multipart::{Boundary, Error, Event, Filename, Limits, Parser, PartHead};

/// The boundary of every body in these tests, unless one says otherwise.
pub(crate) const CONTENT_TYPE: &str = "multipart/form-data; boundary=XbX";

/// One part with its content in one piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) head: PartHead,
    pub(crate) content: Vec<u8>,
    /// Whether the parser said that the part is complete.
    pub(crate) complete: bool,
}

/// All that the parser said about a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) parts: Vec<Part>,
    pub(crate) ended: bool,
    pub(crate) error: Option<Error>,
}

impl Outcome {
    /// The parts of a body that must be sound.
    #[track_caller]
    pub(crate) fn sound(self) -> Vec<Part> {
        assert_eq!(self.error, None, "{:?}", self.parts);
        assert!(self.ended && self.parts.iter().all(|part| part.complete));
        self.parts
    }
}

impl Part {
    pub(crate) fn filename(&self) -> Option<&str> {
        match &self.head.filename {
            Some(Filename::Text(text)) => Some(text),
            Some(Filename::NotUtf8) => Some("(not UTF-8)"),
            None => None,
        }
    }

    /// Name, filename, content type and content, for comparisons.
    pub(crate) fn row(&self) -> (&str, Option<&str>, Option<&str>, &[u8]) {
        (&self.head.name, self.filename(), self.head.content_type.as_deref(), &self.content)
    }
}

pub(crate) fn parser(content_type: &str) -> Parser {
    let boundary = Boundary::from_content_type(content_type.as_bytes()).expect("a boundary");
    Parser::new(&boundary, Limits::default())
}

/// Runs a body that comes in these chunks.
pub(crate) fn run_chunks<'a>(
    content_type: &str,
    chunks: impl IntoIterator<Item = &'a [u8]>,
) -> Outcome {
    let mut parser = parser(content_type);
    let mut outcome = Outcome { parts: Vec::new(), ended: false, error: None };
    for chunk in chunks {
        parser.push(Bytes::copy_from_slice(chunk));
        if let Err(error) = drain(&mut parser, &mut outcome) {
            assert_eq!(parser.finish(), Err(error));
            outcome.error = Some(error);
            return outcome;
        }
    }
    assert_eq!(parser.is_finished(), outcome.ended);
    outcome.error = parser.finish().err();
    outcome
}

/// Runs a body that comes in one piece.
pub(crate) fn run(body: &[u8]) -> Outcome {
    run_chunks(CONTENT_TYPE, [body])
}

/// Runs a body in pieces of one length.
pub(crate) fn run_in(length: usize, body: &[u8]) -> Outcome {
    run_chunks(CONTENT_TYPE, body.chunks(length))
}

/// Runs a body in one piece and byte by byte, which must agree.
#[track_caller]
pub(crate) fn run_both(body: &[u8]) -> Outcome {
    let outcome = run(body);
    assert_eq!(outcome, run_in(1, body), "{}", body.escape_ascii());
    outcome
}

fn drain(parser: &mut Parser, outcome: &mut Outcome) -> Result<(), Error> {
    while let Some(event) = parser.next_event()? {
        assert!(!outcome.ended, "an event after the end");
        match event {
            Event::PartStart(head) => {
                assert!(outcome.parts.iter().all(|part| part.complete));
                outcome.parts.push(Part { head, content: Vec::new(), complete: false });
            }
            Event::Data(data) => {
                assert!(!data.is_empty());
                open_part(outcome).content.extend_from_slice(&data);
            }
            Event::PartEnd => open_part(outcome).complete = true,
            Event::End => {
                assert!(outcome.parts.iter().all(|part| part.complete));
                outcome.ended = true;
            }
        }
    }
    Ok(())
}

fn open_part(outcome: &mut Outcome) -> &mut Part {
    outcome.parts.last_mut().filter(|part| !part.complete).expect("an open part")
}
