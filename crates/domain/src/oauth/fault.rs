//! What is wrong with a request, and which error of OAuth 2.0 that is.

/// The error codes of RFC 6749, section 5.2, and those of section 4.1.2.1 for what is our fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OAuthError {
    /// Malformed, incomplete, repeated or contradictory.
    InvalidRequest,
    /// The client did not prove who it is.
    InvalidClient,
    /// The refresh token is unknown, expired, used, revoked or another client's.
    InvalidGrant,
    /// A grant type that is not served.
    UnsupportedGrantType,
    /// An unknown scope, or one that the client may not have.
    InvalidScope,
    /// Too many guesses, or a dependency is down: the same request may succeed later.
    TemporarilyUnavailable,
}

impl OAuthError {
    /// The value of `error`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
        }
    }
}

/// What is wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestFault {
    /// The body is not a form: a broken percent-encoding, or text that is not UTF-8.
    Malformed,
    /// A parameter came more than once.
    Repeated,
    /// Credentials in the header and in the body.
    TwoMechanisms,
    /// `grant_type` is missing.
    GrantTypeMissing,
    /// `grant_type` is none that is served.
    GrantTypeUnknown,
    /// The token that the request is about is missing.
    TokenMissing,
    /// A scope that nobody defined.
    ScopeUnknown,
    /// A scope that the client or the refresh token does not have.
    ScopeNotPermitted,
}

impl RequestFault {
    /// The error that it is.
    #[must_use]
    pub const fn error(self) -> OAuthError {
        match self {
            Self::Malformed
            | Self::Repeated
            | Self::TwoMechanisms
            | Self::GrantTypeMissing
            | Self::TokenMissing => OAuthError::InvalidRequest,
            Self::GrantTypeUnknown => OAuthError::UnsupportedGrantType,
            Self::ScopeUnknown | Self::ScopeNotPermitted => OAuthError::InvalidScope,
        }
    }

    /// The value of `error_description`, which has neither quotation marks nor backslashes.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::Malformed => "The body is malformed.",
            Self::Repeated => "A parameter may come only once.",
            Self::TwoMechanisms => {
                "Send the credentials in the header or in the body, not in both."
            }
            Self::GrantTypeMissing => "The parameter grant_type is missing.",
            Self::GrantTypeUnknown => "The grant types are client_credentials and refresh_token.",
            Self::TokenMissing => "The token is missing.",
            Self::ScopeUnknown => "The scope is not one or more known names with spaces between.",
            Self::ScopeNotPermitted => "The scope is more than these credentials may have.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_keep_to_the_characters_that_the_standard_permits() {
        for fault in [
            RequestFault::Malformed,
            RequestFault::Repeated,
            RequestFault::TwoMechanisms,
            RequestFault::GrantTypeMissing,
            RequestFault::GrantTypeUnknown,
            RequestFault::TokenMissing,
            RequestFault::ScopeUnknown,
            RequestFault::ScopeNotPermitted,
        ] {
            let permitted = |b| matches!(b, b' '..=b'!' | b'#'..=b'[' | b']'..=b'~');
            assert!(fault.description().bytes().all(permitted), "{fault:?}");
        }
    }
}
