//! Signs a webhook, guards its address, and makes the one HTTP attempt.
//!
//! It knows no rows, no queue and no clock: what is sent, when, and how often is decided by whoever
//! calls. It is the only part of the service that opens connections to addresses that a client
//! names.

mod authorities;
mod guard;
mod resolve;
mod send;
mod signature;
mod target;

pub use authorities::{Authorities, AuthoritiesFault};
pub use guard::Reach;
pub use send::{Attempt, Failure, Sender, VetError};
pub use signature::{NotAWebhookSecret, parse_secret, secret_text};
pub use target::{Target, TargetFault};
