//! The one entry: recognises the format from the first bytes, then drives its structure walker.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::feed::{End, Feed, Walk};
use crate::polyglot::Polyglot;
use crate::signature::{self, HEAD_MAX};
use crate::{Fault, Findings, Kind, Limits};

/// Memory that all walkers of a process share, for the few files that need more than their own.
#[derive(Clone, Debug)]
pub struct Budget {
    left: Arc<AtomicUsize>,
}

impl Budget {
    /// A budget of `bytes`.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self { left: Arc::new(AtomicUsize::new(bytes)) }
    }

    /// Takes `bytes` until the grant is dropped; `None` when that much is not left.
    pub(crate) fn take(&self, bytes: usize) -> Option<Grant> {
        let taken = self
            .left
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(bytes));
        taken.is_ok().then(|| Grant { budget: self.clone(), bytes })
    }
}

/// Bytes taken from a [`Budget`], given back on drop.
#[derive(Debug)]
pub(crate) struct Grant {
    budget: Budget,
    bytes: usize,
}

impl Drop for Grant {
    fn drop(&mut self) {
        self.budget.left.fetch_add(self.bytes, Ordering::AcqRel);
    }
}

/// One format's structure walker.
pub(crate) trait Format: Send + Sync {
    /// Takes the next bytes; `Break` when nothing that follows can change the findings.
    fn push(&mut self, bytes: &[u8], findings: &mut Findings) -> ControlFlow<()>;

    /// Concludes after the last byte; may refine `findings.kind`.
    fn finish(&mut self, findings: &mut Findings) -> Conclusion;
}

/// How a pass over the bytes ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Conclusion {
    /// The findings are complete.
    Settled,
    /// All bytes must be pushed once more, from the first, before the findings are complete.
    Again,
}

/// A [`Walk`] that knows what its end means; gives a [`Format`] through [`Feed`].
pub(crate) trait Conclude: Walk + Send + Sync {
    /// Judges the whole after the last byte.
    fn conclude(&mut self, end: End, findings: &mut Findings) -> Result<(), Fault>;
}

impl<W: Conclude> Format for Feed<W> {
    fn push(&mut self, bytes: &[u8], findings: &mut Findings) -> ControlFlow<()> {
        match Feed::push(self, bytes) {
            Ok(()) => ControlFlow::Continue(()),
            Err(fault) => {
                findings.fault(fault);
                ControlFlow::Break(())
            }
        }
    }

    fn finish(&mut self, findings: &mut Findings) -> Conclusion {
        let end = Feed::finish(self);
        if let Err(fault) = self.walk.conclude(end, findings) {
            findings.fault(fault);
        }
        Conclusion::Settled
    }
}

/// Recognises and walks one file in one pass.
///
/// Memory is bounded: some KiB while recognising, 64 KiB for a walker, and what a PDF or JSON
/// takes from the shared [`Budget`].
pub struct Walker {
    limits: Limits,
    budget: Budget,
    stage: Stage,
    polyglot: Polyglot,
    findings: Findings,
}

enum Stage {
    /// The head is being gathered.
    Head(Vec<u8>),
    /// The format is known and being walked.
    Walking(Box<dyn Format>),
    /// The findings cannot change any more.
    Settled,
}

/// The outcome of [`Walker::finish`].
pub enum Verdict {
    /// The findings are complete.
    Settled(Findings),
    /// The bytes must be read back once: the walker needed more memory than the budget had, or
    /// learned only at the end how to read what came before (an encrypted PDF).
    NeedsReadBack(ReadBack),
}

/// The second pass over the same bytes.
pub struct ReadBack {
    /// `None` once the findings cannot change any more.
    format: Option<Box<dyn Format>>,
    findings: Findings,
}

impl Verdict {
    /// What is known without a second pass.
    #[must_use]
    pub fn into_findings(self) -> Findings {
        match self {
            Self::Settled(findings) | Self::NeedsReadBack(ReadBack { findings, .. }) => findings,
        }
    }
}

impl ReadBack {
    /// Takes the next bytes of the second pass; `Break` when the rest does not matter.
    pub fn push(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        let Some(format) = &mut self.format else { return ControlFlow::Break(()) };
        let flow = format.push(bytes, &mut self.findings);
        if flow.is_break() {
            self.format = None;
        }
        flow
    }

    /// Ends the second pass.
    #[must_use]
    pub fn finish(mut self) -> Findings {
        match self.format.map(|mut format| format.finish(&mut self.findings)) {
            Some(Conclusion::Settled) | None => {}
            Some(Conclusion::Again) => {
                self.findings.fault(Fault::Malformed("too complex to check"));
            }
        }
        self.findings
    }
}

impl Walker {
    /// A walker for one file.
    #[must_use]
    pub fn new(limits: Limits, budget: Budget) -> Self {
        Self {
            limits,
            budget,
            stage: Stage::Head(Vec::new()),
            polyglot: Polyglot::new(),
            findings: Findings::new(Kind::Unknown),
        }
    }

    /// Takes the next bytes; `Break` when the file is refused whatever follows.
    pub fn push(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        if matches!(self.stage, Stage::Settled) {
            return ControlFlow::Break(());
        }
        self.polyglot.push(bytes);
        match &mut self.stage {
            Stage::Head(head) => {
                let (now, rest) = bytes.split_at(bytes.len().min(HEAD_MAX - head.len()));
                head.extend_from_slice(now);
                if head.len() < HEAD_MAX {
                    return ControlFlow::Continue(());
                }
                self.recognise()?;
                self.walk(rest)
            }
            Stage::Walking(_) => self.walk(bytes),
            Stage::Settled => ControlFlow::Break(()),
        }
    }

    /// What the first bytes said, once enough of them were pushed or the file ended.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.findings.kind
    }

    /// Ends the pass.
    #[must_use]
    pub fn finish(mut self) -> Verdict {
        if matches!(self.stage, Stage::Head(_)) {
            let _settled = self.recognise();
        }
        let stage = std::mem::replace(&mut self.stage, Stage::Settled);
        let mut findings = self.findings;
        // After a break the caller need not push the rest, so that only a walk to the end may
        // say what the whole file also is.
        let Stage::Walking(mut format) = stage else { return Verdict::Settled(findings) };
        let conclusion = format.finish(&mut findings);
        let named = findings.faults.iter().any(|fault| matches!(fault, Fault::TwoFormats(_)));
        if let (false, Some(other)) = (named, self.polyglot.finish(findings.kind)) {
            findings.fault(Fault::TwoFormats(other));
        }
        match conclusion {
            Conclusion::Settled => Verdict::Settled(findings),
            Conclusion::Again => {
                Verdict::NeedsReadBack(ReadBack { format: Some(format), findings })
            }
        }
    }

    /// Names the format from the head and hands the head to its walker.
    fn recognise(&mut self) -> ControlFlow<()> {
        let head = match std::mem::replace(&mut self.stage, Stage::Settled) {
            Stage::Head(head) => head,
            Stage::Walking(_) | Stage::Settled => return ControlFlow::Break(()),
        };
        self.findings.kind = signature::recognise(&head);
        match signature::format(self.findings.kind, &self.limits, &self.budget) {
            Some(format) => {
                self.stage = Stage::Walking(format);
                self.walk(&head)
            }
            None => ControlFlow::Break(()),
        }
    }

    fn walk(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        let Stage::Walking(format) = &mut self.stage else { return ControlFlow::Break(()) };
        let flow = format.push(bytes, &mut self.findings);
        if flow.is_break() {
            self.stage = Stage::Settled;
        }
        flow
    }
}

#[cfg(test)]
mod tests;
