//! What rows go through between their receipt and the disk: they are hashed, then sealed.

use std::fmt;
use std::io;

use dossier_seal::{Digest, Sealer, Sha256};

use crate::buffer::RowBuffer;

/// The hash and the cipher of one blob, which take its rows one after the other.
pub(crate) struct Hasher {
    hash: Sha256,
    sealer: Sealer,
}

impl Hasher {
    pub(crate) fn new(sealer: Sealer) -> Self {
        Self { hash: Sha256::new(), sealer }
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hasher")
    }
}

/// What follows the rows of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Follows {
    /// More text: every row is full.
    More,
    /// Nothing: the last row is the last of the blob.
    Nothing,
}

/// The next rows of one blob, to be hashed and sealed.
#[derive(Debug)]
pub(crate) struct Job {
    hasher: Box<Hasher>,
    rows: RowBuffer,
    follows: Follows,
}

impl Job {
    /// A job with rows that more text is sure to follow.
    pub(crate) const fn new(hasher: Box<Hasher>, rows: RowBuffer) -> Self {
        Self { hasher, rows, follows: Follows::More }
    }

    /// Whether all its rows are done.
    pub(crate) fn is_done(&self) -> bool {
        self.rows.due().is_none()
    }

    /// Hashes and seals all its rows. The last row of a blob is left to [`Job::end`].
    pub(crate) fn run(&mut self) -> io::Result<()> {
        while let Some(text) = self.rows.due() {
            self.hasher.hash.push(text);
            self.go_on()?;
        }
        Ok(())
    }

    /// The same for its rows and those of `other` at once, until one of the two has no more.
    pub(crate) fn run_with(&mut self, other: &mut Self) -> io::Result<()> {
        while let (Some(mine), Some(theirs)) = (self.rows.due(), other.rows.due()) {
            Sha256::push_two((&mut self.hasher.hash, mine), (&mut other.hasher.hash, theirs));
            self.go_on()?;
            other.go_on()?;
        }
        Ok(())
    }

    /// Seals the row that was hashed, unless it is the last of the blob.
    fn go_on(&mut self) -> io::Result<()> {
        match self.follows {
            Follows::Nothing if self.rows.is_last_due() => self.rows.pass_due(),
            Follows::Nothing | Follows::More => self.rows.seal_due(&mut self.hasher.sealer)?,
        }
        Ok(())
    }

    /// Adds rows that come after its own, and that more text is sure to follow.
    pub(crate) fn append(&mut self, rows: RowBuffer) {
        self.rows.append(rows);
    }

    /// Adds the last rows of the blob.
    pub(crate) fn append_end(&mut self, rows: RowBuffer) {
        self.rows.append(rows);
        self.follows = Follows::Nothing;
    }

    /// The sealed rows, of a job that is done and that more text follows.
    pub(crate) fn into_parts(self) -> (Box<Hasher>, RowBuffer) {
        (self.hasher, self.rows)
    }

    /// Does what is left and returns the sealed end, of a job that nothing follows.
    pub(crate) fn end(mut self) -> io::Result<End> {
        self.run()?;
        let Self { hasher, mut rows, follows: _ } = self;
        let Hasher { hash, sealer } = *hasher;
        rows.seal_end(sealer)?;
        Ok(End { sha256: hash.finish(), rows })
    }
}

/// The end of a blob, and what is known of all of it then.
#[derive(Debug)]
pub(crate) struct End {
    /// Of the whole text.
    pub(crate) sha256: Digest,
    pub(crate) rows: RowBuffer,
}
