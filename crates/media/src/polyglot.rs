//! Watches for a second format in the same bytes, beside the walker of the first.
//!
//! Readers of ZIP, PDF, tar, DICOM and disc images find their files at places that other
//! formats leave free. Substrings alone prove nothing: one camera photo in forty holds `<html`
//! somewhere. So only the places are looked at where those readers look.

mod zip_end;

use memchr::memmem;

use self::zip_end::ZipEnd;
use crate::signature::{self, HEAD_MAX, PDF_HEADER_WITHIN, foreign};
use crate::{Foreign, Kind, MediaType};

/// As much of the start as the PDF rule needs; the tar and DICOM headers lie within it.
const START_MAX: usize = PDF_HEADER_WITHIN + 6;

/// The primary volume descriptor of a disc image begins here (ECMA-119, 6.2.1 and 8.4).
const ISO_AT: u64 = 32_768;
const ISO_MAGIC: &[u8; 7] = b"\x01CD001\x01";

/// A PDF ends with this, and what follows it is short.
const PDF_END: &[u8] = b"%%EOF";

#[derive(Debug)]
pub(crate) struct Polyglot {
    at: u64,
    start: Vec<u8>,
    has_pdf_header: bool,
    end: Vec<u8>,
    iso_matched: usize,
    zip: ZipEnd,
}

impl Polyglot {
    pub(crate) fn new() -> Self {
        Self {
            at: 0,
            start: Vec::new(),
            has_pdf_header: false,
            end: Vec::new(),
            iso_matched: 0,
            zip: ZipEnd::new(),
        }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let missing = START_MAX.saturating_sub(self.start.len()).min(bytes.len());
        if missing > 0 {
            self.start.extend_from_slice(bytes.get(..missing).unwrap_or_default());
            self.has_pdf_header = signature::pdf_header(&self.start).is_some();
        }
        self.match_iso(bytes);
        self.zip.push(bytes);
        if self.has_pdf_header {
            keep_last(&mut self.end, bytes, PDF_HEADER_WITHIN);
        }
        self.at += bytes.len() as u64;
    }

    /// The other format that the file also is, given what it was recognised as.
    pub(crate) fn finish(&self, kind: Kind) -> Option<Foreign> {
        let Kind::Known(media_type) = kind else { return None };
        if self.is_pdf_beside(media_type) {
            Some(foreign::PDF)
        } else if foreign::is_tar(&self.start) {
            Some(foreign::TAR)
        } else if self.start.get(128..).is_some_and(|rest| rest.starts_with(b"DICM\x02\0")) {
            Some(foreign::DICOM)
        } else if self.iso_matched == ISO_MAGIC.len() {
            Some(foreign::ISO_9660)
        } else if media_type == MediaType::Pdf {
            // PDFs carry whole archives as attachments, so only one that ends with the file,
            // as a correct one must, is a second format and not a part of the first.
            self.zip.ends_exactly(self.at).then_some(foreign::ZIP)
        } else {
            self.zip.ends_near(self.at).then_some(foreign::ZIP)
        }
    }

    /// Readers take a header within the first 1,024 bytes. Text may quote one, so for JSON it
    /// must also end as a PDF does.
    fn is_pdf_beside(&self, media_type: MediaType) -> bool {
        let ends_as_pdf = || memmem::find(&self.end, PDF_END).is_some();
        self.has_pdf_header
            && media_type != MediaType::Pdf
            && (media_type != MediaType::Json || ends_as_pdf())
    }

    fn match_iso(&mut self, bytes: &[u8]) {
        let end = self.at + bytes.len() as u64;
        let window = ISO_AT..ISO_AT + ISO_MAGIC.len() as u64;
        if end <= window.start || self.at >= window.end {
            return;
        }
        let from = usize::try_from(window.start.saturating_sub(self.at)).unwrap_or(bytes.len());
        let done = usize::try_from(self.at.saturating_sub(window.start)).unwrap_or(usize::MAX);
        let expected = ISO_MAGIC.get(done..).unwrap_or_default();
        let seen = bytes.get(from..).unwrap_or_default();
        self.iso_matched += seen.iter().zip(expected).filter(|(a, b)| a == b).count();
    }
}

/// Appends `bytes` and keeps no more than the last `max`.
fn keep_last(kept: &mut Vec<u8>, bytes: &[u8], max: usize) {
    let new = bytes.get(bytes.len().saturating_sub(max)..).unwrap_or_default();
    let surplus = (kept.len() + new.len()).saturating_sub(max);
    kept.drain(..surplus.min(kept.len()));
    kept.extend_from_slice(new);
}

/// The bytes behind the end of an image, where programs hide and phones keep their trailers.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    head: Vec<u8>,
    blank: bool,
}

impl Tail {
    pub(crate) fn new() -> Self {
        Self { head: Vec::new(), blank: true }
    }

    /// Takes the next bytes of the tail; padding in front of it is passed over.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.blank &= bytes.iter().all(u8::is_ascii_whitespace);
        let is_padding = |byte: &u8| *byte == 0 || byte.is_ascii_whitespace();
        let padding = match self.head.is_empty() {
            true => bytes.iter().take_while(|byte| is_padding(byte)).count(),
            false => 0,
        };
        let rest = bytes.get(padding..).unwrap_or_default();
        let room = HEAD_MAX.saturating_sub(self.head.len()).min(rest.len());
        self.head.extend_from_slice(rest.get(..room).unwrap_or_default());
    }

    /// Whether nothing but white space was seen.
    pub(crate) fn is_blank(&self) -> bool {
        self.blank
    }

    /// The file that the tail is, when it is one that a program or a browser would open.
    /// Pictures and clips are not: phones append previews and the film of a motion photo.
    pub(crate) fn second_file(&self) -> Option<Foreign> {
        match signature::recognise(&self.head) {
            Kind::Known(MediaType::Pdf) => Some(foreign::PDF),
            Kind::Foreign(found) => APPENDED.contains(&found).then_some(found),
            Kind::Known(_) | Kind::Unknown => None,
        }
    }
}

/// What makes an image with a tail two files. All have signatures of three bytes and more.
const APPENDED: [Foreign; 29] = [
    foreign::PDF_LATE,
    foreign::ZIP,
    foreign::OFFICE,
    foreign::WORD,
    foreign::EXCEL,
    foreign::POWERPOINT,
    foreign::OPEN_DOCUMENT,
    foreign::EPUB,
    foreign::JAR,
    foreign::APK,
    foreign::RAR,
    foreign::SEVEN_ZIP,
    foreign::GZIP,
    foreign::XZ,
    foreign::ZSTD,
    foreign::CABINET,
    foreign::TAR,
    foreign::HTML,
    foreign::SVG,
    foreign::PHP,
    foreign::RTF,
    foreign::POSTSCRIPT,
    foreign::OLE,
    foreign::WINDOWS_PROGRAM,
    foreign::ELF,
    foreign::MACH_O,
    foreign::JAVA_CLASS,
    foreign::WASM,
    foreign::SHORTCUT,
];

#[cfg(test)]
mod tests;
