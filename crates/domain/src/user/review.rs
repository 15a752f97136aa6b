//! What a reviewer says of a verification: a decision, or which documents are wanted.

use super::field::{check_text, day};
use super::members::user_object;
use super::reason::ReasonCode;
use super::requirements::read_words;
use super::status::VerificationStep;
use crate::object::{MemberFault, Object};
use crate::{Json, Members, Purpose, Timestamp, Violations};

/// The most characters of a note.
const NOTE_CHARS_MAX: usize = 2000;

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The person is who it says.
    Approved,
    /// The verification is refused.
    Rejected,
}

impl Outcome {
    /// The step of the verification that it is.
    #[must_use]
    pub const fn step(self) -> VerificationStep {
        match self {
            Self::Approved => VerificationStep::Approved,
            Self::Rejected => VerificationStep::Rejected,
        }
    }
}

/// A decision on a verification.
#[derive(Clone, PartialEq, Eq)]
pub struct Decision {
    /// What was decided.
    pub outcome: Outcome,
    /// Why; a rejection has at least one reason, an approval none.
    pub reasons: Vec<ReasonCode>,
    /// What the reviewer noted, not for the person.
    pub note: Option<String>,
}

/// Documents that a reviewer wants.
#[derive(Clone, PartialEq, Eq)]
pub struct DocumentRequest {
    /// The purposes of the files, at least one.
    pub purposes: Vec<Purpose>,
    /// Why, at least one.
    pub reasons: Vec<ReasonCode>,
    /// What the reviewer noted, not for the person.
    pub note: Option<String>,
    /// The last day on which they are awaited: `YYYY-MM-DD`.
    pub until: Option<String>,
}

impl Decision {
    /// Reads the body of a request.
    ///
    /// # Errors
    /// Every broken rule.
    pub fn read(body: Members) -> Result<Self, Violations> {
        let mut object = user_object("", body);
        let outcome = match object.take_given("decision").as_ref().and_then(Json::as_text) {
            Some("approved") => Some(Outcome::Approved),
            Some("rejected") => Some(Outcome::Rejected),
            Some(_) | None => {
                object.wrong("decision", MemberFault::new("must be `approved` or `rejected`"));
                None
            }
        };
        let reasons = read_reasons(&mut object);
        match (outcome, &reasons) {
            (Some(Outcome::Rejected), Some(none)) if none.is_empty() => {
                object.wrong("reason_codes", MemberFault::new("must say why, at least once"));
            }
            (Some(Outcome::Approved), Some(some)) if !some.is_empty() => {
                let fault = MemberFault::new("must be empty: nobody needs a reason to be approved");
                object.wrong("reason_codes", fault);
            }
            (Some(Outcome::Approved | Outcome::Rejected) | None, _) => {}
        }
        let note = read_note(&mut object);
        match (Violations::of(object.finish()), outcome) {
            (None, Some(outcome)) => {
                Ok(Self { outcome, reasons: reasons.unwrap_or_default(), note })
            }
            (violations, _) => Err(violations.expect("an outcome that is not read was noted")),
        }
    }

    /// What is kept of it beside its outcome.
    #[must_use]
    pub fn to_json(&self) -> Json {
        Json::Object(review_members(&self.reasons, self.note.as_ref()).collect())
    }
}

impl DocumentRequest {
    /// Reads the body of a request; `now` decides which days have passed.
    ///
    /// # Errors
    /// Every broken rule.
    pub fn read(body: Members, now: Timestamp) -> Result<Self, Violations> {
        let mut object = user_object("", body);
        let purposes = read_wanted(&mut object);
        let reasons = read_reasons(&mut object);
        if reasons.as_ref().is_some_and(Vec::is_empty) {
            object.wrong("reason_codes", MemberFault::new("must say why, at least once"));
        }
        let note = read_note(&mut object);
        let until = read_until(&mut object, now);
        match Violations::of(object.finish()) {
            None => Ok(Self { purposes, reasons: reasons.unwrap_or_default(), note, until }),
            Some(violations) => Err(violations),
        }
    }

    /// What is still wanted after files of these purposes came; `None` when nothing is.
    #[must_use]
    pub fn after(mut self, came: &[Purpose]) -> Option<Self> {
        self.purposes.retain(|purpose| !came.contains(purpose));
        (!self.purposes.is_empty()).then_some(self)
    }

    /// Every member.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut members = vec![("purposes".to_owned(), names(&self.purposes, |p| p.name()))];
        members.extend(review_members(&self.reasons, self.note.as_ref()));
        members.extend(self.until.iter().map(|day| ("until".to_owned(), day.as_str().into())));
        Json::Object(members)
    }

    /// What [`Self::to_json`] made; `None` when it did not.
    #[must_use]
    pub fn from_json(json: Json) -> Option<Self> {
        // The day it was awaited until may have passed since.
        Self::read(json.into_members()?, Timestamp::from_micros(0)).ok()
    }
}

fn review_members(
    reasons: &[ReasonCode],
    note: Option<&String>,
) -> impl Iterator<Item = (String, Json)> {
    let reasons = ("reason_codes".to_owned(), names(reasons, |reason| reason.name()));
    let note = note.map(|note| ("note".to_owned(), note.as_str().into()));
    std::iter::once(reasons).chain(note)
}

fn names<T: Copy>(words: &[T], name: impl Fn(T) -> &'static str) -> Json {
    Json::List(words.iter().map(|word| Json::from(name(*word))).collect())
}

