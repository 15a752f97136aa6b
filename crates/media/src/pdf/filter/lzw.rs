//! `LZWDecode` (ISO 32000-2 §7.4.4).

use super::{Flow, PIECE};
use crate::Fault;

const CLEAR: u16 = 256;
const END: u16 = 257;
const ENTRIES_MAX: usize = 4096;

/// A string of the table: another one and a last byte.
#[derive(Clone, Copy, Debug)]
struct Entry {
    prefix: u16,
    last: u8,
    first: u8,
    length: u16,
}

#[derive(Debug)]
pub(super) struct Lzw {
    /// The strings of the codes from 258 on.
    entries: Vec<Entry>,
    before: Option<u16>,
    /// How many codes before it must the code width grow.
    early: usize,
    bits: u32,
    bit_count: u32,
}

impl Lzw {
    /// `early_change` is 0 or, by default, 1 (ISO 32000-2 table 8).
    pub(super) fn new(early_change: i64) -> Self {
        let early = usize::from(early_change != 0);
        Self { entries: Vec::new(), before: None, early, bits: 0, bit_count: 0 }
    }

    pub(super) fn step(&mut self, input: &mut &[u8], out: &mut Vec<u8>) -> Result<Flow, Fault> {
        while out.len() < PIECE {
            let width = self.width();
            while self.bit_count < width {
                let Some((&byte, rest)) = input.split_first() else { return Ok(Flow::Hungry) };
                *input = rest;
                self.bits = self.bits << 8 | u32::from(byte);
                self.bit_count += 8;
            }
            self.bit_count -= width;
            let code = self.bits >> self.bit_count & ((1 << width) - 1);
            match u16::try_from(code).unwrap_or(END) {
                CLEAR => {
                    self.entries.clear();
                    self.before = None;
                }
                END => return Ok(Flow::End),
                code => self.code(code, out)?,
            }
        }
        Ok(if input.is_empty() && self.bit_count < self.width() {
            Flow::Hungry
        } else {
            Flow::More
        })
    }

    fn width(&self) -> u32 {
        // One code lags behind: the entry that the code under way makes is not there yet.
        let next = 258 + self.entries.len() + usize::from(self.before.is_some()) + self.early;
        match next {
            0..=512 => 9,
            513..=1024 => 10,
            1025..=2048 => 11,
            _ => 12,
        }
    }

    fn code(&mut self, code: u16, out: &mut Vec<u8>) -> Result<(), Fault> {
        if let Some(before) = self.before {
            let whole = self.entry(before).ok_or(BROKEN)?;
            // The code that is being made right now starts like the string before it.
            let last = self.entry(code).map_or(whole.first, |entry| entry.first);
            if self.entries.len() + 258 < ENTRIES_MAX {
                self.entries.push(Entry {
                    prefix: before,
                    last,
                    first: whole.first,
                    length: whole.length.saturating_add(1),
                });
            }
        }
        let mut entry = self.entry(code).ok_or(BROKEN)?;
        let start = out.len();
        for _ in 0..entry.length {
            out.push(entry.last);
            let Some(prefix) = self.entry(entry.prefix) else { break };
            entry = prefix;
        }
        out.get_mut(start..).unwrap_or_default().reverse();
        self.before = Some(code);
        Ok(())
    }

    fn entry(&self, code: u16) -> Option<Entry> {
        match u8::try_from(code) {
            Ok(byte) => Some(Entry { prefix: END, last: byte, first: byte, length: 1 }),
            Err(_) => self.entries.get(usize::from(code).checked_sub(258)?).copied(),
        }
    }
}

const BROKEN: Fault = Fault::Malformed("stream that is not LZW");
