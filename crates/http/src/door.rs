//! The multipart door: translates a body into the parts that the upload use case reads.
//!
//! It knows the field names and the size of a text field, and nothing of purposes or files.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use dossier_app::{FileStart, Part, Sha256};
use dossier_domain::Code;
use dossier_multipart::{Boundary, ErrorKind, Event, Filename, Limits, Parser, PartHead};
use futures_util::Stream;
use http_body::Body as HttpBody;

use crate::body::PaceError;
use crate::problem::ApiError;

/// The most bytes of a text field, also of one that is ignored.
const TEXT_BYTES_MAX: usize = 4096;
/// No boundary line is longer: two line ends, 4 dashes, 70 characters and the padding.
const BOUNDARY_LINE_MAX: usize = 128;
/// After so many bytes other connections get their turn.
const YIELD_AFTER: usize = 256 * 1024;

/// The most bytes that boundaries, part headers and text fields add to those of the file.
pub(crate) fn overhead_max() -> u64 {
    let limits = Limits::default();
    let part_max = BOUNDARY_LINE_MAX + limits.header_bytes_max + TEXT_BYTES_MAX;
    let end_max = BOUNDARY_LINE_MAX + limits.epilogue_max;
    (limits.parts_max * part_max + end_max) as u64
}

/// Why the door gave up.
#[derive(Debug)]
pub(crate) enum DoorError {
    Multipart(dossier_multipart::Error),
    TextTooLong,
    TextNotUtf8,
    FileWithoutName,
    Pace(PaceError),
    /// The connection ended or broke HTTP's own framing.
    Cut,
    BodyDigest,
}

/// A multipart body as a stream of parts.
pub(crate) struct MultipartDoor {
    body: Body,
    parser: Parser,
    part: Reading,
    digest: Option<(Sha256, [u8; 32])>,
    since_yield: usize,
    ended: bool,
}

/// The part that is being read.
enum Reading {
    Nothing,
    Purpose(Vec<u8>),
    File,
    Ignored(usize),
}

impl MultipartDoor {
    /// A door over `body`; `digest` is the SHA-256 that the whole body must have.
    pub(crate) fn new(body: Body, boundary: &Boundary, digest: Option<[u8; 32]>) -> Self {
        Self {
            body,
            parser: Parser::new(boundary, Limits::default()),
            part: Reading::Nothing,
            digest: digest.map(|want| (Sha256::new(), want)),
            since_yield: 0,
            ended: false,
        }
    }

    /// What an event means to the use case; `None` when it means nothing.
    fn translate(&mut self, event: Event) -> Result<Option<Part>, DoorError> {
        match event {
            Event::PartStart(head) => self.start(head),
            Event::Data(bytes) => self.take(bytes),
            Event::PartEnd => match std::mem::replace(&mut self.part, Reading::Nothing) {
                Reading::Purpose(text) => {
                    let text = String::from_utf8(text).map_err(|_| DoorError::TextNotUtf8)?;
                    Ok(Some(Part::Purpose(text)))
                }
                Reading::File => Ok(Some(Part::FileEnd)),
                Reading::Nothing | Reading::Ignored(_) => Ok(None),
            },
            Event::End => Ok(None),
        }
    }

    fn start(&mut self, head: PartHead) -> Result<Option<Part>, DoorError> {
        match head.name.as_str() {
            "purpose" => {
                self.part = Reading::Purpose(Vec::new());
                Ok(None)
            }
            "file" => {
                self.part = Reading::File;
                let name = match head.filename.ok_or(DoorError::FileWithoutName)? {
                    // What browsers send when no file was chosen.
                    Filename::Text(name) if name.is_empty() => {
                        return Err(DoorError::FileWithoutName);
                    }
                    Filename::Text(name) => Some(name),
                    Filename::NotUtf8 => None,
                };
                let sha256 = head.content_digest;
                Ok(Some(Part::FileStart(FileStart { name, declared: head.content_type, sha256 })))
            }
            _ => {
                self.part = Reading::Ignored(0);
                Ok(None)
            }
        }
    }

    fn take(&mut self, bytes: Bytes) -> Result<Option<Part>, DoorError> {
        let length = match &mut self.part {
            Reading::Nothing => 0,
            Reading::File => return Ok(Some(Part::Chunk(bytes))),
            Reading::Purpose(text) => {
                text.extend_from_slice(bytes.get(..TEXT_BYTES_MAX).unwrap_or(&bytes));
                text.len().max(bytes.len())
            }
            Reading::Ignored(length) => {
                *length += bytes.len();
                *length
            }
        };
        if length > TEXT_BYTES_MAX { Err(DoorError::TextTooLong) } else { Ok(None) }
    }

