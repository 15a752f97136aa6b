//! OAuth 2.0: tokens for clients that act in their own name (RFC 6749, section 4.4).
//!
//! Errors here have the form of RFC 6749, section 5.2, and not that of the rest of the API.

mod error;
pub(crate) mod metadata;
mod request;
pub(crate) mod revoke;
pub(crate) mod token;
