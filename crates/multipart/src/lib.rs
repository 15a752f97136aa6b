//! Strict push parser for `multipart/form-data` (RFC 7578 on RFC 2046): bytes in, events out.
//!
//! Push the chunks of a body as they come, drain [`Parser::next_event`] after each, and call
//! [`Parser::finish`] at the end of the body. Time is linear in the input however it is cut into
//! chunks, and the state never holds more than one header line. Which parts a form needs and how
//! large each may be is the caller's business.

mod boundary;
mod delimiter;
mod digest;
mod disposition;
mod error;
mod head;
mod parameter;
mod parser;

pub use boundary::{Boundary, BoundaryError};
pub use digest::{DigestError, content_digest_sha256};
pub use error::{Error, ErrorKind, HeadError};
pub use head::{Filename, PartHead};
pub use parser::{Event, Limits, Parser};
