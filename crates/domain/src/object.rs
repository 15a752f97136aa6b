//! Reading a JSON object member by member: every wrong and every unknown one is named at once.

use crate::{Code, Json, Members, Pointer, Violation};

/// No more unknown members than this are named.
const UNKNOWN_MAX: usize = 100;

/// The codes by which the members of an object are refused.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MemberCodes {
    pub(crate) invalid: Code,
    pub(crate) unknown: Code,
}

/// Why the value of a member is not taken: the rest of a sentence that starts with "This member".
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MemberFault {
    pub(crate) rule: String,
    /// The limit that was crossed, and the number that crossed it.
    pub(crate) bound: Option<(usize, usize)>,
}

impl MemberFault {
    pub(crate) fn new(rule: impl Into<String>) -> Self {
        Self { rule: rule.into(), bound: None }
    }

    /// The violation that it is.
    pub(crate) fn at(self, pointer: Pointer, code: Code) -> Violation {
        let violation = Violation::new(code, pointer, format!("This member {}.", self.rule));
        match self.bound {
            Some((limit, actual)) => violation.bounded(limit as u64, actual as u64),
            None => violation,
        }
    }
}

/// The members of an object while they are read one by one.
pub(crate) struct Object<'a> {
    /// The pointer of the object itself.
    at: &'a str,
    codes: MemberCodes,
    /// A value that was taken leaves nothing behind.
    members: Vec<(String, Option<Json>)>,
    violations: Vec<Violation>,
}

impl<'a> Object<'a> {
    pub(crate) fn new(at: &'a str, members: Members, codes: MemberCodes) -> Self {
        let members = members.into_iter().map(|(name, value)| (name, Some(value))).collect();
        Self { at, codes, members, violations: Vec::new() }
    }

    /// Takes the value of a member; null is a value.
    pub(crate) fn take(&mut self, name: &str) -> Option<Json> {
        self.members.iter_mut().find(|(other, _)| other == name)?.1.take()
    }

    /// Takes the value of a member that is neither absent nor null.
    pub(crate) fn take_given(&mut self, name: &str) -> Option<Json> {
        self.take(name).filter(|value| *value != Json::Null)
    }

    /// The pointer of a member.
    pub(crate) fn pointer(&self, name: &str) -> Pointer {
        Pointer::member(self.at, name)
    }

    /// Notes that a member breaks its rule.
    pub(crate) fn wrong(&mut self, name: &str, fault: MemberFault) {
        self.violations.push(fault.at(self.pointer(name), self.codes.invalid));
    }

    /// Notes what was found inside a member.
    pub(crate) fn note(&mut self, violations: Vec<Violation>) {
        self.violations.extend(violations);
    }

    /// Every broken rule; the members that nobody took are unknown, and come last.
    pub(crate) fn finish(mut self) -> Vec<Violation> {
        let left = self.members.iter().filter(|(_, value)| value.is_some());
        for (name, _) in left.take(UNKNOWN_MAX) {
            let pointer = Pointer::member(self.at, name);
            self.violations
                .push(MemberFault::new("is not known here").at(pointer, self.codes.unknown));
        }
        self.violations
    }
}
