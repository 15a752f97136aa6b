//! `/v1/webhook_endpoints`

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod patch;
pub(crate) mod replay;
pub(crate) mod rotate;
pub(crate) mod test;
mod view;

/// The most bytes of a JSON body.
const BODY_MAX: usize = 64 * 1024;
