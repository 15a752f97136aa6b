//! Reads JSON text with a stack of its own, so that no input can exhaust the program's.

use super::{Json, JsonFault};

/// Reads one value and nothing else.
pub(super) fn read(bytes: &[u8]) -> Result<Json, JsonFault> {
    let text = std::str::from_utf8(bytes)
        .map_err(|e| JsonFault { rule: "the text is not UTF-8", at: e.valid_up_to() })?;
    let mut reader = Reader { length: text.len(), rest: text, values: 0 };
    let mut open = Vec::new();
    loop {
        let Some(value) = reader.start(&mut open)? else { continue };
        if let Some(whole) = reader.close(value, &mut open)? {
            return Ok(whole);
        }
    }
}

/// An array or object whose end has not come yet.
enum Open {
    List(Vec<Json>),
    /// Members, and the name whose value comes next.
    Object(Vec<(String, Json)>, String),
}

struct Reader<'a> {
    length: usize,
    rest: &'a str,
    values: usize,
}

const ENDS: &str = "the text ends before the value does";

impl Reader<'_> {
    /// Reads the start of a value: all of it, or `None` when one more is open now.
    fn start(&mut self, open: &mut Vec<Open>) -> Result<Option<Json>, JsonFault> {
        self.skip_space();
        self.values += 1;
        if self.values > Json::VALUES_MAX {
            return Err(self.fault("the text has more than 100,000 values"));
        }
        let value = match self.peek()? {
            '[' => {
                self.enter(open)?;
                if !self.skip(']') {
                    open.push(Open::List(Vec::new()));
                    return Ok(None);
                }
                Json::List(Vec::new())
            }
            '{' => {
                self.enter(open)?;
                if !self.skip('}') {
                    open.push(Open::Object(Vec::new(), self.name()?));
                    return Ok(None);
                }
                Json::Object(Vec::new())
            }
            '"' => Json::Text(self.string()?),
            '-' | '0'..='9' => Json::Number(self.number()?),
            _ => self.word()?,
        };
        Ok(Some(value))
    }

    /// Puts a value where it belongs and closes all that ends with it. The whole value, when
    /// nothing is open any more.
    fn close(&mut self, value: Json, open: &mut Vec<Open>) -> Result<Option<Json>, JsonFault> {
        let mut value = value;
        loop {
            self.skip_space();
            match open.pop() {
                None if self.rest.is_empty() => return Ok(Some(value)),
                None => return Err(self.fault("something follows the value")),
                Some(Open::List(mut items)) => {
                    items.push(value);
                    if self.skip(',') {
                        open.push(Open::List(items));
                        return Ok(None);
                    }
                    self.expect(']', "a comma or the end of the array was expected")?;
                    value = Json::List(items);
                }
                Some(Open::Object(mut members, name)) => {
                    members.push((name, value));
                    if self.skip(',') {
                        self.skip_space();
                        open.push(Open::Object(members, self.name()?));
                        return Ok(None);
                    }
                    if has_repeated_name(&members) {
                        return Err(self.fault("a name comes twice in an object"));
                    }
                    self.expect('}', "a comma or the end of the object was expected")?;
                    value = Json::Object(members);
                }
            }
        }
    }

    /// Steps into an array or object.
    fn enter(&mut self, open: &[Open]) -> Result<(), JsonFault> {
        if open.len() >= Json::DEPTH_MAX {
            return Err(self.fault("arrays and objects are nested deeper than 64"));
        }
        self.advance(1);
        self.skip_space();
        Ok(())
    }

    /// The name of a member and its colon.
    fn name(&mut self) -> Result<String, JsonFault> {
        if self.peek()? != '"' {
            return Err(self.fault("the name of a member was expected"));
        }
        let name = self.string()?;
        self.skip_space();
        self.expect(':', "a colon was expected")?;
        Ok(name)
    }

    fn word(&mut self) -> Result<Json, JsonFault> {
        let words =
            [("null", Json::Null), ("true", Json::Bool(true)), ("false", Json::Bool(false))];
        for (word, value) in words {
            if let Some(rest) = self.rest.strip_prefix(word) {
                self.rest = rest;
                return Ok(value);
            }
        }
        Err(self.fault("a value was expected"))
    }

    fn number(&mut self) -> Result<String, JsonFault> {
        let unfinished = self.fault("a number is not complete");
        let whole = self.rest;
        self.skip('-');
        if !self.skip('0') && self.digits() == 0 {
            return Err(unfinished);
        }
        if self.skip('.') && self.digits() == 0 {
            return Err(unfinished);
        }
        if self.skip('e') || self.skip('E') {
            let _sign = self.skip('+') || self.skip('-');
            if self.digits() == 0 {
                return Err(unfinished);
            }
        }
        let (number, _) = whole.split_at(whole.len() - self.rest.len());
        if number.parse().is_ok_and(f64::is_infinite) {
            return Err(self.fault("a number is too large for other readers"));
        }
        Ok(number.to_owned())
    }

    /// Skips digits; how many there were.
    fn digits(&mut self) -> usize {
        let after = self.rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let count = self.rest.len() - after.len();
        self.rest = after;
        count
    }

    fn string(&mut self) -> Result<String, JsonFault> {
        self.advance(1);
        let mut text = String::new();
        loop {
            let Some(at) = self.rest.find(|c: char| c == '"' || c == '\\' || c < ' ') else {
                self.rest = "";
                return Err(self.fault(ENDS));
            };
            let (plain, rest) = self.rest.split_at(at);
            text.push_str(plain);
            self.rest = rest;
            if self.skip('"') {
                return Ok(text);
            }
            if !rest.starts_with('\\') {
                return Err(self.fault("a control character stands in a string"));
            }
            text.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Result<char, JsonFault> {
        let unknown = self.fault("an escape is not known");
        let alone = self.fault("a surrogate stands alone");
        self.advance(1);
        let kind = self.peek()?;
        if kind != 'u' {
            let known = match kind {
                '"' | '\\' | '/' => kind,
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                _ => return Err(unknown),
            };
            self.advance(1);
            return Ok(known);
        }
        let first = self.hex().ok_or(unknown)?;
        let mut units = vec![first];
        if (0xd800..0xdc00).contains(&first) && self.skip('\\') {
            units.extend(self.hex());
        }
        let mut chars = char::decode_utf16(units);
        match (chars.next(), chars.next()) {
            (Some(Ok(c)), None) => Ok(c),
            (_, _) => Err(alone),
        }
    }

    /// `u` and four hexadecimal digits.
    fn hex(&mut self) -> Option<u16> {
        let digits = self.rest.strip_prefix('u')?.get(..4)?;
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        self.advance(5);
        u16::from_str_radix(digits, 16).ok()
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn skip(&mut self, wanted: char) -> bool {
        let rest = self.rest.strip_prefix(wanted);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, wanted: char, rule: &'static str) -> Result<(), JsonFault> {
        self.peek()?;
        if self.skip(wanted) { Ok(()) } else { Err(self.fault(rule)) }
    }

    /// The next character, which stays.
    fn peek(&self) -> Result<char, JsonFault> {
        self.rest.chars().next().ok_or_else(|| self.fault(ENDS))
    }

    /// Skips bytes that were seen to be ASCII.
    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    const fn fault(&self, rule: &'static str) -> JsonFault {
        JsonFault { rule, at: self.length - self.rest.len() }
    }
}

fn has_repeated_name(members: &[(String, Json)]) -> bool {
    let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    !names.is_sorted_by(|a, b| a < b)
}
