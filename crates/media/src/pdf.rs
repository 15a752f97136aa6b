//! PDF (ISO 32000-2): whether the file is whole, has pages, opens without a password, and what
//! active content it holds. Nothing is rendered and no content stream is read.
//!
//! One forward pass finds every object without trusting cross-reference tables or lengths, since
//! readers repair both and each in its own way. Any object counts, reachable or not, in every
//! revision. A second pass is asked for when the first one learned too late how to read the
//! bytes: encrypted object streams, streams whose length is wrong, bytes inside streams that
//! another reader might take for objects.

mod crypt;
mod decode;
mod document;
mod exact;
mod filter;
mod keys;
mod lexer;
mod needle;
mod object;
mod object_stream;
mod record;
mod scan;
mod shadow;
mod stream;
mod tail;
mod word;

use std::ops::ControlFlow;

use self::document::Lock;
use self::scan::{Plan, Scan};
use crate::walker::{Budget, Conclusion, Format};
use crate::{Fault, Findings, Limits, Note};

/// The structure walker.
pub(crate) fn format(limits: &Limits, budget: &Budget) -> Box<dyn Format> {
    let scan = Scan::new(limits, budget, Plan::default());
    Box::new(Pdf { limits: *limits, budget: budget.clone(), scan })
}

struct Pdf {
    limits: Limits,
    budget: Budget,
    scan: Scan,
}

impl Format for Pdf {
    fn push(&mut self, bytes: &[u8], findings: &mut Findings) -> ControlFlow<()> {
        match self.scan.push(bytes, findings) {
            Ok(()) => ControlFlow::Continue(()),
            Err(fault) => {
                findings.fault(fault);
                ControlFlow::Break(())
            }
        }
    }

    fn finish(&mut self, findings: &mut Findings) -> Conclusion {
        if let Err(fault) = self.scan.finish() {
            findings.fault(fault);
            return Conclusion::Settled;
        }
        let key = match self.scan.document.lock() {
            Lock::Absent => None,
            Lock::Open(key) => Some(key),
            Lock::Closed => {
                findings.fault(Fault::PdfEncrypted);
                return Conclusion::Settled;
            }
        };
        if key.is_some() {
            findings.note(Note::PdfRestricted);
        }
        let learned = &mut self.scan.learned;
        let is_sealed = key.is_some() && learned.has_object_streams;
        let is_unread = !learned.liars.is_empty() || learned.is_starved;
        let needs_second = is_sealed || is_unread || self.scan.shadow.finish();
        if !needs_second || self.scan.plan.is_second {
            return self.judge(findings);
        }
        if !findings.faults.is_empty() {
            return Conclusion::Settled;
        }
        let liars = std::mem::take(&mut learned.liars);
        let plan = Plan { is_second: true, key, liars };
        self.scan = Scan::new(&self.limits, &self.budget, plan);
        Conclusion::Again
    }
}

impl Pdf {
    /// Judges what the last pass learned.
    fn judge(&self, findings: &mut Findings) -> Conclusion {
        let Scan { learned, document, exact, shadow, .. } = &self.scan;
        if let Some(fault) = learned.broken {
            findings.fault(fault);
            return Conclusion::Settled;
        }
        if let Some(exact) = exact
            && shadow.finish()
        {
            if exact.is_starved() {
                return Conclusion::Again;
            }
            if let Err(fault) = exact.finish() {
                findings.fault(fault);
            }
        }
        if learned.is_starved {
            return Conclusion::Again;
        }
        if let Err(fault) = document.judge_pages(findings) {
            findings.fault(fault);
        }
        Conclusion::Settled
    }
}

#[cfg(test)]
mod tests;
