//! What is announced to a client: the kinds of events.

use std::fmt;
use std::str::FromStr;

/// What has happened to a file or a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EventKind {
    /// A file can be read: once for every file, also when it was ready at once.
    FileReady,
    /// A check that ran after the upload refused a file.
    FileRejected,
    /// The verification of a user was given, added to, replaced or removed.
    UserVerificationUpdated,
    /// A reviewer approved the verification of a user.
    UserVerified,
    /// A reviewer rejected it.
    UserRejected,
    /// A reviewer asked for further documents.
    UserDocumentsRequested,
    /// A user was made inactive.
    UserInactivated,
}

impl EventKind {
    /// Every kind, in the order of the documents.
    pub const ALL: [Self; 7] = [
        Self::FileReady,
        Self::FileRejected,
        Self::UserVerificationUpdated,
        Self::UserVerified,
        Self::UserRejected,
        Self::UserDocumentsRequested,
        Self::UserInactivated,
    ];

    /// The stable name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FileReady => "file.ready",
            Self::FileRejected => "file.rejected",
            Self::UserVerificationUpdated => "user.verification.updated",
            Self::UserVerified => "user.verified",
            Self::UserRejected => "user.rejected",
            Self::UserDocumentsRequested => "user.documents_requested",
            Self::UserInactivated => "user.inactivated",
        }
    }
}

/// Which events are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventFilter {
    /// Every event, those of later versions included: `*`.
    All,
    /// These, each once, in the order of [`EventKind::ALL`].
    Only(Vec<EventKind>),
}

impl EventFilter {
    /// The names on the wire.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        match self {
            Self::All => vec!["*"],
            Self::Only(kinds) => kinds.iter().map(|kind| kind.name()).collect(),
        }
    }

    /// Reads names as [`EventFilter::names`] gives them, in any order.
    ///
    /// # Errors
    /// The place of a name that is no event's.
    pub fn parse<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, usize> {
        let (mut all, mut kinds) = (false, Vec::new());
        for (place, name) in names.into_iter().enumerate() {
            match name {
                "*" => all = true,
                name => kinds.push(name.parse().map_err(|UnknownEvent| place)?),
            }
        }
        kinds.sort_unstable();
        kinds.dedup();
        Ok(if all { Self::All } else { Self::Only(kinds) })
    }
}

/// No event has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no event has this name")]
pub struct UnknownEvent;

impl FromStr for EventKind {
    type Err = UnknownEvent;

    fn from_str(name: &str) -> Result<Self, UnknownEvent> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or(UnknownEvent)
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_reads_back_its_own_name_and_no_other() {
        for kind in EventKind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        assert_eq!(EventFilter::parse(["file.ready", "*"]), Ok(EventFilter::All));
        let some = EventFilter::parse(["user.verified", "file.ready", "file.ready"]).unwrap();
        assert_eq!(some.names(), ["file.ready", "user.verified"]);
        assert_eq!(EventFilter::parse(["*", "file.steady"]), Err(1));
        for name in ["", "*", "file", "File.ready", "file.ready "] {
            assert_eq!(name.parse::<EventKind>(), Err(UnknownEvent), "{name}");
        }
    }
}
