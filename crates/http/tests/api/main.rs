//! The API through its router, on a real database and a real disk: every sentence of the wire
//! contract, and after every refusal the proof that nothing is stored.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "the whole crate is a test, its fixtures included"
)]

mod audit;
mod auth;
mod check;
mod contents;
mod delete;
mod digest;
mod errors;
mod faults;
mod fsck;
mod idempotency;
mod list;
mod multipart;
mod names;
mod oauth_requests;
mod oauth_tokens;
mod pace;
mod privacy;
mod purposes;
mod rotation;
mod rules;
mod service;
mod support;
mod sweep;
mod tide;
mod upload;
mod users;
mod webhooks;
