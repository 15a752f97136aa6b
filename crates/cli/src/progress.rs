//! Progress bars on standard error, on a terminal only.

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::client::printable;
use crate::output::complain;

/// The bars of one command.
#[derive(Clone, Debug)]
pub(crate) struct Progress(MultiProgress);

impl Progress {
    /// Draws on standard error; elsewhere than on a terminal, nothing.
    pub(crate) fn new() -> Self {
        Self(MultiProgress::new())
    }

    /// A bar for one file.
    pub(crate) fn bar(&self, name: &str, size: u64) -> ProgressBar {
        let style = ProgressStyle::with_template(
            "{bar:24} {bytes:>10} of {total_bytes} {binary_bytes_per_sec:>12} {msg}",
        )
        .expect("the template is a constant that the tests draw");
        self.0.add(ProgressBar::new(size).with_style(style).with_message(printable(name)))
    }

    /// Says something on standard error without tearing the bars.
    pub(crate) fn complain(&self, text: &str) {
        self.beside(|| complain(text));
    }

    /// Prints without tearing the bars.
    pub(crate) fn beside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.0.suspend(print)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_can_be_made() {
        assert_eq!(Progress::new().bar("a", 7).length(), Some(7));
    }
}
