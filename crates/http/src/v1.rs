//! Version 1 of the API: one endpoint, one file.

pub(crate) mod audit;
pub(crate) mod events;
pub(crate) mod files;
pub(crate) mod purposes;
pub(crate) mod users;
pub(crate) mod webhook_endpoints;
