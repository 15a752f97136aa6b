//! Predictors of Flate and LZW (ISO 32000-2 §7.4.4.4): PNG rows and TIFF differencing.

use super::{Flow, PIECE};
use crate::Fault;
use crate::pdf::record::Parms;

/// Bytes of one row; object and cross-reference streams have rows of a few bytes.
const ROW_MAX: u64 = 8 * 1024;

#[derive(Debug)]
pub(super) struct Predictor {
    is_png: bool,
    /// Bytes between a sample and the one to its left.
    left: usize,
    row_length: usize,
    above: Vec<u8>,
    row: Vec<u8>,
    /// PNG's row filter, once its byte was seen.
    filter: Option<u8>,
}

impl Predictor {
    pub(super) fn new(parms: &Parms) -> Result<Self, Fault> {
        let odd = Fault::Malformed("predictor with impossible parameters");
        let positive =
            |n: i64| u64::try_from(n).ok().filter(|n| (1..=65_536).contains(n)).ok_or(odd);
        let (colors, bits) = (positive(parms.colors)?, positive(parms.bits)?);
        let columns = positive(parms.columns)?;
        let is_png = parms.predictor >= 10;
        if !is_png && (parms.predictor != 2 || bits != 8) || bits > 32 || colors > 32 {
            return Err(odd);
        }
        let row_length = (colors * bits * columns).div_ceil(8);
        if row_length > ROW_MAX {
            return Err(odd);
        }
        let row_length = usize::try_from(row_length).map_err(|_| odd)?;
        let left = usize::try_from((colors * bits).div_ceil(8)).map_err(|_| odd)?;
        let above = vec![0; row_length];
        Ok(Self { is_png, left, row_length, above, row: Vec::new(), filter: None })
    }

    pub(super) fn step(&mut self, input: &mut &[u8], out: &mut Vec<u8>) -> Result<Flow, Fault> {
        while out.len() < PIECE {
            if self.is_png && self.filter.is_none() {
                let Some((&filter, rest)) = input.split_first() else { return Ok(Flow::Hungry) };
                if filter > 4 {
                    return Err(Fault::Malformed("unknown row filter"));
                }
                *input = rest;
                self.filter = Some(filter);
            }
            let missing = self.row_length - self.row.len();
            let (now, rest) = input.split_at(missing.min(input.len()));
            self.row.extend_from_slice(now);
            *input = rest;
            if self.row.len() < self.row_length {
                return Ok(Flow::Hungry);
            }
            self.finish(out);
        }
        Ok(if input.is_empty() { Flow::Hungry } else { Flow::More })
    }

    /// Undoes the row under way, whole or cut short by the end of the stream.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        let filter = if self.is_png { self.filter.take().unwrap_or(0) } else { 1 };
        let start = out.len();
        for (n, &byte) in self.row.iter().enumerate() {
            let before = |distance: usize| n.checked_sub(distance);
            let left = before(self.left).and_then(|k| out.get(start + k)).copied().unwrap_or(0);
            let up = self.above.get(n).copied().unwrap_or(0);
            let corner = before(self.left).and_then(|k| self.above.get(k)).copied().unwrap_or(0);
            let guess = match filter {
                0 => 0,
                1 => left,
                2 => up,
                3 => left.midpoint(up),
                _ => paeth(left, up, corner),
            };
            out.push(byte.wrapping_add(guess));
        }
        if self.row.len() == self.row_length {
            self.above.clear();
            self.above.extend(out.iter().skip(start));
        }
        self.row.clear();
    }
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let (a, b, c) = (i16::from(left), i16::from(up), i16::from(corner));
    let (pa, pb, pc) = ((b - c).abs(), (a - c).abs(), (a + b - 2 * c).abs());
    if pa <= pb && pa <= pc {
        left
    } else if pb <= pc {
        up
    } else {
        corner
    }
}
