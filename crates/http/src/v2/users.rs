//! `/v2/users`

pub(crate) mod append;
pub(crate) mod create;
pub(crate) mod decide;
pub(crate) mod get;
pub(crate) mod history;
pub(crate) mod list;
pub(crate) mod patch;
pub(crate) mod request_documents;
pub(crate) mod requirements;
mod schema;
pub(crate) mod view;

/// The most bytes of a JSON body.
pub(crate) const BODY_MAX: usize = 1 << 20;
