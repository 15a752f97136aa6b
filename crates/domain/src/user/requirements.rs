//! What is missing before a verification is complete: the table of documents, what a client adds
//! to it, and what a reviewer asked for. Nothing takes away from the table.

use super::document_type::{DOCUMENT_TYPES, DocumentType};
use super::members::{user_object, wrong};
use crate::object::MemberFault;
use crate::{Json, Members, Pointer, Purpose, Violation, Violations};

/// What a client may ask of its users beside the document.
pub const ADDED_PURPOSES: [Purpose; 2] = [Purpose::ProofOfAddress, Purpose::SelfieVideo];
/// The most words of one list: more than any table has.
const WORDS_MAX: usize = 50;

/// Why something is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The person has to be identified by a document.
    Document,
    /// The client asks all its users for it.
    Policy,
    /// A reviewer asked for it.
    Requested,
}

impl Why {
    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Policy => "policy",
            Self::Requested => "requested",
        }
    }
}

/// What is wanted of a user.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The document that was stated; any will do when none was.
    pub document_type: Option<DocumentType>,
    /// What the client adds.
    pub policy: &'a [Purpose],
    /// What a reviewer asked for and has not come since.
    pub requested: &'a [Purpose],
}

/// Something that is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Why it is wanted.
    pub why: Why,
    /// The sets of purposes any one of which fills it, those that are there left out.
    pub any_of: Vec<Vec<Purpose>>,
}

/// Everything that is missing, given the purposes of the files that are there.
#[must_use]
pub fn missing(wanted: &Wanted<'_>, there: &[Purpose]) -> Vec<Missing> {
    let mut all: Vec<Missing> = missing_document(wanted.document_type, there).into_iter().collect();
    let one = |why, purpose: &Purpose| Missing { why, any_of: vec![vec![*purpose]] };
    let policy =
        wanted.policy.iter().filter(|p| !there.contains(p) && !wanted.requested.contains(p));
    all.extend(policy.map(|purpose| one(Why::Policy, purpose)));
    all.extend(wanted.requested.iter().map(|purpose| one(Why::Requested, purpose)));
    all
}

fn missing_document(document_type: Option<DocumentType>, there: &[Purpose]) -> Option<Missing> {
    let rows = DOCUMENT_TYPES.iter();
    let rows = rows.filter(|row| document_type.is_none_or(|wanted| wanted == row.document_type));
    let lacks = |set: &&[Purpose]| {
        set.iter().copied().filter(|purpose| !there.contains(purpose)).collect::<Vec<_>>()
    };
    let any_of: Vec<_> = rows.flat_map(|row| row.complete).map(lacks).collect();
    let complete = any_of.iter().any(Vec::is_empty);
    (!complete).then_some(Missing { why: Why::Document, any_of })
}

/// Reads what a client adds: `{"added": ["proof_of_address"]}`.
///
/// # Errors
/// Every broken rule.
pub fn read_policy(body: Members) -> Result<Vec<Purpose>, Violations> {
    let mut object = user_object("", body);
    let added = match object.take_given("added") {
        None => {
            object.wrong("added", MemberFault::new("is missing"));
            Vec::new()
        }
        Some(list) => {
            let names = ADDED_PURPOSES.map(|purpose| purpose.name()).join("`, `");
            let rule = format!("must be one of `{names}`, named once");
            let addable = |text: &str| ADDED_PURPOSES.into_iter().find(|p| p.name() == text);
            let (added, violations) = read_words(&object.pointer("added"), list, &rule, addable);
            object.note(violations);
            added
        }
    };
    Violations::of(object.finish()).map_or(Ok(added), Err)
}

