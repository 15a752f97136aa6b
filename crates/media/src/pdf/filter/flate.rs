//! `FlateDecode` (ISO 32000-2 §7.4.4): zlib, without minding a checksum or an end that is missing.

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{
    TINFL_FLAG_HAS_MORE_INPUT, TINFL_FLAG_IGNORE_ADLER32, TINFL_FLAG_PARSE_ZLIB_HEADER,
    TINFL_FLAG_STOP_ON_BLOCK_BOUNDARY,
};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

use super::{Flow, PIECE};
use crate::Fault;

/// The farthest that Flate refers back, in bytes.
const WINDOW: usize = 32 * 1024;

/// What a block counts for beside the bytes that it gives: its code tables take as long to set
/// up as some hundred bytes to inflate, and a block may give none.
const BLOCK_COST: u64 = 512;

pub(super) struct Flate {
    decompressor: DecompressorOxide,
    /// The last bytes that came out, as a ring.
    window: Vec<u8>,
    at: usize,
    /// Bytes of the window up to `at` that are still to be handed out.
    pending: usize,
    status: TINFLStatus,
    /// Cost of the blocks begun, not yet told.
    cost: u64,
}

impl Flate {
    pub(super) fn new() -> Self {
        Self {
            decompressor: DecompressorOxide::new(),
            window: vec![0; WINDOW],
            at: 0,
            pending: 0,
            status: TINFLStatus::NeedsMoreInput,
            cost: BLOCK_COST,
        }
    }

    /// Starts anew with another stream.
    pub(super) fn reset(&mut self) {
        self.decompressor.init();
        self.at = 0;
        self.pending = 0;
        self.status = TINFLStatus::NeedsMoreInput;
        self.cost = BLOCK_COST;
    }

    /// What the blocks begun since the last call count for, in bytes.
    pub(super) fn take_cost(&mut self) -> u64 {
        std::mem::take(&mut self.cost)
    }

    pub(super) fn step(&mut self, input: &mut &[u8], out: &mut Vec<u8>) -> Result<Flow, Fault> {
        if self.pending == 0 && self.may_go_on() {
            self.inflate(input);
        }
        let start = (self.at + WINDOW - self.pending) % WINDOW;
        let now = self.pending.min(PIECE).min(WINDOW - start);
        out.extend_from_slice(self.window.get(start..start + now).unwrap_or_default());
        self.pending -= now;
        if self.pending > 0 {
            return Ok(Flow::More);
        }
        if self.status == TINFLStatus::Done {
            Ok(Flow::End)
        } else if self.status == TINFLStatus::NeedsMoreInput {
            Ok(Flow::Hungry)
        } else if self.may_go_on() {
            Ok(Flow::More)
        } else {
            Err(Fault::Malformed("compressed stream that cannot be inflated"))
        }
    }

    fn may_go_on(&self) -> bool {
        matches!(
            self.status,
            TINFLStatus::HasMoreOutput | TINFLStatus::NeedsMoreInput | TINFLStatus::BlockBoundary
        )
    }

    fn inflate(&mut self, input: &mut &[u8]) {
        let flags = TINFL_FLAG_PARSE_ZLIB_HEADER
            | TINFL_FLAG_HAS_MORE_INPUT
            | TINFL_FLAG_IGNORE_ADLER32
            | TINFL_FLAG_STOP_ON_BLOCK_BOUNDARY;
        let (status, used, written) =
            decompress(&mut self.decompressor, input, &mut self.window, self.at, flags);
        *input = input.get(used..).unwrap_or_default();
        self.at = (self.at + written) % WINDOW;
        self.pending = written;
        self.status = status;
        if status == TINFLStatus::BlockBoundary {
            self.cost += BLOCK_COST;
        }
    }
}
