//! One type per kind of id, so that swapped arguments do not compile.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// The id of these 16 bytes, most significant first (RFC 9562, section 4).
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The 16 bytes, most significant first.
            #[must_use]
            pub const fn to_bytes(self) -> [u8; 16] {
                *self.0.as_bytes()
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        /// Lower-case with hyphens, the form every answer uses.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self.0.as_hyphenated(), f)
            }
        }

        /// Any UUID form is understood: hyphenated, simple, braced, URN, upper or lower case.
        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text).map(Self)
            }
        }
    )+};
}

ids! {
    /// One uploaded document.
    FileId;
    /// A partner system that calls the API: one tenant.
    ClientId;
    /// A person whose identity is verified.
    UserId;
    /// An API key (its row, not its secret).
    KeyId;
    /// A client secret for OAuth (its row, not the secret itself).
    ClientSecretId;
    /// What a client was granted at once: the family of all tokens that follow from one request.
    GrantId;
    /// An access token and the refresh token that was issued with it.
    TokenPairId;
    /// Where a client wants its events sent.
    EndpointId;
    /// Work that is queued.
    JobId;
    /// Something that happened, as it is announced to a client.
    EventId;
    /// Stored bytes. It follows time (version 7), which keeps inserts at the end of its index, and
    /// is random besides, so that a storage name tells nothing of the document.
    BlobId;
    /// A mark that database and storage share. Random (version 4).
    TideMark;
    /// One entry of the audit.
    AuditEntryId;
    /// Who did something, whatever its kind.
    ActorId;
    /// What something was done to, whatever its kind.
    ObjectId;
}

/// What a caller proved with who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Credential {
    /// An API key.
    Key(KeyId),
    /// The access token of this pair.
    Token(TokenPairId),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_uuid_form_is_read_and_one_is_written() {
        let want = "0198c0de-1111-7222-8333-444455556666";
        for form in [
            want,
            "0198C0DE-1111-7222-8333-444455556666",
            "0198c0de111172228333444455556666",
            "{0198c0de-1111-7222-8333-444455556666}",
            "urn:uuid:0198c0de-1111-7222-8333-444455556666",
        ] {
            assert_eq!(form.parse::<FileId>().map(|id| id.to_string()).as_deref(), Ok(want));
        }
        for form in ["", "x", "0198c0de", "../0198c0de-1111-7222-8333-444455556666"] {
            assert!(form.parse::<FileId>().is_err(), "{form}");
        }
    }
}
