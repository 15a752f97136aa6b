//! What every engine must do: each public method, its outcomes, and its races.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the whole crate is a test, its fixtures included"
)]

mod audit;
mod audit_check;
mod client_secrets;
mod clients_and_keys;
mod endpoints;
mod erasures;
mod events;
mod faults;
mod files;
mod fixture;
mod idempotency;
mod jobs;
mod tide;
mod tokens;
mod uploads;
mod users;
mod users_list;
