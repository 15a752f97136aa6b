//! Requests to the token and revocation endpoints of OAuth 2.0 (RFC 6749, RFC 7009): how they are
//! read and which are refused. It knows no token and no secret by heart.

mod credentials;
mod fault;
mod parameters;

pub use credentials::{Authorization, ClientCredentials};
pub use fault::{OAuthError, RequestFault};
pub use parameters::Parameters;

use std::fmt;

use crate::{Scope, Scopes};

/// A request for tokens, of a client that has proved who it is.
#[derive(Clone, PartialEq, Eq)]
pub enum TokenRequest {
    /// The client asks in its own name (RFC 6749, section 4.4).
    ClientCredentials {
        /// What it asks for; everything it may when it names nothing.
        scopes: Option<Scopes>,
    },
    /// The client trades a refresh token for a new pair (RFC 6749, section 6).
    RefreshToken {
        /// The refresh token.
        token: String,
        /// What it asks for; everything the grant has when it names nothing.
        scopes: Option<Scopes>,
    },
}

impl TokenRequest {
    /// The values of `grant_type`.
    pub const GRANT_TYPES: [&str; 2] = ["client_credentials", "refresh_token"];

    /// Reads the parameters of a token request.
    ///
    /// # Errors
    /// The first fault: of the grant type, then of what it needs, then of the scope.
    pub fn read(parameters: &Parameters) -> Result<Self, RequestFault> {
        let [client_credentials, refresh_token] = Self::GRANT_TYPES;
        let grant_type = parameters.get("grant_type").ok_or(RequestFault::GrantTypeMissing)?;
        if grant_type == client_credentials {
            Ok(Self::ClientCredentials { scopes: scopes(parameters)? })
        } else if grant_type == refresh_token {
            let token = parameters.get("refresh_token").ok_or(RequestFault::TokenMissing)?;
            Ok(Self::RefreshToken { token: token.to_owned(), scopes: scopes(parameters)? })
        } else {
            Err(RequestFault::GrantTypeUnknown)
        }
    }
}

/// A request to revoke one token (RFC 7009, section 2.1). The hint of its type is not needed: a
/// token says by its first letters what it is.
#[derive(Clone, PartialEq, Eq)]
pub struct RevocationRequest {
    /// The token.
    pub token: String,
}

impl RevocationRequest {
    /// Reads the parameters of a revocation request.
    ///
    /// # Errors
    /// The token is missing.
    pub fn read(parameters: &Parameters) -> Result<Self, RequestFault> {
        let token = parameters.get("token").ok_or(RequestFault::TokenMissing)?;
        Ok(Self { token: token.to_owned() })
    }
}

/// What a request for `requested` is granted by somebody who may grant `permitted`. Nothing is
/// left out silently: one scope too many refuses the request (RFC 6749, sections 3.3 and 6).
///
/// # Errors
/// A scope is not among the permitted ones, or there is none to grant.
pub const fn grant_scopes(
    requested: Option<Scopes>,
    permitted: Scopes,
) -> Result<Scopes, RequestFault> {
    let scopes = match requested {
        None => permitted,
        Some(requested) => requested,
    };
    if permitted.includes(scopes) && !scopes.is_empty() {
        Ok(scopes)
    } else {
        Err(RequestFault::ScopeNotPermitted)
    }
}

/// Names separated by spaces and by nothing else (RFC 6749, section 3.3).
fn scopes(parameters: &Parameters) -> Result<Option<Scopes>, RequestFault> {
    let Some(text) = parameters.get("scope") else { return Ok(None) };
    let names = text.split(' ').filter(|name| !name.is_empty());
    let scopes: Result<Scopes, _> = names.map(str::parse::<Scope>).collect();
    match scopes {
        Ok(scopes) if !scopes.is_empty() => Ok(Some(scopes)),
        Ok(_) | Err(_) => Err(RequestFault::ScopeUnknown),
    }
}

impl fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClientCredentials { scopes } => write!(f, "ClientCredentials({scopes:?})"),
            Self::RefreshToken { scopes, .. } => write!(f, "RefreshToken(redacted, {scopes:?})"),
        }
    }
}

