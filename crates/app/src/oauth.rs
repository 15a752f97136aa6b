//! OAuth 2.0 for clients that act in their own name: they prove who they are with a secret, and
//! get short-lived access tokens and refresh tokens that are good for one use.

mod client_auth;
mod guesses;
mod issue;
mod revoke;

pub use client_auth::{ClientAuthError, ProvenClient};
pub use issue::{IssuedTokens, TokenError};

pub(crate) use guesses::Guesses;
