//! Turns pushes of any size into steps of a structure walker, without buffering what is skipped.
//!
//! A walker sees contiguous bytes and answers how far it got and what it wants next. Only a
//! step that spans a push boundary is copied, and never more than [`NEED_MAX`] bytes of it.

use crate::Fault;

/// The most bytes a walker may ask to see at once.
pub(crate) const NEED_MAX: usize = 64 * 1024;

/// What a walker answers to the bytes it was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// `n` bytes (at least 1) are dealt with; show what follows.
    Consumed(usize),
    /// Show at least `n` bytes from the same place; `n` is more than was shown, at most NEED_MAX.
    Need(usize),
    /// Drop `n` bytes from here on (may reach beyond what was shown), then show what follows.
    Skip(u64),
    /// Nothing that follows matters.
    Done,
}

/// A structure walker driven by [`Feed`].
pub(crate) trait Walk {
    /// Looks at `bytes`, which is never empty and stands at offset `at` of the file.
    fn step(&mut self, at: u64, bytes: &[u8]) -> Result<Step, Fault>;
}

/// Drives one [`Walk`].
#[derive(Debug)]
pub(crate) struct Feed<W> {
    /// The walker itself, for its findings.
    pub(crate) walk: W,
    at: u64,
    held: Vec<u8>,
    need: usize,
    skip: u64,
    done: bool,
}

/// How the bytes ended, as [`Feed::finish`] reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The walker answered [`Step::Done`].
    Done,
    /// Every byte was consumed and the walker awaits no more: it decides whether that is enough.
    AtBoundary,
    /// The walker had asked for more bytes, or to skip more, than the file holds.
    Short,
}

impl<W: Walk> Feed<W> {
    pub(crate) fn new(walk: W) -> Self {
        Self { walk, at: 0, held: Vec::new(), need: 1, skip: 0, done: false }
    }

    /// Shows `bytes` to the walker; an error is final and must not be followed by more pushes.
    pub(crate) fn push(&mut self, mut bytes: &[u8]) -> Result<(), Fault> {
        while !bytes.is_empty() && !self.done {
            if self.skip > 0 {
                bytes = self.drop_skipped(bytes);
            } else if !self.held.is_empty() || bytes.len() < self.need {
                bytes = self.gather(bytes)?;
            } else {
                let step = self.walk.step(self.at, bytes)?;
                bytes = self.take(step, bytes);
            }
        }
        Ok(())
    }

    /// Says how the walk stands now that no more bytes will come.
    pub(crate) fn finish(&self) -> End {
        if self.done {
            End::Done
        } else if self.skip > 0 || !self.held.is_empty() {
            End::Short
        } else {
            End::AtBoundary
        }
    }

    fn drop_skipped<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let n = usize::try_from(self.skip).map_or(bytes.len(), |s| s.min(bytes.len()));
        self.skip -= n as u64;
        self.at += n as u64;
        bytes.get(n..).unwrap_or_default()
    }

    /// Adds to the held bytes just what the walker needs, and steps once it has that much.
    fn gather<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], Fault> {
        let missing = self.need.saturating_sub(self.held.len()).min(bytes.len());
        let (head, rest) = bytes.split_at(missing);
        self.held.extend_from_slice(head);
        let held = std::mem::take(&mut self.held);
        let mut left = held.as_slice();
        while !left.is_empty() && left.len() >= self.need && !self.done {
            let step = self.walk.step(self.at, left)?;
            left = self.take(step, left);
        }
        self.held = if left.len() == held.len() { held } else { left.to_vec() };
        Ok(rest)
    }

    /// Applies a step to the bytes it was answered for; returns those not dealt with.
    fn take<'a>(&mut self, step: Step, bytes: &'a [u8]) -> &'a [u8] {
        self.need = 1;
        match step {
            Step::Consumed(n) => {
                debug_assert!(n > 0 && n <= bytes.len(), "a step must advance within its bytes");
                self.at += n as u64;
                bytes.get(n..).unwrap_or_default()
            }
            Step::Need(n) => {
                debug_assert!(n > bytes.len() && n <= NEED_MAX, "a need must grow, within its cap");
                self.need = n;
                bytes
            }
            Step::Skip(n) => {
                self.skip = n;
                self.drop_skipped(bytes)
            }
            Step::Done => {
                self.done = true;
                &[]
            }
        }
    }
}

#[cfg(test)]
mod tests;
