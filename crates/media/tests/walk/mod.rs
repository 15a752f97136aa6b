//! Drives a [`Walker`] the way the upload does, with the second pass when it is asked for.

use dossier_media::{Budget, Findings, Limits, Verdict, Walker};

const BUDGET: usize = 16 * 1024 * 1024;

/// One push, as a small upload is.
pub(crate) fn walk(bytes: &[u8]) -> Findings {
    walk_chunks(bytes, || bytes.len().max(1))
}

/// Pushes of 1 to `size_max` bytes, in an order that `seed` decides.
pub(crate) fn walk_in_chunks(bytes: &[u8], seed: u64, size_max: usize) -> Findings {
    let mut state = seed;
    walk_chunks(bytes, || {
        // xorshift64
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % size_max as u64).map_or(1, |size| size + 1)
    })
}

fn walk_chunks(bytes: &[u8], mut size: impl FnMut() -> usize) -> Findings {
    let mut walker = Walker::new(Limits::default(), Budget::new(BUDGET));
    let mut rest = bytes;
    while !rest.is_empty() {
        let (now, later) = rest.split_at(rest.len().min(size()));
        rest = later;
        if walker.push(now).is_break() {
            break;
        }
    }
    match walker.finish() {
        Verdict::Settled(findings) => findings,
        Verdict::NeedsReadBack(mut back) => {
            for piece in bytes.chunks(size()) {
                if back.push(piece).is_break() {
                    break;
                }
            }
            back.finish()
        }
    }
}
