//! `/v1/files`

pub(crate) mod check;
pub(crate) mod contents;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod preview;
pub(crate) mod upload;
