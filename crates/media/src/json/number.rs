//! Numbers (RFC 8259, section 6), by their characters; the value does not matter.

use crate::Fault;

/// Longer ones are no numbers that a program could mean.
const LENGTH_MAX: u8 = 64;

const BROKEN: Fault = Fault::Malformed("a number breaks the grammar of JSON");

/// A number whose first characters were read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number {
    part: Part,
    length: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Minus,
    Zero,
    Integer,
    Point,
    Fraction,
    Exponent,
    ExponentSign,
    ExponentDigits,
}

impl Number {
    /// Begins with `-` or a digit.
    pub(super) fn new(first: u8) -> Self {
        let part = match first {
            b'-' => Part::Minus,
            b'0' => Part::Zero,
            _digit => Part::Integer,
        };
        Self { part, length: 1 }
    }

    /// Takes the next character; `false` when the number was over before it.
    pub(super) fn push(&mut self, byte: u8) -> Result<bool, Fault> {
        self.part = match (self.part, byte) {
            (Part::Minus, b'0') => Part::Zero,
            (Part::Minus, b'1'..=b'9') | (Part::Integer, b'0'..=b'9') => Part::Integer,
            (Part::Zero | Part::Integer, b'.') => Part::Point,
            (Part::Point | Part::Fraction, b'0'..=b'9') => Part::Fraction,
            (Part::Zero | Part::Integer | Part::Fraction, b'e' | b'E') => Part::Exponent,
            (Part::Exponent, b'+' | b'-') => Part::ExponentSign,
            (Part::Exponent | Part::ExponentSign | Part::ExponentDigits, b'0'..=b'9') => {
                Part::ExponentDigits
            }
            (Part::Zero | Part::Integer | Part::Fraction | Part::ExponentDigits, _) => {
                return Ok(false);
            }
            (Part::Minus | Part::Point | Part::Exponent | Part::ExponentSign, _) => {
                return Err(BROKEN);
            }
        };
        self.length += 1;
        if self.length > LENGTH_MAX {
            return Err(Fault::Malformed("a number is too long"));
        }
        Ok(true)
    }
}
