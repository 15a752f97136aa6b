//! What a refusal says: one entry for every broken rule.

use dossier_media::{Fault, Foreign};

use crate::judge::Limits;
use crate::message::Variant;
use crate::{ByteCount, Code};

/// The member or part that a violation is about, as a JSON pointer (RFC 6901).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pointer {
    /// `/purpose`
    Purpose,
    /// `/file`
    File,
    /// `/file/name`
    FileName,
    /// A member of a JSON body.
    Member(String),
}

impl Pointer {
    /// The pointer's text.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        match self {
            Self::Purpose => "/purpose",
            Self::File => "/file",
            Self::FileName => "/file/name",
            Self::Member(pointer) => pointer.as_str(),
        }
    }

    /// The member `name` of the object that `parent` points to; the body itself is the empty text.
    #[must_use]
    pub fn member(parent: &str, name: &str) -> Self {
        Self::Member(format!("{parent}/{}", name.replace('~', "~0").replace('/', "~1")))
    }
}

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which rule.
    pub code: Code,
    /// What it is about.
    pub pointer: Pointer,
    /// One English sentence for the engineer.
    pub detail: String,
    /// The media types or purposes that would have been right.
    pub permitted: Vec<&'static str>,
    /// The type that the client declared.
    pub declared: Option<String>,
    /// The type that was found.
    pub detected: Option<&'static str>,
    /// The bound that was crossed, and the number that crossed it.
    pub bound: Option<Bound>,
    /// Which sentence the person who uploads reads.
    pub message: Variant,
    /// Whether the file is something else than its name or declaration says, so that the sentence
    /// says what it is.
    pub unlike_its_name: bool,
}

/// All broken rules of one refusal: at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violations {
    // Boxed, so that a refusal is cheap to hand on.
    first: Box<Violation>,
    rest: Vec<Violation>,
}

impl Violations {
    /// All of them; `None` when no rule was broken.
    #[must_use]
    pub fn of(all: Vec<Violation>) -> Option<Self> {
        let mut all = all.into_iter();
        all.next().map(|first| Self { first: Box::new(first), rest: all.collect() })
    }

    /// What was judged, unless it or anything else breaks a rule: then all broken rules, those
    /// found `before` first and those found `after` last.
    ///
    /// # Errors
    /// Every broken rule.
    pub fn join<T>(
        before: Vec<Violation>,
        judged: Result<T, Self>,
        after: Vec<Violation>,
    ) -> Result<T, Self> {
        let (judged, own) = match judged {
            Ok(judged) => (Some(judged), None),
            Err(own) => (None, Some(own)),
        };
        let mut all = before;
        all.extend(own.iter().flat_map(Self::iter).cloned());
        all.extend(after);
        match (Self::of(all), judged) {
            (None, Some(judged)) => Ok(judged),
            (broken, _) => Err(broken.expect("what was not judged well broke a rule")),
        }
    }

    /// The first one, which gives the answer its status, and those after it.
    #[must_use]
    pub fn split_first(self) -> (Violation, Vec<Violation>) {
        (*self.first, self.rest)
    }

    /// All of them, in the order in which the rules were judged.
    pub fn iter(&self) -> impl Iterator<Item = &Violation> {
        std::iter::once(&*self.first).chain(&self.rest)
    }
}

impl From<Violation> for Violations {
    fn from(first: Violation) -> Self {
        Self { first: Box::new(first), rest: Vec::new() }
    }
}

/// A crossed bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The bound.
    pub limit: u64,
    /// The number.
    pub actual: u64,
}

impl Violation {
    /// A violation with nothing but its sentence.
    #[must_use]
    pub fn new(code: Code, pointer: Pointer, detail: impl Into<String>) -> Self {
        Self {
            code,
            pointer,
            detail: detail.into(),
            permitted: Vec::new(),
            declared: None,
            detected: None,
            bound: None,
            message: Variant::Only,
            unlike_its_name: false,
        }
    }

    pub(crate) fn bounded(self, limit: u64, actual: u64) -> Self {
        Self { bound: Some(Bound { limit, actual }), ..self }
    }
}

/// The violation of a file that is, or announces to be, larger than `max`.
#[must_use]
pub fn too_large(max: ByteCount, actual: ByteCount) -> Violation {
    let detail = format!("A file of this purpose has at most {max} bytes.");
    Violation::new(Code::FileSizeTooLarge, Pointer::File, detail).bounded(max.get(), actual.get())
}

/// The violation that a structure fault is.
pub(crate) fn structure_violation(fault: Fault, limits: &Limits) -> Violation {
    let (code, detail) = match fault {
        Fault::Truncated => {
            (Code::FileContentTruncated, "The file ends before its own structure does.".to_owned())
        }
        Fault::Malformed(rule) => {
            (Code::FileContentMalformed, format!("The structure breaks a rule: {rule}."))
        }
        Fault::TooManyPixels { width, height } => {
            let detail = format!("The image declares {width} by {height} pixels.");
            let (side, side_max) = (width.max(height), u64::from(limits.media.side_max));
            let (limit, actual) = if side > side_max {
                (side_max, side)
            } else {
                (limits.media.pixels_max, width.saturating_mul(height))
            };
            return Violation::new(Code::FileContentTooManyPixels, Pointer::File, detail)
                .bounded(limit, actual);
        }
        Fault::TwoFormats(Foreign { name, .. }) => {
            (Code::FileContentTwoFormats, format!("The file is also this: {name}."))
        }
        Fault::PdfEncrypted => {
            (Code::FilePdfEncrypted, "The PDF needs a password to open.".to_owned())
        }
        Fault::PdfJavaScript => (Code::FilePdfJavaScript, "The PDF contains JavaScript.".into()),
        Fault::PdfLaunch => (Code::FilePdfLaunch, "The PDF contains a launch action.".into()),
        Fault::PdfRichMedia => (Code::FilePdfRichMedia, "The PDF contains rich media.".into()),
        Fault::PdfXfa => (Code::FilePdfXfa, "The PDF contains an XFA form.".into()),
        Fault::NoVideoTrack => {
            (Code::FileVideoNoVideoTrack, "The container holds no video track.".into())
        }
    };
    Violation::new(code, Pointer::File, detail)
}
