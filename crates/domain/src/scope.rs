//! What a caller may do.

use std::fmt;
use std::str::FromStr;

macro_rules! scopes {
    ($($variant:ident = $bit:literal, $name:literal, $what:literal;)+) => {
        /// One permission of an API key or access token.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Scope {
            $(#[doc = $what] $variant,)+
        }

        impl Scope {
            /// Every scope, in the order of the documents.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The name used in keys, tokens and errors.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What it permits, in one line.
            #[must_use]
            pub const fn what(self) -> &'static str {
                match self { $(Self::$variant => $what,)+ }
            }

            const fn bit(self) -> u16 {
                match self { $(Self::$variant => 1 << $bit,)+ }
            }
        }
    };
}

scopes! {
    FilesWrite = 0, "files:write", "Upload and check files.";
    FilesRead = 1, "files:read", "Read files and their contents.";
    FilesDelete = 2, "files:delete", "Delete files.";
    UsersWrite = 3, "users:write", "Create and change users.";
    UsersRead = 4, "users:read", "Read users.";
    ReviewsWrite = 5, "reviews:write", "Decide verifications.";
    AuditRead = 6, "audit:read", "Read the audit log.";
    WebhooksWrite = 7, "webhooks:write", "Manage webhook endpoints and read events.";
    Admin = 8, "admin", "Administer the service.";
}

/// A scope name that nobody defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown scope")]
pub struct UnknownScope;

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|s| s.name() == text).ok_or(UnknownScope)
    }
}

/// A set of scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u16);

impl Scopes {
    /// Every scope there is.
    #[must_use]
    pub fn all() -> Self {
        Scope::ALL.iter().copied().collect()
    }

    /// Whether `scope` is in the set.
    #[must_use]
    pub const fn has(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Whether every scope of `other` is in the set.
    #[must_use]
    pub const fn includes(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The scopes that are in both sets.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}

/// Names separated by commas or white space.
impl FromStr for Scopes {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split([',', ' ']).filter(|s| !s.is_empty()).map(str::parse::<Scope>).collect()
    }
}

/// Names separated by one space, as OAuth 2.0 writes them (RFC 6749, section 3.3).
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for scope in Scope::ALL.iter().filter(|s| self.has(**s)) {
            write!(f, "{separator}{}", scope.name())?;
            separator = " ";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_scopes_reads_what_it_writes() {
        let set: Scopes = "files:read,files:write admin".parse().unwrap();
        assert_eq!(set.to_string(), "files:write files:read admin");
        assert!(set.has(Scope::Admin) && !set.has(Scope::FilesDelete));
        assert_eq!(Scopes::all().to_string().parse(), Ok(Scopes::all()));
        assert_eq!("files:eat".parse::<Scopes>(), Err(UnknownScope));
    }

    #[test]
    fn sets_are_compared_scope_by_scope() {
        let [one, two]: [Scopes; 2] = ["admin", "admin,files:read"].map(|s| s.parse().unwrap());
        assert!(two.includes(one) && !one.includes(two));
        assert!(one.includes(Scopes::default()));
        assert_eq!(two.intersection(one), one);
        assert!(one.intersection("files:read".parse().unwrap()).is_empty());
    }
}
