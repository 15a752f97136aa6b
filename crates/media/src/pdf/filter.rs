//! Undoes the filters of one stream (ISO 32000-2 §7.4) as its bytes pass, within the limits.

mod ascii;
mod flate;
mod lzw;
mod predictor;
mod run_length;

use self::ascii::{Ascii85, AsciiHex};
use self::flate::Flate;
use self::lzw::Lzw;
use self::predictor::Predictor;
use self::run_length::RunLength;
use super::crypt::Decryptor;
use super::record::{Filter, Parms, Record};
use crate::Fault;
use crate::walker::{Budget, Grant};

/// Bytes that pass from one filter to the next at a time.
const PIECE: usize = 4096;

/// What a dictionary coder (Flate, LZW) holds, in bytes; the first of a chain is on the walker's
/// own account, any further ones on that of the shared budget.
const CODER_BYTES: usize = 48 * 1024;

/// What a filter did with the bytes it was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    /// There is more to come out without more going in.
    More,
    /// Everything was taken.
    Hungry,
    /// The filtered bytes ended; what follows does not count.
    End,
}

enum Decoder {
    Decrypt(Decryptor),
    Flate(Box<Flate>),
    Lzw(Box<Lzw>),
    AsciiHex(AsciiHex),
    Ascii85(Ascii85),
    RunLength(RunLength),
    Predictor(Predictor),
}

struct Stage {
    decoder: Decoder,
    inbox: Vec<u8>,
    flow: Flow,
}

/// The filters of one stream, the first to undo first.
pub(super) struct Chain {
    stages: Vec<Stage>,
    scratch: Vec<u8>,
    /// The deepest filter that was stopped, and by what; told once all that came out of it
    /// before is decoded, so that the pieces of a stream make no difference.
    failed: Option<(usize, Fault)>,
    _grant: Option<Grant>,
}

/// An inflater that an earlier stream of the file is done with: setting one up costs more than
/// inflating a small stream.
#[derive(Default)]
pub(super) struct SpareCoder(Option<Box<Flate>>);

/// Why there is no [`Chain`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoChain {
    /// The shared budget has no room now.
    Starved,
    /// The stream cannot be read by anyone.
    Fault(Fault),
}

impl Chain {
    /// The filters that `record` names, behind `decryptor` when the stream is encrypted.
    pub(super) fn new(
        record: &Record,
        decryptor: Option<Decryptor>,
        spare: &mut SpareCoder,
        budget: &Budget,
    ) -> Result<Self, NoChain> {
        if record.filters_elsewhere || record.is_external {
            return Err(NoChain::Fault(Fault::Malformed("object stream with filters elsewhere")));
        }
        let coders =
            record.filters.iter().filter(|f| matches!(f, Filter::Flate | Filter::Lzw)).count();
        let grant = match coders.saturating_sub(1) {
            0 => None,
            more => Some(budget.take(more * CODER_BYTES).ok_or(NoChain::Starved)?),
        };
        let mut stages = Vec::new();
        stages.extend(decryptor.map(|d| Stage::new(Decoder::Decrypt(d))));
        let usual = Parms::default();
        for (n, filter) in record.filters.iter().enumerate() {
            let parms = record.parms.get(n).unwrap_or(&usual);
            let decoder = match filter {
                Filter::Flate => Decoder::Flate(spare.take()),
                Filter::Lzw => Decoder::Lzw(Box::new(Lzw::new(parms.early_change))),
                Filter::AsciiHex => Decoder::AsciiHex(AsciiHex::default()),
                Filter::Ascii85 => Decoder::Ascii85(Ascii85::default()),
                Filter::RunLength => Decoder::RunLength(RunLength::default()),
                Filter::Crypt => continue,
                Filter::Unknown => {
                    let fault = Fault::Malformed("object stream with an unknown filter");
                    return Err(NoChain::Fault(fault));
                }
            };
            stages.push(Stage::new(decoder));
            if matches!(filter, Filter::Flate | Filter::Lzw) && parms.predictor > 1 {
                let predictor = Predictor::new(parms).map_err(NoChain::Fault)?;
                stages.push(Stage::new(Decoder::Predictor(predictor)));
            }
        }
        Ok(Self { stages, scratch: Vec::new(), failed: None, _grant: grant })
    }

    /// Decodes the next bytes of the stream into `sink`; every byte that a decompressing filter
    /// gives, and every block that it begins, is taken from `allowance`.
    pub(super) fn push(
        &mut self,
        bytes: &[u8],
        allowance: &mut u64,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        if self.stages.is_empty() {
            return sink(bytes);
        }
        let mut pieces = bytes.chunks(PIECE);
        loop {
            // The deepest first, so that no more than one piece waits before each filter.
            let busy = self.stages.iter().rposition(Stage::is_busy);
            let (failed, fault) = self.failed.unzip();
            if let Some(n) = busy.filter(|n| failed.is_none_or(|failed| *n > failed)) {
                self.turn(n, allowance, sink)?;
            } else if let Some(fault) = fault {
                return Err(fault);
            } else {
                match (pieces.next(), self.stages.first_mut()) {
                    (Some(piece), Some(stage)) if stage.flow != Flow::End => {
                        stage.inbox.extend_from_slice(piece);
                    }
                    _ => return Ok(()),
                }
            }
        }
    }

