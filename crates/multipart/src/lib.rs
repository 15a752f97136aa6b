//! Strict push parser for `multipart/form-data` (RFC 7578 on RFC 2046): bytes in, events out.
//!
//! Push the chunks of a body as they come, drain [`Parser::next_event`] after each, and call
//! [`Parser::finish`] at the end of the body. Time is linear in the input however it is cut into
//! chunks, and the state never holds more than one header line. Which parts a form needs and how
//! large each may be is the caller's business.
//!
//! ```
//! use dossier_multipart::{Boundary, Event, Limits, Parser};
//!
//! let boundary = Boundary::from_content_type(b"multipart/form-data; boundary=XbX")?;
//! let mut parser = Parser::new(&boundary, Limits::default());
//! let mut sizes = Vec::new();
//! for chunk in [
//!     "--XbX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.json\"\r\n",
//!     "\r\n{\"a\":\"bcdefgh\"}\r\n--X",
//!     "bX--\r\n",
//! ] {
//!     parser.push(chunk.into());
//!     while let Some(event) = parser.next_event()? {
//!         match event {
//!             Event::PartStart(head) => sizes.push((head.name, 0)),
//!             Event::Data(data) => sizes.last_mut().expect("a part is open").1 += data.len(),
//!             Event::PartEnd | Event::End => {}
//!         }
//!     }
//! }
//! parser.finish()?;
//! assert_eq!(sizes, [("file".to_owned(), 15)]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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
