//! The names of all open objects, as digests on one stack, compared when an object closes.

use crate::walker::{Budget, Grant};

/// Names that need no grant: 64 KiB of digests.
const FREE_MAX: usize = 64 * 1024 / size_of::<u128>();

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
