//! The rules of the type: the purpose takes what the bytes are, and the names agree with them.

use dossier_media::{Foreign, Kind, MediaType};

use super::{Claim, Outline};
use crate::message::Variant;
use crate::purpose::Purpose;
use crate::type_name::{self, Meaning};
use crate::violation::{Pointer, Violation};
use crate::{Code, ContentCheck, file_name};

/// What a client calls a file.
#[derive(Clone, Copy)]
struct Names {
    declared: Option<Meaning>,
    extension: Option<Meaning>,
}

/// What the file is taken for; `None` when nothing speaks of it.
pub(super) fn found_kind(claim: &Claim<'_>, outline: &Outline) -> Option<Kind> {
    let believed = Names::of(claim).believed().map(Kind::Known);
    match outline.checked {
        ContentCheck::Declared => believed.or(outline.kind),
        ContentCheck::Structure | ContentCheck::Signature => outline.kind,
    }
    .or(believed)
}

/// The purpose must take what the file is.
pub(super) fn judge_type(
    claim: &Claim<'_>,
    kind: Kind,
    purpose: Option<Purpose>,
    violations: &mut Vec<Violation>,
) {
    let (code, detail) = match kind {
        Kind::Known(found) if purpose.is_none_or(|purpose| purpose.permits(found)) => return,
        Kind::Known(_) => {
            (Code::FileTypeNotPermitted, "The purpose does not take files of this type.".to_owned())
        }
        Kind::Foreign(Foreign { name, .. }) => {
            let detail = format!("The file is of a type that is never accepted: {name}.");
            (Code::FileTypeNotPermitted, detail)
        }
        Kind::Unknown => {
            let detail = "The bytes are none of the formats that are known here.";
            (Code::FileTypeUnknown, detail.to_owned())
        }
    };
    let message = match purpose {
        Some(purpose) if code == Code::FileTypeNotPermitted => purpose.row().message,
        None if code == Code::FileTypeNotPermitted => Variant::Any,
        Some(_) | None => Variant::Only,
    };
    violations.push(Violation {
        permitted: purpose.map(|p| p.row().permitted.to_vec()).unwrap_or_default(),
        declared: claim.declared.map(str::to_owned),
        detected: essence(kind),
        message,
        unlike_its_name: Names::of(claim).lie(kind),
        ..Violation::new(code, Pointer::File, detail)
    });
}

/// The declared type and the extension must be of the group of what was found.
pub(super) fn judge_names(
    claim: &Claim<'_>,
    kind: Kind,
    violations: &mut Vec<Violation>,
    warnings: &mut Vec<Code>,
) {
    let Names { declared, extension } = Names::of(claim);
    let disagrees = |pointer, detail| Violation {
        declared: claim.declared.map(str::to_owned),
        detected: essence(kind),
        unlike_its_name: true,
        ..Violation::new(Code::FileTypeDisagrees, pointer, detail)
    };
    if declared.is_some_and(|meaning| lies(meaning, kind)) {
        let detail = "The declared media type is of another group than the content.";
        violations.push(disagrees(Pointer::File, detail));
    }
    if extension.is_some_and(|meaning| lies(meaning, kind)) {
        let detail = "The filename's extension is of another group than the content.";
        violations.push(disagrees(Pointer::FileName, detail));
    }
    if let Kind::Known(found) = kind
        && [declared, extension].into_iter().flatten().any(|m| m.mismatches(found))
    {
        warnings.push(Code::FileTypeMismatch);
    }
}

impl Names {
    fn of(claim: &Claim<'_>) -> Self {
        Self {
            declared: claim.declared.and_then(type_name::declared),
            extension: claim.name.and_then(file_name::extension).and_then(type_name::extension),
        }
    }

    /// The type that the declaration, else the extension, names.
    fn believed(self) -> Option<MediaType> {
        [self.declared, self.extension].into_iter().flatten().find_map(|meaning| match meaning {
            Meaning::Type(media_type) => Some(media_type),
            Meaning::Group(_) | Meaning::Foreign => None,
        })
    }

    fn lie(self, kind: Kind) -> bool {
        [self.declared, self.extension].into_iter().flatten().any(|meaning| lies(meaning, kind))
    }
}

/// Bytes that say nothing contradict no name.
fn lies(meaning: Meaning, kind: Kind) -> bool {
    match kind {
        Kind::Known(found) => !meaning.agrees(found),
        Kind::Foreign(found) => !meaning.agrees_with_foreign(found),
        Kind::Unknown => false,
    }
}

const fn essence(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Known(found) => Some(found.essence()),
        Kind::Foreign(Foreign { essence, .. }) => Some(essence),
        Kind::Unknown => None,
    }
}
