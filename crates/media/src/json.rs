//! JSON structure (RFC 8259, and I-JSON's rules on names and surrogates, RFC 7493, 2.1 and 2.3):
//! one object or array in UTF-8, read byte by byte, with nothing kept but names.

mod machine;
mod names;
mod number;
mod string;

use std::ops::ControlFlow;

use self::machine::Machine;
use crate::walker::{Budget, Conclusion, Format};
use crate::{Fault, Findings, Limits};

/// The structure walker.
pub(crate) fn format(limits: &Limits, budget: &Budget) -> Box<dyn Format> {
    Box::new(Json { cut: Vec::new(), machine: Machine::new(limits, budget) })
}

/// Shows the machine only whole characters, so that it never sees what is not UTF-8.
struct Json {
    /// The first bytes of a character that the last push cut in two.
    cut: Vec<u8>,
    machine: Machine,
}

const NOT_UTF_8: Fault = Fault::Malformed("the text is not UTF-8");

impl Json {
    fn take(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let bytes = self.complete_cut(bytes)?;
        match std::str::from_utf8(bytes) {
            Ok(_) => self.machine.push(bytes),
            Err(error) => {
                let (text, rest) = bytes.split_at(error.valid_up_to());
                self.machine.push(text)?;
                if error.error_len().is_some() {
                    return Err(NOT_UTF_8);
                }
                self.cut.extend_from_slice(rest);
                Ok(())
            }
        }
    }

    /// Adds what the cut character lacks; returns the bytes behind it.
    fn complete_cut<'a>(&mut self, mut bytes: &'a [u8]) -> Result<&'a [u8], Fault> {
        while !self.cut.is_empty() {
            let Some((byte, rest)) = bytes.split_first() else { break };
            self.cut.push(*byte);
            bytes = rest;
            match std::str::from_utf8(&self.cut).map_err(|error| error.error_len()) {
                Ok(_) => {
                    self.machine.push(&self.cut)?;
                    self.cut.clear();
                }
                Err(None) => {}
                Err(Some(_)) => return Err(NOT_UTF_8),
            }
        }
        Ok(bytes)
    }
}

impl Format for Json {
    fn push(&mut self, bytes: &[u8], findings: &mut Findings) -> ControlFlow<()> {
        match self.take(bytes) {
            Ok(()) => ControlFlow::Continue(()),
            Err(fault) => {
                findings.fault(fault);
                ControlFlow::Break(())
            }
        }
    }

    /// Names that found no room in the budget ask for a second pass, which may find some.
    fn finish(&mut self, findings: &mut Findings) -> Conclusion {
        if !self.machine.is_over() || !self.cut.is_empty() {
            findings.fault(Fault::Truncated);
            Conclusion::Settled
        } else if self.machine.is_unchecked() {
            self.machine.restart();
            Conclusion::Again
        } else {
            Conclusion::Settled
        }
    }
}

#[cfg(test)]
mod tests;
