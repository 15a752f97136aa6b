//! Reading what is said of a user by a table.

use super::field::Field;
use crate::object::{MemberCodes, MemberFault, Object};
use crate::{Code, Json, Members, Pointer, Timestamp, Violation};

const CODES: MemberCodes =
    MemberCodes { invalid: Code::UserMemberInvalid, unknown: Code::UserMemberUnknown };

/// One row of a table of members.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) field: Field,
}

/// An object that says something of a user, to be read.
pub(super) fn user_object(at: &str, members: Members) -> Object<'_> {
    Object::new(at, members, CODES)
}

/// The violation of a member that breaks its rule.
pub(super) fn wrong(pointer: Pointer, fault: MemberFault) -> Violation {
    fault.at(pointer, CODES.invalid)
}

/// Takes all members of a table, in its order. Wrong ones are noted and left out; null stays.
pub(super) fn take_table(object: &mut Object<'_>, table: &[Member], now: Timestamp) -> Members {
    let mut taken = Members::new();
    for Member { name, field } in table {
        let Some(value) = object.take(name) else { continue };
        let judged = if value == Json::Null { Ok(()) } else { field.check(&value, now) };
        match judged {
            Ok(()) => taken.push(((*name).to_owned(), value)),
            Err(fault) => object.wrong(name, fault),
        }
    }
    taken
}