fn read_wanted(object: &mut Object<'_>) -> Vec<Purpose> {
    let Some(list) = object.take_given("purposes") else {
        object.wrong("purposes", MemberFault::new("is missing"));
        return Vec::new();
    };
    let rule = "must be a purpose of `GET /v1/purposes`, named once";
    let pointer = object.pointer("purposes");
    let (purposes, violations) = read_words(&pointer, list, rule, |text| text.parse().ok());
    if purposes.is_empty() && violations.is_empty() {
        object.wrong("purposes", MemberFault::new("must name at least one purpose"));
    }
    object.note(violations);
    purposes
}

/// The reasons, none when the member is absent; `None` when it is wrong.
fn read_reasons(object: &mut Object<'_>) -> Option<Vec<ReasonCode>> {
    let Some(list) = object.take_given("reason_codes") else { return Some(Vec::new()) };
    let names: Vec<_> = ReasonCode::ALL.iter().map(|reason| reason.name()).collect();
    let rule = format!("must be one of `{}`, named once", names.join("`, `"));
    let pointer = object.pointer("reason_codes");
    let (reasons, violations) = read_words(&pointer, list, &rule, |text| text.parse().ok());
    let fits = violations.is_empty();
    object.note(violations);
    fits.then_some(reasons)
}

fn read_note(object: &mut Object<'_>) -> Option<String> {
    let value = object.take_given("note")?;
    let Some(text) = value.as_text() else {
        object.wrong("note", MemberFault::new("must be a string"));
        return None;
    };
    let is_refused = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    match check_text(text, NOTE_CHARS_MAX, is_refused) {
        Ok(()) => Some(text.to_owned()),
        Err(fault) => {
            object.wrong("note", fault);
            None
        }
    }
}

/// A day that has not ended: the last one on earth ends 12 hours after it does in UTC.
fn read_until(object: &mut Object<'_>, now: Timestamp) -> Option<String> {
    let value = object.take_given("until")?;
    let today = now.minus(std::time::Duration::from_hours(12)).to_string();
    let until = value.as_text().and_then(day).map(|day| day.to_string());
    let fits = until.filter(|until| today.get(..10).is_some_and(|today| until.as_str() >= today));
    if fits.is_none() {
        let fault = MemberFault::new("must be a date `YYYY-MM-DD` that has not passed");
        object.wrong("until", fault);
    }
    fits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> Members {
        Json::parse(text.as_bytes()).unwrap().into_members().unwrap()
    }

    fn pointers(violations: &Violations) -> Vec<&str> {
        violations.iter().map(|v| v.pointer.as_str()).collect()
    }

    #[test]
    fn a_rejection_says_why_and_an_approval_needs_no_reason() {
        let decision = Decision::read(body(r#"{"decision":"approved"}"#)).unwrap();
        assert_eq!(decision.outcome.step(), VerificationStep::Approved);
        let text = r#"{"decision":"rejected","reason_codes":["under_age"],"note":"a\nb"}"#;
        let decision = Decision::read(body(text)).unwrap();
        assert_eq!(decision.reasons, [ReasonCode::UnderAge]);
        let kept = r#"{"reason_codes":["under_age"],"note":"a\nb"}"#;
        assert_eq!(decision.to_json().to_string(), kept);
        for (text, at) in [
            ("{}", vec!["/decision"]),
            (r#"{"decision":"Approved"}"#, vec!["/decision"]),
            (r#"{"decision":"pending"}"#, vec!["/decision"]),
            (r#"{"decision":"rejected"}"#, vec!["/reason_codes"]),
            (r#"{"decision":"rejected","reason_codes":[]}"#, vec!["/reason_codes"]),
            (r#"{"decision":"rejected","reason_codes":["x",1]}"#, {
                vec!["/reason_codes/0", "/reason_codes/1"]
            }),
            (r#"{"decision":"approved","reason_codes":["under_age"]}"#, vec!["/reason_codes"]),
            (r#"{"decision":"approved","note":"","why":1}"#, vec!["/note", "/why"]),
        ] {
            assert_eq!(pointers(&Decision::read(body(text)).unwrap_err()), at, "{text}");
        }
    }

    #[test]
    fn a_request_says_what_is_wanted_and_why_and_is_filled_piece_by_piece() {
        let now = Timestamp::parse_rfc3339("2026-07-20T08:00:00Z").unwrap();
        let text = [
            r#"{"purposes":["passport","selfie_video"],"reason_codes":["selfie_unclear"],"#,
            r#""note":"n","until":"2026-07-20"}"#,
        ]
        .concat();
        let request = DocumentRequest::read(body(&text), now).unwrap();
        assert_eq!(request.to_json().to_string(), text);
        assert_eq!(DocumentRequest::from_json(request.to_json()), Some(request.clone()));
        let request = request.after(&[Purpose::Passport, Purpose::Other]).unwrap();
        assert_eq!(request.purposes, [Purpose::SelfieVideo]);
        assert_eq!(request.after(&[Purpose::SelfieVideo]), None);
        for (text, at) in [
            ("{}", vec!["/purposes", "/reason_codes"]),
            (r#"{"purposes":[],"reason_codes":["under_age"]}"#, vec!["/purposes"]),
            (r#"{"purposes":["x"],"reason_codes":["under_age"]}"#, vec!["/purposes/0"]),
            (
                r#"{"purposes":["other"],"reason_codes":["under_age"],"until":"2026-07-18"}"#,
                vec!["/until"],
            ),
        ] {
            let violations = DocumentRequest::read(body(text), now).unwrap_err();
            assert_eq!(pointers(&violations), at, "{text}");
        }
    }
}
