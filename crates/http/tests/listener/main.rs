//! The listener over real sockets, before a router of its own.
//!
//! Clients are raw sockets where they can be: what a well-behaved client cannot send is the point.

#![expect(clippy::unwrap_used, reason = "a test may panic, and so may its support")]

mod plain;
mod support;
mod tls;
