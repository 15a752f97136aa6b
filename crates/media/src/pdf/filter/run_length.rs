//! `RunLengthDecode` (ISO 32000-2 §7.4.5).

use super::{Flow, PIECE};

/// What the next byte is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Next {
    #[default]
    Length,
    /// One of so many bytes to copy.
    Copy(u8),
    /// The byte to repeat so many times.
    Repeat(u16),
}

#[derive(Debug, Default)]
pub(super) struct RunLength {
    next: Next,
}

impl RunLength {
    pub(super) fn step(&mut self, input: &mut &[u8], out: &mut Vec<u8>) -> Flow {
        while let Some((&byte, rest)) = input.split_first() {
            if out.len() >= PIECE {
                break;
            }
            *input = rest;
            self.next = match self.next {
                Next::Length if byte == 128 => return Flow::End,
                Next::Length if byte < 128 => Next::Copy(byte),
                Next::Length => Next::Repeat(257 - u16::from(byte)),
                Next::Copy(more) => {
                    out.push(byte);
                    more.checked_sub(1).map_or(Next::Length, Next::Copy)
                }
                Next::Repeat(times) => {
                    out.extend((0..times).map(|_| byte));
                    Next::Length
                }
            };
        }
        Flow::Hungry
    }
}
