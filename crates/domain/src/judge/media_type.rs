//! The rules of the type: the purpose takes what the bytes are, and the names agree with them.

use dossier_media::{Foreign, Kind, MediaType};

use super::{Claim, Outline};
use crate::message::Variant;
use crate::purpose::Purpose;
use crate::type_name::{self, Meaning};
use crate::violation::{Pointer, Violation};
use crate::{Code, ContentCheck, file_name};

/// The type of the file, judged against the purpose.
pub(super) fn found_type(
    claim: &Claim<'_>,
    outline: &Outline,
    purpose: Option<Purpose>,
    violations: &mut Vec<Violation>,
) -> Option<MediaType> {
    let believed = match outline.checked {
        ContentCheck::Declared => believed_type(claim),
        ContentCheck::Structure | ContentCheck::Signature => None,
    };
    let kind = match (believed, outline.kind) {
        (Some(media_type), _) => Kind::Known(media_type),
        (None, Some(kind)) => kind,
        (None, None) => Kind::Known(believed_type(claim)?),
    };
    let (detected, found) = match kind {
        Kind::Known(media_type) => (media_type.essence(), Some(media_type)),
        Kind::Foreign(foreign) => (foreign.essence, None),
        Kind::Unknown => {
            let detail = "The bytes are none of the formats that are known here.";
            violations.push(not_permitted(Code::FileTypeUnknown, purpose, claim, detail));
            return None;
        }
    };
    if purpose.is_some_and(|p| !found.is_some_and(|t| p.permits(t))) || found.is_none() {
        let detail = match kind {
            Kind::Foreign(Foreign { name, .. }) => {
                format!("The file is of a type that is never accepted: {name}.")
            }
            Kind::Known(_) | Kind::Unknown => {
                "The purpose does not take files of this type.".to_owned()
            }
        };
        violations.push(Violation {
            detected: Some(detected),
            ..not_permitted(Code::FileTypeNotPermitted, purpose, claim, detail)
        });
    }
    found
}

fn not_permitted(
    code: Code,
    purpose: Option<Purpose>,
    claim: &Claim<'_>,
    detail: impl Into<String>,
) -> Violation {
    let message = match purpose {
        Some(purpose) if code == Code::FileTypeNotPermitted => purpose.row().message,
        None if code == Code::FileTypeNotPermitted => Variant::Any,
        Some(_) | None => Variant::Only,
    };
    Violation {
        permitted: purpose.map(|p| p.row().permitted.to_vec()).unwrap_or_default(),
        declared: claim.declared.map(str::to_owned),
        message,
        ..Violation::new(code, Pointer::File, detail)
    }
}

/// The type that the declaration, else the extension, names.
fn believed_type(claim: &Claim<'_>) -> Option<MediaType> {
    let declared = claim.declared.and_then(type_name::declared);
    let extension = claim.name.and_then(file_name::extension).and_then(type_name::extension);
    [declared, extension].into_iter().flatten().find_map(|meaning| match meaning {
        Meaning::Type(media_type) => Some(media_type),
        Meaning::Group(_) | Meaning::Foreign => None,
    })
}

/// The declared type and the extension must be of the group of what was found.
pub(super) fn judge_names_of_type(
    claim: &Claim<'_>,
    found: MediaType,
    violations: &mut Vec<Violation>,
    warnings: &mut Vec<Code>,
) {
    let declared = claim.declared.and_then(type_name::declared);
    let extension = claim.name.and_then(file_name::extension).and_then(type_name::extension);
    let disagrees = |pointer, detail| Violation {
        declared: claim.declared.map(str::to_owned),
        detected: Some(found.essence()),
        ..Violation::new(Code::FileTypeDisagrees, pointer, detail)
    };
    if declared.is_some_and(|m| !m.agrees(found)) {
        let detail = "The declared media type is of another group than the content.";
        violations.push(disagrees(Pointer::File, detail));
    }
    if extension.is_some_and(|m| !m.agrees(found)) {
        let detail = "The filename's extension is of another group than the content.";
        violations.push(disagrees(Pointer::FileName, detail));
    }
    if [declared, extension].into_iter().flatten().any(|m| m.mismatches(found)) {
        warnings.push(Code::FileTypeMismatch);
    }
}
