//! What a walk over the bytes can say: faults that refuse the file, notes that only warn, facts.

use crate::{Foreign, Kind};

/// Bounds that a deployment may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Width times height, in pixels; also of the output of HEIF grids and overlays.
    pub pixels_max: u64,
    /// Width or height, in pixels.
    pub side_max: u32,
    /// Bytes that compressed PDF streams may inflate to, over the whole file.
    pub inflate_bytes_max: u64,
    /// Depth of nested JSON values, PDF objects and boxes.
    pub depth_max: u16,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            pixels_max: 256 * 1024 * 1024,
            side_max: 65_535,
            inflate_bytes_max: 64 * 1024 * 1024,
            depth_max: 64,
        }
    }
}

/// Why the bytes are refused. Each variant is one public error code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The file ends before its own structure does.
    Truncated,
    /// The structure breaks its format's standard; the text names the rule, never the content.
    Malformed(&'static str),
    /// More pixels than [`Limits`] permit.
    TooManyPixels {
        /// Declared width in pixels.
        width: u64,
        /// Declared height in pixels.
        height: u64,
    },
    /// The bytes are also a file of another format.
    TwoFormats(Foreign),
    /// A PDF that needs a password to open.
    PdfEncrypted,
    /// A PDF with JavaScript.
    PdfJavaScript,
    /// A PDF that starts programs.
    PdfLaunch,
    /// A PDF with rich media (Flash, 3D, video annotations).
    PdfRichMedia,
    /// A PDF with an XFA form.
    PdfXfa,
    /// A video container without a video track.
    NoVideoTrack,
}

/// Something a client may want to know of an accepted file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Note {
    /// A PDF with embedded files: whether that is a refusal depends on the purpose.
    PdfAttachments,
    /// A PDF that restricts printing or copying and opens with the empty password.
    PdfRestricted,
}

/// What the headers say of the content; every member is absent where the format does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Width in pixels, of the primary image or the first video track.
    pub width: Option<u32>,
    /// Height in pixels.
    pub height: Option<u32>,
    /// Number of pages of a PDF.
    pub pages: Option<u32>,
    /// Duration in milliseconds.
    pub duration_ms: Option<u64>,
}

/// The outcome of one walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings {
    /// What the bytes are.
    pub kind: Kind,
    /// Faults in the order they were met, each at most once, at most [`Findings::FAULTS_MAX`].
    pub faults: Vec<Fault>,
    /// Notes in the order they were met, each at most once.
    pub notes: Vec<Note>,
    /// Facts for people and for later checks.
    pub facts: Facts,
}

impl Findings {
    /// A walk keeps no more faults than this.
    pub const FAULTS_MAX: usize = 16;

    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, faults: Vec::new(), notes: Vec::new(), facts: Facts::default() }
    }

    pub(crate) fn fault(&mut self, fault: Fault) {
        if self.faults.len() < Self::FAULTS_MAX && !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }

    pub(crate) fn note(&mut self, note: Note) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

impl Limits {
    /// Judges a declared image size; `Ok` when both sides are at least 1 and within the limits.
    pub(crate) fn check_pixels(&self, width: u64, height: u64) -> Result<(), Fault> {
        if width == 0 || height == 0 {
            return Err(Fault::Malformed("an image side is zero"));
        }
        let sides = width.max(height) <= u64::from(self.side_max);
        let area = width.checked_mul(height).is_some_and(|a| a <= self.pixels_max);
        if sides && area { Ok(()) } else { Err(Fault::TooManyPixels { width, height }) }
    }
}
