//! The [`Format`] of all files made of boxes: one pass, and a second one only for pictures whose
//! description did not fit into memory or stands among the media.

use std::ops::{ControlFlow, Range};

use super::file::File;
use crate::feed::Feed;
use crate::image::heif;
use crate::video::mp4;
use crate::walker::{Budget, Conclusion, Format};
use crate::{Fault, Findings, Limits};

/// Walks the boxes, then has them judged as a picture or as a movie.
#[derive(Debug)]
pub(crate) struct Boxes {
    limits: Limits,
    budget: Option<Budget>,
    feed: Feed<File>,
    pieces: Pieces,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The boxes are being walked.
    Walk,
    /// The walk is over; the second pass fetches pieces of the media.
    Fetch,
}

impl Boxes {
    /// A walker; without a `budget` no `meta` box over 64 KiB is looked into.
    pub(crate) fn new(limits: &Limits, budget: Option<&Budget>) -> Self {
        Self {
            limits: *limits,
            budget: budget.cloned(),
            feed: Feed::new(File::new(limits, budget)),
            pieces: Pieces::default(),
            stage: Stage::Walk,
        }
    }

    fn judge(&mut self, findings: &mut Findings) -> Result<(), Fault> {
        let end = self.feed.finish();
        let file = &mut self.feed.walk;
        if heif::is_picture(file) {
            heif::judge(file, end, &mut self.pieces, findings)
        } else {
            mp4::judge(file, end, findings)
        }
    }
}

impl Format for Boxes {
    fn push(&mut self, bytes: &[u8], findings: &mut Findings) -> ControlFlow<()> {
        match self.stage {
            Stage::Fetch => {
                self.pieces.push(bytes);
                ControlFlow::Continue(())
            }
            Stage::Walk => match self.feed.push(bytes) {
                Ok(()) => ControlFlow::Continue(()),
                Err(fault) => {
                    findings.fault(fault);
                    ControlFlow::Break(())
                }
            },
        }
    }

    fn finish(&mut self, findings: &mut Findings) -> Conclusion {
        if self.feed.walk.starved {
            self.feed = Feed::new(File::new(&self.limits, self.budget.as_ref()));
            return Conclusion::Again;
        }
        match self.judge(findings) {
            Err(fault) => findings.fault(fault),
            Ok(()) if self.pieces.are_missing() => {
                self.stage = Stage::Fetch;
                return Conclusion::Again;
            }
            Ok(()) => {}
        }
        Conclusion::Settled
    }
}

/// Short pieces of the file that a second pass fetches.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    at: u64,
    pieces: Vec<Piece>,
}

#[derive(Debug)]
struct Piece {
    range: Range<u64>,
    bytes: Vec<u8>,
}

impl Pieces {
    /// Pieces of one file; a picture has one derivation, or two when it has transparency.
    const PIECES_MAX: usize = 64;

    /// The bytes in `range`, a short one, if they were fetched; asks for them otherwise.
    pub(crate) fn get(&mut self, range: Range<u64>) -> Result<Option<&[u8]>, Fault> {
        if let Some(at) = self.pieces.iter().position(|piece| piece.range == range) {
            return Ok(self.pieces.get(at).filter(|piece| piece.is_whole()).map(|p| &*p.bytes));
        }
        if self.pieces.len() == Self::PIECES_MAX {
            return Err(Fault::Malformed("too many derivations outside the meta box"));
        }
        self.pieces.push(Piece { range, bytes: Vec::new() });
        Ok(None)
    }

    fn are_missing(&self) -> bool {
        self.pieces.iter().any(|piece| !piece.is_whole())
    }

    fn push(&mut self, bytes: &[u8]) {
        for piece in &mut self.pieces {
            piece.push(self.at, bytes);
        }
        self.at += bytes.len() as u64;
    }
}

impl Piece {
    fn is_whole(&self) -> bool {
        self.bytes.len() as u64 == self.range.end - self.range.start
    }

    fn push(&mut self, at: u64, bytes: &[u8]) {
        let next = self.range.start + self.bytes.len() as u64;
        let Some(skip) = next.checked_sub(at) else { return };
        let wanted = usize::try_from(self.range.end - next).unwrap_or(usize::MAX);
        let here = usize::try_from(skip).ok().and_then(|skip| bytes.get(skip..));
        self.bytes.extend(here.unwrap_or_default().iter().take(wanted));
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;
    use proptest::sample::Index;
    use proptest::test_runner::TestRunner;

    use super::*;
    use crate::Kind;

    /// The findings of a whole pass in pieces of `chunk` bytes, and of a second one when asked.
    pub(crate) fn walk(make: &dyn Fn() -> Box<dyn Format>, bytes: &[u8], chunk: usize) -> Findings {
        let mut findings = Findings::new(Kind::Unknown);
        let mut format = make();
        for _pass in 0..2 {
            if bytes.chunks(chunk).any(|piece| format.push(piece, &mut findings).is_break()) {
                return findings;
            }
            if format.finish(&mut findings) == Conclusion::Settled {
                return findings;
            }
        }
        findings.fault(Fault::Malformed("too complex to check"));
        findings
    }

    /// Changes to a file: a byte at one place, bytes at more, and where it is cut off.
    type Changes = ((usize, u8), Vec<(Index, u8)>, Index);

    /// Asserts of each seed, whole and changed, that the findings do not depend on how the bytes
    /// are cut, and that nothing makes the walk panic.
    pub(crate) fn assert_steady(seeds: Vec<Vec<u8>>, walk: fn(&[u8], usize) -> Findings) {
        let flips = prop::collection::vec((any::<Index>(), any::<u8>()), 0..12);
        let changes = ((0..1000_usize, any::<u8>()), flips, any::<Index>());
        let cases = (prop::sample::select(seeds), 1..200_usize, changes);
        let held = TestRunner::default().run(&cases, |(file, chunk, changes)| {
            let ((at, with), flips, cut): Changes = changes;
            let whole = |bytes: &[u8]| walk(bytes, bytes.len().max(1));
            prop_assert_eq!(walk(&file, chunk), whole(&file));
            let mut changed = file.clone();
            let at = at % changed.len();
            changed[at] = with;
            prop_assert_eq!(walk(&changed, chunk), whole(&changed));
            let mut broken = file;
            for (at, with) in flips {
                let at = at.index(broken.len());
                broken[at] = with;
            }
            broken.truncate(cut.index(broken.len()));
            let _findings = whole(&broken);
            Ok(())
        });
        held.unwrap();
    }

    #[test]
    fn a_piece_is_fetched_however_the_bytes_are_cut() {
        let file: Vec<u8> = (0..100).collect();
        for cut in 1..file.len() {
            let mut pieces = Pieces::default();
            assert_eq!(pieces.get(30..50), Ok(None));
            assert!(pieces.are_missing());
            for chunk in file.chunks(cut) {
                pieces.push(chunk);
            }
            assert_eq!(pieces.get(30..50), Ok(file.get(30..50)), "cut {cut}");
        }
    }

    #[test]
    fn pieces_are_bounded_in_number() {
        let mut pieces = Pieces::default();
        for n in 0..64 {
            assert_eq!(pieces.get(n..n + 9), Ok(None));
        }
        assert!(pieces.get(64..73).is_err());
    }
}