    /// The next chunk of the body, hashed and handed to the parser; `false` at the end.
    fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<()>, DoorError>> {
        if self.since_yield >= YIELD_AFTER {
            self.since_yield = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let frame = match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(None) => return Poll::Ready(self.end().map(|()| None)),
            Poll::Ready(Some(Err(error))) => {
                let pace = PaceError::of(&error).map(DoorError::Pace);
                return Poll::Ready(Err(pace.unwrap_or(DoorError::Cut)));
            }
            Poll::Ready(Some(Ok(frame))) => frame,
        };
        if let Ok(bytes) = frame.into_data() {
            self.since_yield += bytes.len();
            if let Some((hash, _)) = &mut self.digest {
                hash.push(&bytes);
            }
            self.parser.push(bytes);
        }
        Poll::Ready(Ok(Some(())))
    }

    fn end(&mut self) -> Result<(), DoorError> {
        self.ended = true;
        self.parser.finish().map_err(DoorError::Multipart)?;
        let differs = self.digest.take().is_some_and(|(hash, want)| hash.finish().0 != want);
        if differs { Err(DoorError::BodyDigest) } else { Ok(()) }
    }
}

impl Stream for MultipartDoor {
    type Item = Result<Part, DoorError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        while !self.ended {
            let translated = match self.parser.next_event() {
                Ok(Some(event)) => self.translate(event),
                Ok(None) => match self.poll_body(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(read) => read.map(|_| None),
                },
                Err(error) => Err(DoorError::Multipart(error)),
            };
            match translated {
                Ok(None) => {}
                Ok(Some(part)) => return Poll::Ready(Some(Ok(part))),
                Err(error) => {
                    self.ended = true;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
        Poll::Ready(None)
    }
}

/// The refusal of a body that breaks the grammar, or a limit of it.
fn malformed(error: dossier_multipart::Error) -> ApiError {
    let code = match error.kind() {
        ErrorKind::Boundary | ErrorKind::Malformed => Code::MultipartMalformed,
        ErrorKind::Limit => Code::MultipartLimit,
    };
    let refusal = ApiError::new(code, error.detail());
    match limit_of(error) {
        // The rest is not counted: one more is all that is known.
        Some(limit) => refusal.bounded(limit as u64, limit as u64 + 1),
        None => refusal,
    }
}

/// The limit that was crossed.
fn limit_of(error: dossier_multipart::Error) -> Option<usize> {
    use dossier_multipart::{Error, HeadError};
    let limits = Limits::default();
    match error {
        Error::Parts => Some(limits.parts_max),
        Error::Padding => Some(limits.padding_max),
        Error::EpilogueLength => Some(limits.epilogue_max),
        Error::Head(HeadError::Bytes) => Some(limits.header_bytes_max),
        Error::Head(HeadError::Lines) => Some(limits.header_lines_max),
        Error::Preamble
        | Error::BoundaryLine
        | Error::BoundaryInPart
        | Error::LengthMismatch
        | Error::Epilogue
        | Error::Truncated
        | Error::Head(_) => None,
    }
}

impl From<DoorError> for ApiError {
    fn from(error: DoorError) -> Self {
        let text_max = TEXT_BYTES_MAX as u64;
        match error {
            DoorError::Multipart(error) => malformed(error),
            DoorError::TextTooLong => {
                let detail = format!("A text field has at most {text_max} bytes.");
                Self::new(Code::MultipartLimit, detail).bounded(text_max, text_max + 1)
            }
            DoorError::TextNotUtf8 => {
                Self::new(Code::MultipartMalformed, "A text field is not UTF-8.").at("/purpose")
            }
            DoorError::FileWithoutName => {
                let detail = "The part `file` has no filename, so it is a text field.";
                Self::new(Code::MultipartPartMissing, detail).at("/file")
            }
            DoorError::Pace(pace) => pace.into(),
            DoorError::Cut => {
                Self::new(Code::MultipartMalformed, "The body ended before its end.").closing()
            }
            DoorError::BodyDigest => {
                let detail = "The body has another SHA-256 than its digest header says.";
                Self::new(Code::DigestMismatch, detail)
            }
        }
    }
}
