//! References to files: which ids may become part of which user's verification.

use std::collections::{HashMap, HashSet};

use crate::{Code, FileId, Pointer, Purpose, UserId, Violation};

/// Where in a request a file is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The one report.
    Report,
    /// The list of other files, at this index.
    File(usize),
}

/// An id in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// What the answer points to.
    pub pointer: Pointer,
    /// Where it stands.
    pub place: Place,
    /// The id; `None` when the text is none, which is as unknown as any other.
    pub id: Option<FileId>,
}

/// What must be known of a referenced file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReferencedFile {
    /// What it was uploaded for.
    pub purpose: Purpose,
    /// Whether a check rejected it.
    pub rejected: bool,
    /// Whose it is.
    pub user_id: Option<UserId>,
}

/// A rule that a reference breaks.
#[derive(Clone, Copy)]
enum Fault {
    Unknown,
    Repeated,
    WrongPurpose,
    Rejected,
    Taken,
}

/// Every broken rule of the references of one request, in their order. `files` holds those of the
/// client that exist; `user_id` is the user they are for.
#[must_use]
pub fn judge_references(
    references: &[Reference],
    files: &HashMap<FileId, ReferencedFile>,
    user_id: UserId,
) -> Vec<Violation> {
    let mut listed = HashSet::new();
    let mut violations = Vec::new();
    for reference in references {
        let repeated = match (reference.place, reference.id) {
            (Place::File(_), Some(id)) => !listed.insert(id),
            (Place::File(_), None) | (Place::Report, _) => false,
        };
        let file = reference.id.and_then(|id| files.get(&id));
        let faults = match file {
            _ if repeated => vec![Fault::Repeated],
            None => vec![Fault::Unknown],
            Some(file) => faults_of(file, reference.place, user_id),
        };
        violations.extend(faults.into_iter().map(|fault| violation(fault, reference)));
    }
    violations
}

fn faults_of(file: &ReferencedFile, place: Place, user_id: UserId) -> Vec<Fault> {
    let is_report = file.purpose == Purpose::VerificationReport;
    let misplaced = match place {
        Place::Report => !is_report,
        Place::File(_) => is_report,
    };
    let taken = file.user_id.is_some_and(|owner| owner != user_id);
    [
        misplaced.then_some(Fault::WrongPurpose),
        file.rejected.then_some(Fault::Rejected),
        taken.then_some(Fault::Taken),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn violation(fault: Fault, reference: &Reference) -> Violation {
    let (code, detail) = match (fault, reference.place) {
        (Fault::Unknown, _) => (Code::ReferenceUnknown, "There is no file with this id."),
        (Fault::Repeated, _) => (Code::ReferenceRepeated, "The list names this file before."),
        (Fault::Rejected, _) => (Code::ReferenceRejected, "A check rejected this file."),
        (Fault::Taken, _) => (Code::ReferenceTaken, "The file belongs to another user."),
        (Fault::WrongPurpose, Place::Report) => {
            (Code::ReferenceWrongPurpose, "A report has the purpose `verification_report`.")
        }
        (Fault::WrongPurpose, Place::File(_)) => (
            Code::ReferenceWrongPurpose,
            "A file of the purpose `verification_report` can only be the report.",
        ),
    };
    Violation::new(code, reference.pointer.clone(), detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    const US: UserId = UserId::from_bytes([1; 16]);
    const THEM: UserId = UserId::from_bytes([2; 16]);

    fn id(number: u8) -> FileId {
        FileId::from_bytes([number; 16])
    }

    fn files() -> HashMap<FileId, ReferencedFile> {
        use Purpose::{Passport, VerificationReport};
        let file = |purpose, rejected, user_id| ReferencedFile { purpose, rejected, user_id };
        HashMap::from([
            (id(1), file(Passport, false, None)),
            (id(2), file(Passport, false, Some(US))),
            (id(3), file(Passport, false, Some(THEM))),
            (id(4), file(Passport, true, None)),
            (id(5), file(VerificationReport, false, None)),
            (id(6), file(VerificationReport, true, Some(THEM))),
        ])
    }

    fn found(places: &[(Place, Option<u8>)]) -> Vec<String> {
        let references: Vec<_> = places
            .iter()
            .map(|(place, number)| {
                let pointer = match place {
                    Place::Report => Pointer::member("", "report"),
                    Place::File(index) => Pointer::member("/files", &index.to_string()),
                };
                Reference { pointer, place: *place, id: number.map(id) }
            })
            .collect();
        let violations = judge_references(&references, &files(), US);
        violations.iter().map(|v| format!("{} {}", v.pointer.as_str(), v.code)).collect()
    }

    #[test]
    fn free_files_and_those_of_the_same_user_are_taken_in_their_places() {
        use Place::{File, Report};
        let places = [(Report, Some(5)), (File(0), Some(1)), (File(1), Some(2))];
        assert_eq!(found(&places), Vec::<String>::new());
    }

    #[test]
    fn every_broken_rule_of_every_reference_is_named() {
        use Place::{File, Report};
        let places = [
            (Report, Some(1)),
            (File(0), Some(3)),
            (File(1), Some(4)),
            (File(2), Some(6)),
            (File(3), Some(9)),
            (File(4), None),
            (File(5), Some(3)),
            (File(6), Some(9)),
            (File(7), None),
            (File(8), Some(1)),
        ];
        assert_eq!(
            found(&places),
            [
                "/report reference.wrong_purpose",
                "/files/0 reference.taken",
                "/files/1 reference.rejected",
                "/files/2 reference.wrong_purpose",
                "/files/2 reference.rejected",
                "/files/2 reference.taken",
                "/files/3 reference.unknown",
                "/files/4 reference.unknown",
                "/files/5 reference.repeated",
                "/files/6 reference.repeated",
                "/files/7 reference.unknown",
            ]
        );
    }
}
