//! What the walkers' tests share.

use crate::{Budget, Fault, Findings, Limits, Verdict, Walker};

/// Walks a file whole and byte by byte, and wants one outcome.
pub(crate) fn findings(bytes: &[u8]) -> Findings {
    let whole = walk(bytes, bytes.len().max(1));
    if bytes.len() < 100_000 {
        assert_eq!(walk(bytes, 1), whole, "byte by byte");
    }
    assert_eq!(walk(bytes, 1021), whole, "in pieces");
    whole
}

/// The only fault of a file.
pub(crate) fn fault(bytes: &[u8]) -> Option<Fault> {
    let faults = findings(bytes).faults;
    assert!(faults.len() < 2, "{faults:?}");
    faults.first().copied()
}

fn walk(bytes: &[u8], size: usize) -> Findings {
    let mut walker = Walker::new(Limits::default(), Budget::new(1 << 24));
    let _refused = bytes.chunks(size).try_for_each(|piece| walker.push(piece));
    match walker.finish() {
        Verdict::Settled(findings) => findings,
        Verdict::NeedsReadBack(_) => panic!("a second pass"),
    }
}