/// A list of words of a table, each named once; what breaks `rule` is left out and told.
pub(super) fn read_words<T: PartialEq>(
    pointer: &Pointer,
    list: Json,
    rule: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> (Vec<T>, Vec<Violation>) {
    let Some(items) = list.into_items() else {
        return (Vec::new(), vec![wrong(pointer.clone(), MemberFault::new("must be a list"))]);
    };
    let (mut words, mut violations) = (Vec::new(), Vec::new());
    for (index, item) in items.iter().enumerate().take(WORDS_MAX) {
        match item.as_text().and_then(&parse).filter(|word| !words.contains(word)) {
            Some(word) => words.push(word),
            None => {
                let pointer = Pointer::member(pointer.as_str(), &index.to_string());
                violations.push(wrong(pointer, MemberFault::new(rule)));
            }
        }
    }
    if items.len() > WORDS_MAX {
        let bound = Some((WORDS_MAX, items.len()));
        let rule = format!("must have at most {WORDS_MAX} items");
        violations.push(wrong(pointer.clone(), MemberFault { rule, bound }));
    }
    (words, violations)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Purpose as P;

    fn found(wanted: &Wanted<'_>, there: &[Purpose]) -> String {
        let set = |set: &Vec<Purpose>| {
            set.iter().map(|purpose| purpose.name()).collect::<Vec<_>>().join("+")
        };
        let line = |missing: &Missing| {
            let sets: Vec<_> = missing.any_of.iter().map(set).collect();
            format!("{}: {}", missing.why.name(), sets.join(" or "))
        };
        missing(wanted, there).iter().map(line).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn each_document_is_complete_with_its_own_purposes_and_no_others() {
        use DocumentType as D;
        let documents: &[(D, &[P], &str)] = &[
            (D::IdCard, &[], "document: idcard_both_sides or idcard_front+idcard_back"),
            (D::IdCard, &[P::IdcardFront], "document: idcard_both_sides or idcard_back"),
            (D::IdCard, &[P::IdcardBack], "document: idcard_both_sides or idcard_front"),
            (D::IdCard, &[P::IdcardBack, P::IdcardFront], ""),
            (D::IdCard, &[P::IdcardBothSides], ""),
            (D::IdCard, &[P::Passport], "document: idcard_both_sides or idcard_front+idcard_back"),
            (D::PaperId, &[P::Passport], "document: paper_id"),
            (D::PaperId, &[P::PaperId], ""),
            (D::Passport, &[P::Other], "document: passport"),
            (D::Passport, &[P::Passport], ""),
            (D::DrivingLicence, &[], "document: driving_licence"),
            (D::DrivingLicence, &[P::DrivingLicence, P::DrivingLicence], ""),
            (D::ResidencePermit, &[P::SelfieVideo], "document: residence_permit"),
            (D::ResidencePermit, &[P::ResidencePermit], ""),
        ];
        for (document_type, there, want) in documents {
            let document_type = Some(*document_type);
            let wanted = Wanted { document_type, policy: &[], requested: &[] };
            assert_eq!(found(&wanted, there), *want, "{document_type:?} {there:?}");
        }
    }

    #[test]
    fn any_document_will_do_when_none_is_stated() {
        let wanted = Wanted { document_type: None, policy: &[], requested: &[] };
        assert_eq!(
            found(&wanted, &[P::IdcardFront]),
            "document: idcard_both_sides or idcard_back or paper_id or passport or \
             driving_licence or residence_permit"
        );
        assert_eq!(found(&wanted, &[P::Passport]), "");
    }

    #[test]
    fn a_client_adds_and_a_reviewer_asks_again_for_what_is_there() {
        let document_type = Some(DocumentType::Passport);
        let policy = &ADDED_PURPOSES;
        let wanted = Wanted { document_type, policy, requested: &[] };
        let there = [P::Passport, P::ProofOfAddress];
        assert_eq!(found(&wanted, &there), "policy: selfie_video");
        let wanted = Wanted { requested: &[P::Passport, P::SelfieVideo], ..wanted };
        assert_eq!(found(&wanted, &there), "requested: passport; requested: selfie_video");
    }

    #[test]
    fn a_policy_names_what_can_be_added_once() {
        let read = |text: &str| {
            let body = Json::parse(text.as_bytes()).unwrap().into_members().unwrap();
            let pointers = |violations: Violations| {
                violations.iter().map(|v| v.pointer.as_str().to_owned()).collect::<Vec<_>>()
            };
            read_policy(body).map_err(pointers)
        };
        assert_eq!(read(r#"{"added":[]}"#), Ok(vec![]));
        let both = r#"{"added":["proof_of_address","selfie_video"]}"#;
        assert_eq!(read(both), Ok(ADDED_PURPOSES.to_vec()));
        for (text, pointers) in [
            ("{}", vec!["/added"]),
            (r#"{"added":"selfie_video"}"#, vec!["/added"]),
            (r#"{"added":["passport"]}"#, vec!["/added/0"]),
            (r#"{"added":["selfie_video","selfie_video",7]}"#, vec!["/added/1", "/added/2"]),
            (r#"{"added":["nonsense","passport"]}"#, vec!["/added/0", "/added/1"]),
            (r#"{"added":["passport","selfie_video","other"]}"#, vec!["/added/0", "/added/2"]),
            (r#"{"added":[],"removed":[]}"#, vec!["/removed"]),
        ] {
            assert_eq!(read(text).unwrap_err(), pointers, "{text}");
        }
    }
}
