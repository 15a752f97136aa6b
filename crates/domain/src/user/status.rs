//! Where a verification stands, and what moves it.

use crate::EventKind;

/// Where the verification of a user stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VerificationStatus {
    /// There is none.
    Missing,
    /// It waits for a decision.
    Pending,
    /// The person is who it says.
    Approved,
    /// It was refused.
    Rejected,
}

/// What happens to a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VerificationStep {
    /// It was given, or replaced as a whole.
    Submitted,
    /// Files were added.
    Appended,
    /// It was taken away.
    Removed,
    /// A reviewer approved it.
    Approved,
    /// A reviewer rejected it.
    Rejected,
    /// A reviewer asked for documents.
    DocumentsRequested,
}

impl VerificationStep {
    /// Every step.
    pub const ALL: [Self; 6] = [
        Self::Submitted,
        Self::Appended,
        Self::Removed,
        Self::Approved,
        Self::Rejected,
        Self::DocumentsRequested,
    ];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Appended => "appended",
            Self::Removed => "removed",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::DocumentsRequested => "documents_requested",
        }
    }

    /// The step with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }

    /// What is announced of it.
    #[must_use]
    pub const fn event(self) -> EventKind {
        match self {
            Self::Submitted | Self::Appended | Self::Removed => EventKind::UserVerificationUpdated,
            Self::Approved => EventKind::UserVerified,
            Self::Rejected => EventKind::UserRejected,
            Self::DocumentsRequested => EventKind::UserDocumentsRequested,
        }
    }
}

/// Only a pending verification can be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the verification is not pending")]
pub struct NotPending;

impl VerificationStatus {
    /// Every status, in the order of the documents.
    pub const ALL: [Self; 4] = [Self::Missing, Self::Pending, Self::Approved, Self::Rejected];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }

    /// The status with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// Whether the user counts as verified.
    #[must_use]
    pub fn verified(self) -> bool {
        self == Self::Approved
    }

    /// The status after a step.
    ///
    /// # Errors
    /// A decision on what is not pending.
    pub const fn after(self, step: VerificationStep) -> Result<Self, NotPending> {
        match (self, step) {
            (
                Self::Missing | Self::Pending | Self::Approved | Self::Rejected,
                VerificationStep::Submitted | VerificationStep::Appended,
            ) => Ok(Self::Pending),
            (
                Self::Missing | Self::Pending | Self::Approved | Self::Rejected,
                VerificationStep::Removed,
            ) => Ok(Self::Missing),
            (
                Self::Missing | Self::Pending | Self::Approved | Self::Rejected,
                VerificationStep::DocumentsRequested,
            ) => Ok(self),
            (Self::Pending, VerificationStep::Approved) => Ok(Self::Approved),
            (Self::Pending, VerificationStep::Rejected) => Ok(Self::Rejected),
            (
                Self::Missing | Self::Approved | Self::Rejected,
                VerificationStep::Approved | VerificationStep::Rejected,
            ) => Err(NotPending),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_make_it_pending_and_only_what_is_pending_is_decided() {
        use VerificationStatus::{Approved, Missing, Pending, Rejected};
        use VerificationStep as Step;
        for status in VerificationStatus::ALL {
            assert_eq!(status.after(Step::Submitted), Ok(Pending));
            assert_eq!(status.after(Step::Appended), Ok(Pending));
            assert_eq!(status.after(Step::Removed), Ok(Missing));
            assert_eq!(status.after(Step::DocumentsRequested), Ok(status));
            let decided = |outcome| if status == Pending { Ok(outcome) } else { Err(NotPending) };
            assert_eq!(status.after(Step::Approved), decided(Approved));
            assert_eq!(status.after(Step::Rejected), decided(Rejected));
        }
    }

    #[test]
    fn names_read_back() {
        for status in VerificationStatus::ALL {
            assert_eq!(VerificationStatus::from_name(status.name()), Some(status));
        }
        for step in VerificationStep::ALL {
            assert_eq!(VerificationStep::from_name(step.name()), Some(step));
        }
    }
}
