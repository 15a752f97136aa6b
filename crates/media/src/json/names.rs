//! The names of all open objects, as digests on one stack, compared when an object closes.

use sha2::{Digest, Sha256};

use crate::walker::{Budget, Grant};

/// Names that need no grant: 64 KiB of digests.
const FREE_MAX: usize = 64 * 1024 / size_of::<u128>();

/// Names of up to this many bytes stand for themselves; nearly all do.
const SHORT_MAX: usize = 15;

/// One name, while it is read.
#[derive(Debug, Default)]
pub(super) struct Name {
    short: [u8; SHORT_MAX],
    length: usize,
    /// Takes the whole name once it is longer.
    hasher: Option<Sha256>,
}

impl Name {
    /// Takes the next decoded characters.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if let Some(hasher) = &mut self.hasher {
            hasher.update(bytes);
            return;
        }
        let end = self.length + bytes.len();
        if let Some(room) = self.short.get_mut(self.length..end) {
            room.copy_from_slice(bytes);
            self.length = end;
            return;
        }
        let mut hasher = Sha256::new();
        hasher.update(self.short.get(..self.length).unwrap_or_default());
        hasher.update(bytes);
        self.hasher = Some(hasher);
    }

    /// The bytes and length of a short name, or 127 bits of the SHA-256 of a long one: nobody
    /// finds two names for which it is the same. The first bit tells the two kinds apart.
    pub(super) fn digest(self) -> u128 {
        const LONG: u128 = 1 << 127;
        if let Some(hasher) = self.hasher {
            let hash = hasher.finalize();
            return LONG | hash.first_chunk().map_or(0, |half| u128::from_be_bytes(*half));
        }
        let bytes = self.short.iter().fold(0_u128, |sum, byte| (sum << 8) | u128::from(*byte));
        ((self.length as u128) << 120) | bytes
    }
}

/// The stack.
pub(super) struct Names {
    budget: Budget,
    digests: Vec<u128>,
    grants: Vec<Grant>,
    unchecked: bool,
}

impl Names {
    pub(super) fn new(budget: &Budget) -> Self {
        let budget = budget.clone();
        Self { budget, digests: Vec::new(), grants: Vec::new(), unchecked: false }
    }

    /// Where the names of an object that opens now begin.
    pub(super) fn len(&self) -> usize {
        self.digests.len()
    }

    /// Whether the budget had no room and names were dropped.
    pub(super) fn are_unchecked(&self) -> bool {
        self.unchecked
    }

    /// Adds a name of the innermost object.
    pub(super) fn add(&mut self, digest: u128) {
        if self.digests.len() == self.digests.capacity() {
            self.grow();
        }
        if !self.unchecked {
            self.digests.push(digest);
        }
    }

    /// Drops the names from `start` on; `false` when two of them are equal.
    pub(super) fn close(&mut self, start: usize) -> bool {
        let Some(own) = self.digests.get_mut(start..) else { return true };
        own.sort_unstable();
        let distinct = own.windows(2).all(|pair| pair.first() != pair.last());
        self.digests.truncate(start);
        distinct
    }

    /// Doubles the room; what goes beyond the free part must be granted first.
    fn grow(&mut self) {
        let room = self.digests.capacity();
        let more = room.max(16);
        if room + more > FREE_MAX {
            match self.budget.take(more * size_of::<u128>()) {
                Some(grant) => self.grants.push(grant),
                None => {
                    self.unchecked = true;
                    self.digests = Vec::new();
                    self.grants = Vec::new();
                    return;
                }
            }
        }
        self.digests.reserve_exact(more);
    }
}
