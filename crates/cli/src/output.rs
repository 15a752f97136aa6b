//! What the commands print: results to standard output, complaints to standard error. A reader
//! that goes away (`dossier list | head`) ends the command without noise.

use std::fmt;
use std::io::{self, Write as _};

/// Nobody reads standard output any more.
#[derive(Debug)]
pub(crate) struct ReaderGone;

impl std::error::Error for ReaderGone {}

impl fmt::Display for ReaderGone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("standard output is closed")
    }
}

/// Prints text that ends in a line break of its own.
///
/// # Errors
/// [`ReaderGone`], or the error of standard output.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|error| {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return anyhow::Error::new(ReaderGone);
        }
        anyhow::Error::new(error).context("cannot write to standard output")
    })
}

/// Says something on standard error. Nothing can be done when even that fails.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "dossier: {text}");
}
