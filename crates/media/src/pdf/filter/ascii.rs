//! The two filters that write bytes as text (ISO 32000-2 §7.4.2 and §7.4.3).

use super::Flow;
use crate::Fault;
use crate::pdf::lexer::{hex_digit, is_white};

/// `ASCIIHexDecode`
#[derive(Debug, Default)]
pub(super) struct AsciiHex {
    high: Option<u8>,
}

impl AsciiHex {
    pub(super) fn step(&mut self, input: &mut &[u8], out: &mut Vec<u8>) -> Flow {
        for &byte in std::mem::take(input) {
            if byte == b'>' {
                self.finish(out);
                return Flow::End;
            }
            let Some(digit) = hex_digit(byte) else { continue };
            match self.high.take() {
                Some(high) => out.push(high << 4 | digit),
                None => self.high = Some(digit),
            }
        }
        Flow::Hungry
    }

    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        out.extend(self.high.take().map(|high| high << 4));
    }
}

/// `ASCII85Decode`
#[derive(Debug, Default)]
pub(super) struct Ascii85 {
    group: u32,
    digits: u32,
}

impl Ascii85 {
    pub(super) fn step(&mut self, input: &mut &[u8], out: &mut Vec<u8>) -> Result<Flow, Fault> {
        for &byte in std::mem::take(input) {
            match byte {
                b'!'..=b'u' => {
                    self.group = self.group.wrapping_mul(85).wrapping_add(u32::from(byte - b'!'));
                    self.digits += 1;
                    if self.digits == 5 {
                        out.extend(self.group.to_be_bytes());
                        *self = Self::default();
                    }
                }
                b'z' if self.digits == 0 => out.extend([0; 4]),
                b'~' => {
                    self.finish(out);
                    return Ok(Flow::End);
                }
                white if is_white(white) => {}
                _ => return Err(Fault::Malformed("stream that is not base 85")),
            }
        }
        Ok(Flow::Hungry)
    }

    /// A last group of `n` digits gives `n - 1` bytes.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        let Self { group, digits } = std::mem::take(self);
        if digits < 2 {
            return;
        }
        let whole = (digits..5).fold(group, |sum, _| sum.wrapping_mul(85).wrapping_add(84));
        out.extend(whole.to_be_bytes().into_iter().zip(1..digits).map(|(byte, _)| byte));
    }
}
