//! Drives a walker over one file in two ways and wants one outcome.

use dossier_media::{Budget, Findings, Limits, Verdict, Walker};

/// Small, so that a second pass is asked for now and then.
const BUDGET: usize = 128 * 1024;

/// Walks the file whole and in pieces whose sizes its own bytes decide.
pub fn walk(file: &[u8]) -> Findings {
    let whole = walk_in(file, || file.len().max(1));
    let sum = file.iter().fold(1_u64, |sum, byte| sum.wrapping_mul(31) + u64::from(*byte));
    for size_max in [3, 100, 3000] {
        let mut state = sum | 1;
        let split = walk_in(file, || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % size_max) as usize + 1
        });
        assert_eq!(split, whole, "pieces of up to {size_max} bytes");
    }
    assert!(whole.faults.len() <= Findings::FAULTS_MAX);
    whole
}

fn walk_in(file: &[u8], mut size: impl FnMut() -> usize) -> Findings {
    let mut walker = Walker::new(Limits::default(), Budget::new(BUDGET));
    let mut rest = file;
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
            let _refused = file.chunks(size()).try_for_each(|piece| back.push(piece));
            back.finish()
        }
    }
}
