//! Strings (RFC 8259, section 7): escapes are decoded, because `"a"` and `"\u0061"` are one name.

use super::names::Name;
use crate::Fault;
use memchr::memchr2;

/// A string whose opening quote was read.
#[derive(Debug)]
pub(super) struct Text {
    /// Takes the decoded characters of a name.
    name: Option<Name>,
    at: At,
    /// A high surrogate that awaits its low one.
    high: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Characters,
    Escape,
    /// In the digits behind `\u`, with those read.
    Hex {
        value: u16,
        digits: u8,
    },
    Over,
}

const LONE_SURROGATE: Fault = Fault::Malformed("a string holds half of a surrogate pair");
const BROKEN_ESCAPE: Fault = Fault::Malformed("a string holds an unknown escape");

impl Text {
    pub(super) fn value() -> Self {
        Self { name: None, at: At::Characters, high: None }
    }

    pub(super) fn name() -> Self {
        Self { name: Some(Name::default()), ..Self::value() }
    }

    /// Whether the closing quote was read.
    pub(super) fn is_over(&self) -> bool {
        self.at == At::Over
    }

    /// What stands for the decoded name: two names never have the same.
    pub(super) fn digest(self) -> u128 {
        self.name.map_or(0, Name::digest)
    }

    /// Reads on, at most to the closing quote; returns the bytes behind.
    pub(super) fn push<'a>(&mut self, mut bytes: &'a [u8]) -> Result<&'a [u8], Fault> {
        while let (false, Some((first, behind))) = (self.is_over(), bytes.split_first()) {
            bytes = match self.at {
                At::Characters => self.characters(bytes)?,
                At::Escape => {
                    self.escape(*first)?;
                    behind
                }
                At::Hex { value, digits } => {
                    self.hex(*first, value, digits)?;
                    behind
                }
                At::Over => bytes,
            };
        }
        Ok(bytes)
    }

    /// Reads to the next escape or the closing quote.
    fn characters<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], Fault> {
        let end = memchr2(b'"', b'\\', bytes).unwrap_or(bytes.len());
        let (plain, rest) = bytes.split_at(end);
        // A fold without an early end compiles to vector instructions.
        if plain.iter().fold(false, |found, byte| found | (*byte < 0x20)) {
            return Err(Fault::Malformed("a string holds a control character"));
        }
        if self.high.is_some() && (!plain.is_empty() || rest.first() == Some(&b'"')) {
            return Err(LONE_SURROGATE);
        }
        self.hash(plain);
        let Some((stop, behind)) = rest.split_first() else { return Ok(rest) };
        self.at = if *stop == b'"' { At::Over } else { At::Escape };
        Ok(behind)
    }

    fn escape(&mut self, byte: u8) -> Result<(), Fault> {
        let character = match byte {
            b'"' | b'\\' | b'/' => byte,
            b'b' => 0x08,
            b'f' => 0x0C,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                self.at = At::Hex { value: 0, digits: 0 };
                return Ok(());
            }
            _unknown => return Err(BROKEN_ESCAPE),
        };
        if self.high.is_some() {
            return Err(LONE_SURROGATE);
        }
        self.hash(&[character]);
        self.at = At::Characters;
        Ok(())
    }

    fn hex(&mut self, byte: u8, value: u16, digits: u8) -> Result<(), Fault> {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' => byte - b'A' + 10,
            _other => return Err(BROKEN_ESCAPE),
        };
        let value = (value << 4) | u16::from(digit);
        if digits < 3 {
            self.at = At::Hex { value, digits: digits + 1 };
            return Ok(());
        }
        self.at = At::Characters;
        self.unit(value)
    }

    /// Takes one UTF-16 unit.
    fn unit(&mut self, unit: u16) -> Result<(), Fault> {
        let high = self.high.take();
        if high.is_none() && (0xD800..0xDC00).contains(&unit) {
            self.high = Some(unit);
            return Ok(());
        }
        let units = high.into_iter().chain([unit]);
        for character in char::decode_utf16(units) {
            let character = character.map_err(|_lone| LONE_SURROGATE)?;
            self.hash(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Ok(())
    }

    fn hash(&mut self, bytes: &[u8]) {
        if let Some(name) = &mut self.name {
            name.push(bytes);
        }
    }
}
