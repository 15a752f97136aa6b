//! The grammar: what may come next, one state for each open array and object.

use super::names::Names;
use super::number::Number;
use super::string::Text;
use crate::walker::Budget;
use crate::{Fault, Limits};

/// Reads one document.
pub(super) struct Machine {
    depth_max: usize,
    budget: Budget,
    names: Names,
    open: Vec<Open>,
    expect: Expect,
    token: Token,
    started: bool,
}

/// An array or object that is not closed yet.
enum Open {
    Array,
    /// With the place in [`Names`] where its own begin.
    Object(usize),
}

/// What may come next, white space aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    Value,
    ValueOrEnd,
    Name,
    NameOrEnd,
    Colon,
    CommaOrEnd,
    Nothing,
}

/// The token that the last byte left unfinished.
enum Token {
    None,
    Name(Text),
    String(Text),
    Number(Number),
    /// The letters that `true`, `false` or `null` still lacks.
    Literal(&'static [u8]),
}

impl Machine {
    pub(super) fn new(limits: &Limits, budget: &Budget) -> Self {
        Self {
            depth_max: usize::from(limits.depth_max),
            budget: budget.clone(),
            names: Names::new(budget),
            open: Vec::new(),
            expect: Expect::Value,
            token: Token::None,
            started: false,
        }
    }

    /// Takes whole characters.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let mut rest = bytes;
        if !self.started && !bytes.is_empty() {
            self.started = true;
            rest = bytes.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(bytes);
        }
        while let Some((first, behind)) = rest.split_first() {
            rest = match &mut self.token {
                Token::None => {
                    self.structure(*first)?;
                    behind
                }
                Token::Name(text) | Token::String(text) => {
                    let behind = text.push(rest)?;
                    self.end_string();
                    behind
                }
                Token::Number(number) => {
                    if number.push(*first)? {
                        behind
                    } else {
                        self.token = Token::None;
                        rest
                    }
                }
                Token::Literal(lacking) => {
                    *lacking = lacking.strip_prefix(&[*first]).ok_or(UNEXPECTED)?;
                    if lacking.is_empty() {
                        self.token = Token::None;
                    }
                    behind
                }
            };
        }
        Ok(())
    }

    /// Whether the document is complete.
    pub(super) fn is_over(&self) -> bool {
        self.expect == Expect::Nothing
    }

    /// Whether some names were not compared, for want of memory.
    pub(super) fn is_unchecked(&self) -> bool {
        self.names.are_unchecked()
    }

    /// Goes back to the start for another pass.
    pub(super) fn restart(&mut self) {
        self.names = Names::new(&self.budget);
        self.open.clear();
        self.expect = Expect::Value;
        self.token = Token::None;
        self.started = false;
    }

    /// Takes one character between tokens.
    fn structure(&mut self, byte: u8) -> Result<(), Fault> {
        match (byte, self.expect) {
            (b' ' | b'\t' | b'\n' | b'\r', _) => {}
            (b'{', Expect::Value | Expect::ValueOrEnd) => {
                self.open(Open::Object(self.names.len()), Expect::NameOrEnd)?;
            }
            (b'[', Expect::Value | Expect::ValueOrEnd) => {
                self.open(Open::Array, Expect::ValueOrEnd)?;
            }
            (b'}', Expect::NameOrEnd | Expect::CommaOrEnd) => match self.open.pop() {
                Some(Open::Object(start)) => self.close_object(start)?,
                Some(Open::Array) | None => return Err(UNEXPECTED),
            },
            (b']', Expect::ValueOrEnd | Expect::CommaOrEnd) => match self.open.pop() {
                Some(Open::Array) => self.expect = self.after_value(),
                Some(Open::Object(_)) | None => return Err(UNEXPECTED),
            },
            (b',', Expect::CommaOrEnd) => {
                self.expect = match self.open.last() {
                    Some(Open::Object(_)) => Expect::Name,
                    Some(Open::Array) | None => Expect::Value,
                };
            }
            (b':', Expect::Colon) => self.expect = Expect::Value,
            (b'"', Expect::Name | Expect::NameOrEnd) => {
                self.token = Token::Name(Text::name());
                self.expect = Expect::Colon;
            }
            (_, Expect::Value | Expect::ValueOrEnd) if !self.open.is_empty() => {
                self.token = scalar(byte)?;
                self.expect = Expect::CommaOrEnd;
            }
            _unexpected => return Err(UNEXPECTED),
        }
        Ok(())
    }

    fn open(&mut self, open: Open, expect: Expect) -> Result<(), Fault> {
        if self.open.len() >= self.depth_max {
            return Err(Fault::Malformed("values are nested too deeply"));
        }
        self.open.push(open);
        self.expect = expect;
        Ok(())
    }

    fn close_object(&mut self, start: usize) -> Result<(), Fault> {
        if self.names.close(start) {
            self.expect = self.after_value();
            Ok(())
        } else {
            Err(Fault::Malformed("an object has two members of one name"))
        }
    }

    fn after_value(&self) -> Expect {
        if self.open.is_empty() { Expect::Nothing } else { Expect::CommaOrEnd }
    }

    /// Puts a string that came to its end away.
    fn end_string(&mut self) {
        let (Token::Name(text) | Token::String(text)) = &self.token else { return };
        if !text.is_over() {
            return;
        }
        if let Token::Name(text) = std::mem::replace(&mut self.token, Token::None) {
            self.names.add(text.digest());
        }
    }
}

const UNEXPECTED: Fault = Fault::Malformed("the text breaks the grammar of JSON");

/// The token that a value other than an array or object begins.
fn scalar(first: u8) -> Result<Token, Fault> {
    Ok(match first {
        b'"' => Token::String(Text::value()),
        b't' => Token::Literal(b"rue"),
        b'f' => Token::Literal(b"alse"),
        b'n' => Token::Literal(b"ull"),
        b'-' | b'0'..=b'9' => Token::Number(Number::new(first)),
        _unexpected => return Err(UNEXPECTED),
    })
}
