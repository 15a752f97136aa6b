//! The final gate: a claim and what the bytes say, in; every broken rule, or a file, out.

mod media_type;

use dossier_media::{Fault, Kind, Limits as MediaLimits, MediaType, Note};

use self::media_type::{found_kind, judge_names, judge_type};
use crate::file_name::{FileName, NameFault};
use crate::purpose::{Attachments, PURPOSES, Purpose};
use crate::violation::{Pointer, Violation, Violations, structure_violation, too_large};
use crate::{ByteCount, Code, ContentCheck};

/// What a client claims of a file.
#[derive(Clone)]
pub struct Claim<'a> {
    /// The purpose field as it came; `None` when it had not come yet as the upload was given up.
    pub purpose: Option<&'a str>,
    /// The filename after transport decoding; `None` when it is not UTF-8.
    pub name: Option<&'a str>,
    /// The declared `type/subtype`, lower-case, without parameters.
    pub declared: Option<&'a str>,
    /// The SHA-256 that was announced of the file's bytes.
    pub sha256: Option<[u8; 32]>,
}

/// What a client sends never reaches a log by way of `Debug`.
impl std::fmt::Debug for Claim<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Claim(…)")
    }
}

/// What is known of the bytes.
#[derive(Clone, Debug)]
pub struct Evidence<'a> {
    /// Size of the file part.
    pub size: ByteCount,
    /// What the bytes are.
    pub kind: Kind,
    /// Structure faults.
    pub faults: &'a [Fault],
    /// Structure notes.
    pub notes: &'a [Note],
    /// The SHA-256 of the bytes; `None` when they were not read to their end.
    pub sha256: Option<[u8; 32]>,
    /// How much was looked at.
    pub checked: ContentCheck,
}

/// What is known of a file before its upload.
#[derive(Clone, Debug)]
pub struct Outline {
    /// Its size.
    pub size: ByteCount,
    /// What its first bytes say it is; `None` when no byte is known.
    pub kind: Option<Kind>,
    /// How much will be looked at.
    pub checked: ContentCheck,
}

/// Bounds that a deployment may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The fewest bytes of a file.
    pub size_min: ByteCount,
    /// The most bytes of a file.
    pub size_max: ByteCount,
    /// Lower limits of single purposes.
    pub size_max_by_purpose: Vec<(Purpose, ByteCount)>,
    /// Limits of the structure walk.
    pub media: MediaLimits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            size_min: ByteCount(15),
            size_max: ByteCount(209_715_200),
            size_max_by_purpose: Vec::new(),
            media: MediaLimits::default(),
        }
    }
}

impl Limits {
    /// The most bytes of a file of this purpose.
    #[must_use]
    pub fn size_max_of(&self, purpose: Purpose) -> ByteCount {
        let own = self.size_max_by_purpose.iter().find(|(p, _)| *p == purpose);
        own.map_or(self.size_max, |(_, max)| (*max).min(self.size_max))
    }
}

/// A file that broke no rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Its purpose.
    pub purpose: Purpose,
    /// Its name.
    pub name: FileName,
    /// Its canonical type.
    pub media_type: MediaType,
    /// What a client may want to know.
    pub warnings: Vec<Code>,
}

/// What the rules have said so far.
struct Judgement {
    purpose: Option<Purpose>,
    name: Option<FileName>,
    size_fits: bool,
    media_type: Option<MediaType>,
    violations: Vec<Violation>,
    warnings: Vec<Code>,
}

/// Judges one file: purpose, name, size, type, names against type, structure, digest, in that
/// order.
///
/// Size comes before type: of a file that is too small or too large nothing of its content is
/// judged, because its bytes cannot say what it is.
///
/// # Errors
/// Every broken rule.
pub fn judge(
    claim: &Claim<'_>,
    evidence: &Evidence<'_>,
    limits: &Limits,
) -> Result<Accepted, Violations> {
    let Evidence { size, kind, checked, .. } = *evidence;
    let mut judged = begin(claim, &Outline { size, kind: Some(kind), checked }, limits);
    if judged.size_fits {
        judge_structure(evidence, limits, &mut judged);
    }
    judged.violations.extend(judge_digest(claim.sha256, evidence.sha256));
    let Judgement { purpose, name, media_type, violations, .. } = judged;
    let warnings = warnings(judged.warnings, checked);
    match (Violations::of(violations), purpose, name, media_type) {
        (None, Some(purpose), Some(name), Some(media_type)) => {
            Ok(Accepted { purpose, name, media_type, warnings })
        }
        (Some(violations), ..) => Err(violations),
        // A name or a type that is not there is a broken rule; a purpose need not have come yet.
        (None, ..) => {
            let detail = "The part `purpose` is missing.";
            Err(Violation::new(Code::MultipartPartMissing, Pointer::Purpose, detail).into())
        }
    }
}

/// Judges what is known of a file before its upload; answers what its upload would warn of.
///
/// # Errors
/// Every rule that its upload would break, as far as can be told.
pub fn judge_outline(
    claim: &Claim<'_>,
    outline: &Outline,
    limits: &Limits,
) -> Result<Vec<Code>, Violations> {
    let Judgement { violations, warnings: found, .. } = begin(claim, outline, limits);
    match Violations::of(violations) {
        Some(violations) => Err(violations),
        None => Ok(warnings(found, outline.checked)),
    }
}

