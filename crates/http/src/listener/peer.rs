//! Who is at the other end of a connection.

use std::net::IpAddr;

/// The other end of the connection that a request came on; every request carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    /// Its address, if the system still knew it.
    pub(crate) address: Option<IpAddr>,
    /// `http` or `https`.
    pub(crate) scheme: &'static str,
}
