//! What looks at a file's bytes on their way: counts, walks the structure. One pass.

use std::ops::ControlFlow;

use dossier_blobs::Tap;
use dossier_domain::{ByteCount, ContentCheck};
use dossier_media::{Facts, Findings, Verdict, Walker};

/// The one tap of an upload.
pub(crate) struct IntakeTap {
    size: u64,
    size_max: u64,
    walker: Walker,
    checked: ContentCheck,
}

/// What the tap knows at the end.
pub(crate) struct Seen {
    pub(crate) size: ByteCount,
    pub(crate) verdict: Verdict,
}

impl IntakeTap {
    pub(crate) fn new(walker: Walker, size_max: ByteCount, checked: ContentCheck) -> Self {
        let size_max = size_max.get();
        Self { size: 0, size_max, walker, checked }
    }

    /// Concludes; structure faults count only at the level that looks at the structure.
    pub(crate) fn finish(self) -> Seen {
        let verdict = match (self.checked, self.walker.finish()) {
            (ContentCheck::Structure, verdict) => verdict,
            (ContentCheck::Signature | ContentCheck::Declared, verdict) => {
                let kind = verdict.into_findings().kind;
                let (faults, notes) = (Vec::new(), Vec::new());
                Verdict::Settled(Findings { kind, faults, notes, facts: Facts::default() })
            }
        };
        Seen { size: ByteCount(self.size), verdict }
    }
}

impl Tap for IntakeTap {
    /// Breaks when the file is refused whatever follows: too large, or its structure is at fault.
    fn push(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        self.size += bytes.len() as u64;
        if self.size > self.size_max {
            return ControlFlow::Break(());
        }
        let flow = self.walker.push(bytes);
        match self.checked {
            ContentCheck::Structure => flow,
            ContentCheck::Signature | ContentCheck::Declared => ControlFlow::Continue(()),
        }
    }
}
