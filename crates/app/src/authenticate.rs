//! Turning a bearer token into a caller.

use crate::{App, Caller};

/// Why a token was not taken.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// Unknown, malformed, revoked or expired.
    #[error("the token is not valid")]
    Invalid,
    /// The rows cannot be read now.
    #[error("keys cannot be read")]
    Unavailable,
}

impl App {
    /// Finds the caller of an API key (`dsk_…`). One keyed hash a call, compared in constant time;
    /// new and revoked keys take effect within a second.
    ///
    /// # Errors
    /// [`AuthError`]
    pub async fn authenticate(&self, _token: &str) -> Result<Caller, AuthError> {
        todo!()
    }
}
