//! Who asks.

use dossier_domain::{ClientId, KeyId, Scope, Scopes};

/// Who a use case runs for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A client, by one of its API keys.
    Key {
        /// The key.
        key_id: KeyId,
        /// The client that owns it: nothing of another client exists for this caller.
        client_id: ClientId,
        /// What the key permits.
        scopes: Scopes,
    },
    /// A job of the service itself, or a tool of its operator.
    System,
}

/// The caller lacks this scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key lacks the scope {}", .0.name())]
pub struct MissingScope(pub Scope);

impl Caller {
    /// Checks a permission; `System` has all of them.
    ///
    /// # Errors
    /// The scope that is missing.
    pub const fn require(&self, scope: Scope) -> Result<(), MissingScope> {
        match self {
            Self::Key { scopes, .. } if !scopes.has(scope) => Err(MissingScope(scope)),
            Self::Key { .. } | Self::System => Ok(()),
        }
    }

    /// The client that the caller speaks for, if it is one.
    pub(crate) const fn client_id(&self) -> Option<ClientId> {
        match self {
            Self::Key { client_id, .. } => Some(*client_id),
            Self::System => None,
        }
    }
}