impl fmt::Debug for RevocationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RevocationRequest(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(form: &str) -> Result<TokenRequest, RequestFault> {
        TokenRequest::read(&Parameters::from_form(form.as_bytes())?)
    }

    fn set(names: &str) -> Scopes {
        names.parse().unwrap()
    }

    #[test]
    fn both_grants_are_read() {
        for (form, scopes) in [
            ("grant_type=client_credentials", None),
            ("grant_type=client_credentials&scope=", None),
            ("scope=files:read&grant_type=client_credentials", Some(set("files:read"))),
            (
                "grant_type=client_credentials&scope=files%3Aread+admin",
                Some(set("files:read,admin")),
            ),
            (
                "grant_type=client_credentials&scope=admin%20%20admin&audience=a&audience=b",
                Some(set("admin")),
            ),
        ] {
            assert_eq!(read(form), Ok(TokenRequest::ClientCredentials { scopes }), "{form}");
        }
        let token = "dsr_x".to_owned();
        let scopes = Some(set("files:read"));
        let refresh = read("grant_type=refresh_token&refresh_token=dsr_x&scope=files:read");
        assert_eq!(refresh, Ok(TokenRequest::RefreshToken { token, scopes }));
    }

    #[test]
    fn requests_that_say_too_little_or_something_unknown_are_refused() {
        for (form, fault) in [
            ("", RequestFault::GrantTypeMissing),
            ("grant_type=", RequestFault::GrantTypeMissing),
            ("Grant_Type=client_credentials", RequestFault::GrantTypeMissing),
            ("grant_type=password", RequestFault::GrantTypeUnknown),
            ("grant_type=Client_Credentials", RequestFault::GrantTypeUnknown),
            ("grant_type=client_credentials%00", RequestFault::GrantTypeUnknown),
            ("grant_type=refresh_token", RequestFault::TokenMissing),
            ("grant_type=refresh_token&refresh_token=", RequestFault::TokenMissing),
            ("grant_type=client_credentials&scope=files:eat", RequestFault::ScopeUnknown),
            ("grant_type=client_credentials&scope=+", RequestFault::ScopeUnknown),
            ("grant_type=client_credentials&scope=admin,admin", RequestFault::ScopeUnknown),
            ("grant_type=client_credentials&scope=admin%09admin", RequestFault::ScopeUnknown),
            ("grant_type=client_credentials&scope=ADMIN", RequestFault::ScopeUnknown),
            ("grant_type=client_credentials&scope=a&scope=b", RequestFault::Repeated),
        ] {
            assert_eq!(read(form), Err(fault), "{form}");
        }
    }

    #[test]
    fn a_revocation_names_a_token_and_its_hint_is_ignored() {
        let read = |form: &str| RevocationRequest::read(&Parameters::from_form(form.as_bytes())?);
        let token = "dsa_x".to_owned();
        let revocation = read("token=dsa_x&token_type_hint=nonsense");
        assert_eq!(revocation, Ok(RevocationRequest { token }));
        assert_eq!(read("token_type_hint=access_token"), Err(RequestFault::TokenMissing));
        assert_eq!(read("token=a&token=a"), Err(RequestFault::Repeated));
    }

    #[test]
    fn scopes_are_narrowed_and_never_widened() {
        let permitted = set("files:read,files:write");
        assert_eq!(grant_scopes(None, permitted), Ok(permitted));
        assert_eq!(grant_scopes(Some(set("files:read")), permitted), Ok(set("files:read")));
        for requested in ["files:read,admin", "admin"] {
            let refused = grant_scopes(Some(set(requested)), permitted);
            assert_eq!(refused, Err(RequestFault::ScopeNotPermitted), "{requested}");
        }
        let nothing = Scopes::default();
        assert_eq!(grant_scopes(None, nothing), Err(RequestFault::ScopeNotPermitted));
    }

    #[test]
    fn tokens_stay_out_of_debug_output() {
        let request = TokenRequest::RefreshToken { token: "dsr_secret".into(), scopes: None };
        let revocation = RevocationRequest { token: "dsa_secret".into() };
        assert!(!format!("{request:?}{revocation:?}").contains("secret"));
    }
}
