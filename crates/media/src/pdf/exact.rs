//! Checks that cross-reference entries and the object heads in the file agree, for files that
//! hold something like objects where only such an entry would find them.

use super::record::Record;
use crate::Fault;
use crate::walker::{Budget, Grant};

/// Heads and entries that are on the walker's own account, together.
const OWN_PLACES: usize = 1024;

/// Heads and entries that one further grant pays for, and its size in bytes.
const GRANT_PLACES: usize = 4 * 1024;
const GRANT_BYTES: usize = 64 * 1024;

/// The head of an object or of a cross-reference section.
#[derive(Clone, Copy, Debug)]
struct Head {
    start: u64,
    /// White space right before it, in bytes.
    blank: u64,
}

#[derive(Debug)]
pub(super) struct Exact {
    /// Ascending.
    heads: Vec<Head>,
    /// Entries that name a place behind all heads so far.
    later: Vec<u64>,
    has_miss: bool,
    budget: Budget,
    grants: Vec<Grant>,
    is_starved: bool,
}

impl Exact {
    pub(super) fn new(budget: &Budget) -> Self {
        Self {
            heads: Vec::new(),
            later: Vec::new(),
            has_miss: false,
            budget: budget.clone(),
            grants: Vec::new(),
            is_starved: false,
        }
    }

    /// The lexer came across a head.
    pub(super) fn head(&mut self, start: u64, blank: u64) {
        if self.has_room() {
            self.heads.push(Head { start, blank });
        }
    }

    /// Something names `place` as that of a head; 0 names none.
    pub(super) fn entry(&mut self, place: u64) {
        if self.heads.last().is_some_and(|head| head.start >= place) {
            self.has_miss |= place > 0 && !self.is_head(place);
        } else if place > 0 && self.has_room() {
            self.later.push(place);
        }
    }

    /// A section could not be read, so that other readers will look for objects everywhere.
    pub(super) fn miss(&mut self) {
        self.has_miss = true;
    }

    /// True when the shared budget had no room for all places.
    pub(super) fn is_starved(&self) -> bool {
        self.is_starved
    }

    /// Judges the whole file.
    pub(super) fn finish(&self) -> Result<(), Fault> {
        if self.has_miss || !self.later.iter().all(|&place| self.is_head(place)) {
            return Err(Fault::Malformed("cross-reference that does not name the objects"));
        }
        Ok(())
    }

    fn is_head(&self, place: u64) -> bool {
        let n = self.heads.partition_point(|head| head.start < place);
        self.heads.get(n).is_some_and(|head| head.start - head.blank <= place)
    }

    fn has_room(&mut self) -> bool {
        let paid = OWN_PLACES + self.grants.len() * GRANT_PLACES;
        if self.heads.len() + self.later.len() >= paid {
            match self.budget.take(GRANT_BYTES) {
                Some(grant) => self.grants.push(grant),
                None => self.is_starved = true,
            }
        }
        !self.is_starved
    }
}

/// The entries of a cross-reference stream (ISO 32000-2 §7.5.8), as it is decoded.
#[derive(Debug)]
pub(super) struct Rows {
    widths: [usize; 3],
    row: Vec<u8>,
}

impl Rows {
    /// The rows that `record` describes; `None` when nobody can read them.
    pub(super) fn new(record: &Record) -> Option<Self> {
        let mut widths = [0; 3];
        for (n, width) in widths.iter_mut().enumerate() {
            *width = record.widths.get(n).map(|&w| usize::from(w)).filter(|w| *w <= 8)?;
        }
        (widths.iter().sum::<usize>() > 0).then_some(Self { widths, row: Vec::new() })
    }

    /// Takes the next decoded bytes.
    pub(super) fn push(&mut self, bytes: &[u8], exact: &mut Exact) {
        let [first, second, third] = self.widths;
        for &byte in bytes {
            self.row.push(byte);
            if self.row.len() == first + second + third {
                let kind = self.row.get(..first).unwrap_or_default();
                let place = self.row.get(first..first + second).unwrap_or_default();
                if first == 0 || number(kind) == 1 {
                    exact.entry(number(place));
                }
                self.row.clear();
            }
        }
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte))
}
