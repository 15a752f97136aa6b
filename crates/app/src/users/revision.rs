//! Which state of a user a write is meant for.

use std::fmt;

/// A state of a user: every write makes another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserRevision(i64);

impl UserRevision {
    pub(super) const fn new(revision: i64) -> Self {
        Self(revision)
    }
}

/// A decimal number.
impl fmt::Display for UserRevision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The states of a user that a write is meant for: what the caller saw and decided on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MeantFor {
    /// Whatever state the user is in.
    Any,
    /// One of these, in the words of [`UserRevision`]. What was never a state is none.
    OneOf(Vec<String>),
}

impl MeantFor {
    pub(super) fn includes(&self, revision: UserRevision) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(meant) => meant.contains(&revision.to_string()),
        }
    }
}