    /// Decodes what the filters still hold at the end of the stream.
    pub(super) fn finish(
        &mut self,
        allowance: &mut u64,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        for n in 0..self.stages.len() {
            let mut out = std::mem::take(&mut self.scratch);
            out.clear();
            if let Some(stage) = self.stages.get_mut(n) {
                stage.finish(&mut out);
            }
            self.deliver(n, out, sink)?;
            self.push(&[], allowance, sink)?;
        }
        Ok(())
    }

    /// Leaves a coder behind for the next stream.
    pub(super) fn recycle(self, spare: &mut SpareCoder) {
        for stage in self.stages {
            if let Decoder::Flate(flate) = stage.decoder {
                spare.0 = Some(flate);
            }
        }
    }

    fn turn(
        &mut self,
        n: usize,
        allowance: &mut u64,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let mut out = std::mem::take(&mut self.scratch);
        out.clear();
        if let Some(stage) = self.stages.get_mut(n) {
            let mut result = stage.step(&mut out);
            if !charge(stage, &mut out, allowance) {
                result = Err(Fault::Malformed("compressed streams inflate beyond the limit"));
            }
            if let Err(fault) = result {
                stage.flow = Flow::End;
                self.failed = Some((n, fault));
            }
        }
        self.deliver(n, out, sink)
    }

    /// Hands what filter `n` gave to the next one, or out.
    fn deliver(
        &mut self,
        n: usize,
        mut out: Vec<u8>,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        if let Some(next) = self.stages.get_mut(n + 1) {
            std::mem::swap(&mut next.inbox, &mut out);
        } else {
            sink(&out)?;
        }
        self.scratch = out;
        Ok(())
    }
}

impl SpareCoder {
    fn take(&mut self) -> Box<Flate> {
        let Some(mut flate) = self.0.take() else { return Box::new(Flate::new()) };
        flate.reset();
        flate
    }
}

impl Stage {
    fn new(decoder: Decoder) -> Self {
        Self { decoder, inbox: Vec::new(), flow: Flow::Hungry }
    }

    fn is_busy(&self) -> bool {
        match self.flow {
            Flow::More => true,
            Flow::Hungry => !self.inbox.is_empty(),
            Flow::End => false,
        }
    }

    /// Lets the filter work on its inbox until that is used up or a piece has come out.
    fn step(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        let mut input = self.inbox.as_slice();
        let flow = match &mut self.decoder {
            Decoder::Decrypt(decryptor) => {
                decryptor.push(input, out);
                input = &[];
                Ok(Flow::Hungry)
            }
            Decoder::Flate(flate) => flate.step(&mut input, out),
            Decoder::Lzw(lzw) => lzw.step(&mut input, out),
            Decoder::AsciiHex(hex) => Ok(hex.step(&mut input, out)),
            Decoder::Ascii85(ascii85) => ascii85.step(&mut input, out),
            Decoder::RunLength(run_length) => Ok(run_length.step(&mut input, out)),
            Decoder::Predictor(predictor) => predictor.step(&mut input, out),
        };
        let used = self.inbox.len() - input.len();
        self.inbox.drain(..used);
        self.flow = flow?;
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        self.inbox.clear();
        match &mut self.decoder {
            Decoder::Decrypt(decryptor) => decryptor.finish(out),
            Decoder::AsciiHex(hex) if self.flow != Flow::End => hex.finish(out),
            Decoder::Ascii85(ascii85) if self.flow != Flow::End => ascii85.finish(out),
            Decoder::Predictor(predictor) => predictor.finish(out),
            Decoder::AsciiHex(_)
            | Decoder::Ascii85(_)
            | Decoder::Flate(_)
            | Decoder::Lzw(_)
            | Decoder::RunLength(_) => {}
        }
        self.flow = Flow::End;
    }
}

/// Takes what `out` and its making cost from the allowance; false when that was not enough, and
/// `out` was cut.
fn charge(stage: &mut Stage, out: &mut Vec<u8>, allowance: &mut u64) -> bool {
    let cost = match &mut stage.decoder {
        Decoder::Flate(flate) => flate.take_cost(),
        Decoder::Lzw(_) | Decoder::RunLength(_) | Decoder::Ascii85(_) => 0,
        Decoder::Decrypt(_) | Decoder::AsciiHex(_) | Decoder::Predictor(_) => return true,
    };
    let room = usize::try_from(allowance.saturating_sub(cost)).unwrap_or(usize::MAX);
    let is_enough = cost <= *allowance && out.len() <= room;
    out.truncate(room);
    *allowance = allowance.saturating_sub(cost + out.len() as u64);
    is_enough
}

#[cfg(test)]
mod tests;