/// The rules that need no more than an outline.
fn begin(claim: &Claim<'_>, outline: &Outline, limits: &Limits) -> Judgement {
    let (mut violations, mut warnings) = (Vec::new(), Vec::new());
    let purpose = judge_purpose(claim.purpose, &mut violations);
    let name = judge_name(claim.name, &mut violations);
    let size_fits = judge_size(outline.size, purpose, limits, &mut violations);
    let mut media_type = None;
    if size_fits && let Some(kind) = found_kind(claim, outline) {
        judge_type(claim, kind, purpose, &mut violations);
        judge_names(claim, kind, &mut violations, &mut warnings);
        media_type = match kind {
            Kind::Known(found) => Some(found),
            Kind::Foreign(_) | Kind::Unknown => None,
        };
    }
    Judgement { purpose, name, size_fits, media_type, violations, warnings }
}

fn warnings(mut found: Vec<Code>, checked: ContentCheck) -> Vec<Code> {
    match checked {
        ContentCheck::Structure => {}
        ContentCheck::Signature | ContentCheck::Declared => found.push(Code::FileContentUnchecked),
    }
    found
}

fn judge_purpose(text: Option<&str>, violations: &mut Vec<Violation>) -> Option<Purpose> {
    let purpose = text.and_then(|t| t.parse().ok());
    if text.is_some() && purpose.is_none() {
        let detail = "The purpose is none of those that GET /v1/purposes lists.";
        violations.push(Violation {
            permitted: PURPOSES.iter().map(|row| row.name).collect(),
            ..Violation::new(Code::FilePurposeUnknown, Pointer::Purpose, detail)
        });
    }
    purpose
}

fn judge_name(name: Option<&str>, violations: &mut Vec<Violation>) -> Option<FileName> {
    let Some(name) = name else {
        let detail = "The filename is not valid UTF-8.";
        violations.push(Violation::new(Code::FileNameCharacter, Pointer::FileName, detail));
        return None;
    };
    let faults = match FileName::parse(name) {
        Ok(name) => return Some(name),
        Err(faults) => faults,
    };
    violations.extend(faults.into_iter().map(|fault| match fault {
        NameFault::Length(chars) => {
            let (min, max) = (FileName::CHARS_MIN, FileName::CHARS_MAX);
            let limit = if chars < min { min } else { max };
            let detail = format!("A filename has {min} to {max} characters.");
            Violation::new(Code::FileNameLength, Pointer::FileName, detail)
                .bounded(limit as u64, chars as u64)
        }
        NameFault::LeadingDot => Violation::new(
            Code::FileNameLeadingDot,
            Pointer::FileName,
            "The filename starts with a dot.",
        ),
        NameFault::Character => Violation::new(
            Code::FileNameCharacter,
            Pointer::FileName,
            "The filename has a path separator, a control character or a bidirectional control.",
        ),
    }));
    None
}

fn judge_size(
    size: ByteCount,
    purpose: Option<Purpose>,
    limits: &Limits,
    violations: &mut Vec<Violation>,
) -> bool {
    let max = purpose.map_or(limits.size_max, |p| limits.size_max_of(p));
    if size > max {
        violations.push(too_large(max, size));
    } else if size < limits.size_min {
        let detail = format!("A file has at least {} bytes.", limits.size_min);
        violations.push(
            Violation::new(Code::FileSizeTooSmall, Pointer::File, detail)
                .bounded(limits.size_min.get(), size.get()),
        );
    }
    (limits.size_min..=max).contains(&size)
}

fn judge_structure(evidence: &Evidence<'_>, limits: &Limits, judged: &mut Judgement) {
    let Judgement { purpose, violations, warnings, .. } = judged;
    violations.extend(evidence.faults.iter().map(|fault| structure_violation(*fault, limits)));
    for note in evidence.notes {
        match (note, purpose.map(|p| p.row().attachments)) {
            (Note::PdfAttachments, Some(Attachments::Refuse)) => {
                let detail = "Files for this purpose may not carry embedded files.";
                violations.push(Violation::new(Code::FilePdfAttachments, Pointer::File, detail));
            }
            (Note::PdfAttachments, Some(Attachments::Warn) | None) => {
                warnings.push(Code::FilePdfAttachments);
            }
            (Note::PdfRestricted, _) => warnings.push(Code::FilePdfRestricted),
        }
    }
}

/// The digest that was announced of a file, beside the one of its bytes. What was announced of
/// bytes that were not all read is neither kept nor broken.
#[must_use]
pub fn judge_digest(announced: Option<[u8; 32]>, found: Option<[u8; 32]>) -> Option<Violation> {
    let differs = found.is_some() && announced.is_some_and(|announced| Some(announced) != found);
    differs.then(|| {
        let detail = "The file's bytes have another SHA-256 than its digest header says.";
        Violation::new(Code::DigestMismatch, Pointer::File, detail)
    })
}

#[cfg(test)]
mod tests;
