//! Reading a JSON object by a table: every unknown and every wrong member is named at once.

use super::Members;
use super::field::{Field, FieldFault};
use crate::{Code, Json, Pointer, Timestamp, Violation};

/// One row of a table of members.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) field: Field,
}

/// No more unknown members than this are named.
const UNKNOWN_MAX: usize = 100;

/// The members of an object while they are read one by one.
pub(super) struct Object<'a> {
    /// The pointer of the object itself.
    at: &'a str,
    /// A value that was taken leaves nothing behind.
    members: Vec<(String, Option<Json>)>,
    violations: Vec<Violation>,
}

impl<'a> Object<'a> {
    pub(super) fn new(at: &'a str, members: Members) -> Self {
        let members = members.into_iter().map(|(name, value)| (name, Some(value))).collect();
        Self { at, members, violations: Vec::new() }
    }

    /// Takes the value of a member; null is a value.
    pub(super) fn take(&mut self, name: &str) -> Option<Json> {
        self.members.iter_mut().find(|(other, _)| other == name)?.1.take()
    }

    /// Takes the value of a member that is neither absent nor null.
    pub(super) fn take_given(&mut self, name: &str) -> Option<Json> {
        self.take(name).filter(|value| *value != Json::Null)
    }

    /// Takes all members of a table, in its order. Wrong ones are noted and left out; null stays.
    pub(super) fn take_table(&mut self, table: &[Member], now: Timestamp) -> Members {
        let mut taken = Members::new();
        for Member { name, field } in table {
            let Some(value) = self.take(name) else { continue };
            let judged = if value == Json::Null { Ok(()) } else { field.check(&value, now) };
            match judged {
                Ok(()) => taken.push(((*name).to_owned(), value)),
                Err(fault) => self.wrong(name, fault),
            }
        }
        taken
    }

    /// The pointer of a member.
    pub(super) fn pointer(&self, name: &str) -> Pointer {
        Pointer::member(self.at, name)
    }

    /// Notes that a member breaks its rule.
    pub(super) fn wrong(&mut self, name: &str, fault: FieldFault) {
        self.violations.push(wrong(self.pointer(name), fault));
    }

    /// Notes what was found inside a member.
    pub(super) fn note(&mut self, violations: Vec<Violation>) {
        self.violations.extend(violations);
    }

    /// Every broken rule; the members that nobody took are unknown, and come last.
    pub(super) fn finish(mut self) -> Vec<Violation> {
        let left = self.members.iter().filter(|(_, value)| value.is_some());
        for (name, _) in left.take(UNKNOWN_MAX) {
            let pointer = Pointer::member(self.at, name);
            let detail = "This member is not known here.";
            self.violations.push(Violation::new(Code::UserMemberUnknown, pointer, detail));
        }
        self.violations
    }
}

/// The violation of a member that breaks its rule.
pub(super) fn wrong(pointer: Pointer, FieldFault { rule, bound }: FieldFault) -> Violation {
    let violation =
        Violation::new(Code::UserMemberInvalid, pointer, format!("This member {rule}."));
    match bound {
        Some((limit, actual)) => violation.bounded(limit as u64, actual as u64),
        None => violation,
    }
}
