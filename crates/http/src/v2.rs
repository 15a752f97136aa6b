//! Version 2 of the API: one endpoint, one file.

pub(crate) mod requirements;
pub(crate) mod users;
