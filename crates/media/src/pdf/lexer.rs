//! Cuts pushed bytes into PDF tokens (ISO 32000-2 §7.2), holding at most one short token.

use memchr::{memchr, memchr2, memchr3};

/// The most raw bytes of one token that are kept; a longer name or string is only measured.
///
/// The longest text that is ever looked at is a password entry of 127 bytes (§7.6.4.2), written
/// with octal escapes of four characters a byte.
const TEXT_MAX: usize = 640;

/// What the delimiters mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grammar {
    /// Objects: strings, comments, names and containers are tokens.
    Objects,
    /// Between objects, where nothing may hide a later object: delimiters only separate.
    Flat,
}

/// One token; the text of the first three is [`Lexer::text`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A number or a keyword, as written.
    Regular,
    /// A name, without its slash and with its `#xx` decoded.
    Name,
    /// A literal or hexadecimal string, decoded.
    Text,
    /// `[`
    ArrayOpen,
    /// `]`
    ArrayClose,
    /// `<<`
    DictOpen,
    /// `>>`
    DictClose,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Between,
    Regular,
    Name,
    /// Inside so many parentheses.
    Literal(u64),
    /// The same, right behind a backslash.
    Escaped(u64),
    Hex,
    Comment,
    /// After `<`, which opens a dictionary or a hexadecimal string.
    Less,
    /// After `>`, which closes a dictionary when doubled.
    Greater,
}

/// The tokenizer; [`Lexer::next`] is called until it answers `None`.
#[derive(Debug)]
pub(super) struct Lexer {
    state: State,
    text: Vec<u8>,
    at: u64,
    start: u64,
    run: u64,
    blank: u64,
}

impl Lexer {
    /// A tokenizer for bytes that start at offset `at`.
    pub(super) fn new(at: u64) -> Self {
        Self { state: State::Between, text: Vec::new(), at, start: at, run: 0, blank: 0 }
    }

    /// The text of the token just answered; cut when it was very long.
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Offset of the first byte of the token just answered.
    pub(super) fn start(&self) -> u64 {
        self.start
    }

    /// How much white space stands right before the number or keyword just answered, in bytes.
    pub(super) fn blank(&self) -> u64 {
        self.blank
    }

    /// Offset of the next byte to come.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// True when no token is under way.
    pub(super) fn is_between(&self) -> bool {
        self.state == State::Between
    }

    /// True when the bytes may end here: no token is under way, or one that any end ends.
    pub(super) fn may_end(&self) -> bool {
        match self.state {
            State::Between | State::Regular | State::Name | State::Comment => true,
            State::Literal(_) | State::Escaped(_) | State::Hex | State::Less | State::Greater => {
                false
            }
        }
    }

    /// Passes over `n` bytes that were not shown, and forgets any token under way.
    pub(super) fn skip(&mut self, n: u64) {
        self.at += n;
        self.state = State::Between;
        self.run = 0;
    }

    /// Takes bytes off the front of `rest` up to the end of the next token; `None` when `rest` is
    /// used up without one. The byte that ends a name, number or keyword is left in `rest`.
    pub(super) fn next(&mut self, rest: &mut &[u8], grammar: Grammar) -> Option<Token> {
        while !rest.is_empty() {
            let token = match self.state {
                State::Between => self.between(rest, grammar),
                State::Regular => self.word(rest, Token::Regular),
                State::Name => self.word(rest, Token::Name),
                State::Literal(open) => self.literal(rest, open),
                State::Escaped(open) => {
                    self.keep(rest, 1);
                    self.state = State::Literal(open);
                    None
                }
                State::Hex => self.hex(rest),
                State::Comment => self.comment(rest),
                State::Less => self.less(rest),
                State::Greater => self.greater(rest),
            };
            if token.is_some() {
                return token;
            }
        }
        None
    }

    /// Ends a name, number or keyword that the end of the bytes ends.
    pub(super) fn flush(&mut self) -> Option<Token> {
        match self.state {
            State::Regular => Some(self.emit(Token::Regular)),
            State::Name => Some(self.emit(Token::Name)),
            State::Between
            | State::Literal(_)
            | State::Escaped(_)
            | State::Hex
            | State::Comment
            | State::Less
            | State::Greater => None,
        }
    }

    fn take(&mut self, rest: &mut &[u8], n: usize) {
        *rest = rest.get(n..).unwrap_or_default();
        self.at += n as u64;
    }

    /// Keeps `n` bytes of `rest` as text, as far as there is room, and takes them.
    fn keep(&mut self, rest: &mut &[u8], n: usize) {
        let room = TEXT_MAX - self.text.len();
        self.text.extend(rest.iter().take(n.min(room)));
        self.take(rest, n);
    }

    fn begin(&mut self, rest: &mut &[u8], state: State) {
        self.state = state;
        self.start = self.at;
        self.text.clear();
        self.take(rest, 1);
    }

    fn between(&mut self, rest: &mut &[u8], grammar: Grammar) -> Option<Token> {
        let blank = rest.iter().position(|&b| !is_white(b)).unwrap_or(rest.len());
        self.take(rest, blank);
        self.run += blank as u64;
        let &byte = rest.first()?;
        let run = std::mem::take(&mut self.run);
        if is_regular(byte) {
            self.blank = run;
            self.begin(rest, State::Regular);
            self.text.push(byte);
            return None;
        }
        if grammar == Grammar::Flat {
            self.take(rest, 1);
            return None;
        }
        match byte {
            b'/' => self.begin(rest, State::Name),
            b'(' => self.begin(rest, State::Literal(1)),
            b'<' => self.begin(rest, State::Less),
            b'>' => self.begin(rest, State::Greater),
            b'%' => self.begin(rest, State::Comment),
            b'[' | b']' => {
                self.begin(rest, State::Between);
                let token = if byte == b'[' { Token::ArrayOpen } else { Token::ArrayClose };
                return Some(self.emit(token));
            }
            _ => self.take(rest, 1),
        }
        None
    }

    /// Ends the token under way.
    fn emit(&mut self, token: Token) -> Token {
        self.state = State::Between;
        if token == Token::Name {
            undo_name_escapes(&mut self.text);
        }
        token
    }

    fn word(&mut self, rest: &mut &[u8], token: Token) -> Option<Token> {
        let n = rest.iter().position(|&b| !is_regular(b));
        self.keep(rest, n.unwrap_or(rest.len()));
        n.is_some().then(|| self.emit(token))
    }

    fn literal(&mut self, rest: &mut &[u8], open: u64) -> Option<Token> {
        let n = memchr3(b'\\', b'(', b')', rest).unwrap_or(rest.len());
        self.keep(rest, n);
        let &byte = rest.first()?;
        if byte == b')' && open == 1 {
            self.take(rest, 1);
            undo_string_escapes(&mut self.text);
            return Some(self.emit(Token::Text));
        }
        self.keep(rest, 1);
        self.state = match byte {
            b'(' => State::Literal(open + 1),
            b')' => State::Literal(open - 1),
            _ => State::Escaped(open),
        };
        None
    }

    fn hex(&mut self, rest: &mut &[u8]) -> Option<Token> {
        let end = memchr(b'>', rest);
        self.keep(rest, end.unwrap_or(rest.len()));
        end?;
        self.take(rest, 1);
        undo_hex(&mut self.text);
        Some(self.emit(Token::Text))
    }

    fn comment(&mut self, rest: &mut &[u8]) -> Option<Token> {
        let end = memchr2(b'\r', b'\n', rest);
        self.take(rest, end.unwrap_or(rest.len()));
        if end.is_some() {
            self.state = State::Between;
        }
        None
    }

    fn less(&mut self, rest: &mut &[u8]) -> Option<Token> {
        if rest.first() == Some(&b'<') {
            self.take(rest, 1);
            return Some(self.emit(Token::DictOpen));
        }
        self.state = State::Hex;
        None
    }

    fn greater(&mut self, rest: &mut &[u8]) -> Option<Token> {
        self.state = State::Between;
        if rest.first() == Some(&b'>') {
            self.take(rest, 1);
            return Some(self.emit(Token::DictClose));
        }
        None
    }
}

/// White space (ISO 32000-2 table 1).
pub(super) const fn is_white(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 0x0C | b'\r' | b' ')
}

/// Neither white space nor a delimiter (ISO 32000-2 table 2).
pub(super) const fn is_regular(byte: u8) -> bool {
    !is_white(byte)
        && !matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

/// The value of a hexadecimal digit.
pub(super) const fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// Decodes `#xx` (ISO 32000-2 §7.3.5); a `#` without two digits stands for itself.
fn undo_name_escapes(text: &mut Vec<u8>) {
    if memchr(b'#', text).is_none() {
        return;
    }
    let raw = std::mem::take(text);
    let mut rest = raw.as_slice();
    while let Some((&byte, tail)) = rest.split_first() {
        let digits = tail.first_chunk().map(|&[high, low]| (hex_digit(high), hex_digit(low)));
        match (byte, digits) {
            (b'#', Some((Some(high), Some(low)))) => {
                text.push(high << 4 | low);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => {
                text.push(byte);
                rest = tail;
            }
        }
    }
}

/// Decodes backslash escapes and line ends (ISO 32000-2 §7.3.4.2).
fn undo_string_escapes(text: &mut Vec<u8>) {
    if memchr2(b'\\', b'\r', text).is_none() {
        return;
    }
    let raw = std::mem::take(text);
    let mut bytes = raw.into_iter().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\r' => {
                text.push(b'\n');
                let _line_feed = bytes.next_if_eq(&b'\n');
            }
            b'\\' => match bytes.next() {
                Some(b'n') => text.push(b'\n'),
                Some(b'r') => text.push(b'\r'),
                Some(b't') => text.push(b'\t'),
                Some(b'b') => text.push(8),
                Some(b'f') => text.push(12),
                Some(b'\r') => {
                    let _line_feed = bytes.next_if_eq(&b'\n');
                }
                Some(b'\n') | None => {}
                Some(first @ b'0'..=b'7') => {
                    let mut value = first - b'0';
                    for _ in 0..2 {
                        let Some(digit) = bytes.next_if(|b| matches!(b, b'0'..=b'7')) else {
                            break;
                        };
                        value = value.wrapping_mul(8).wrapping_add(digit - b'0');
                    }
                    text.push(value);
                }
                Some(other) => text.push(other),
            },
            other => text.push(other),
        }
    }
}

/// Decodes hexadecimal digits; an odd last digit is followed by a 0 (ISO 32000-2 §7.3.4.3).
fn undo_hex(text: &mut Vec<u8>) {
    let digits: Vec<u8> = text.iter().copied().filter_map(hex_digit).collect();
    text.clear();
    text.extend(digits.chunks(2).map(|pair| match pair {
        [high, low] => high << 4 | low,
        [high] => high << 4,
        _ => 0,
    }));
}

#[cfg(test)]
mod tests {
    use super::{Grammar, Lexer, Token};

    fn tokens(bytes: &[u8], piece: usize) -> Vec<(Token, Vec<u8>, u64)> {
        let mut lexer = Lexer::new(0);
        let mut found = Vec::new();
        for mut rest in bytes.chunks(piece) {
            while let Some(token) = lexer.next(&mut rest, Grammar::Objects) {
                let text = match token {
                    Token::Regular | Token::Name | Token::Text => lexer.text().to_vec(),
                    Token::ArrayOpen | Token::ArrayClose | Token::DictOpen | Token::DictClose => {
                        Vec::new()
                    }
                };
                found.push((token, text, lexer.start()));
            }
        }
        found
    }

    #[test]
    fn tokens_are_cut_and_decoded_alike_in_pieces_of_any_size() {
        let bytes = b"<</J#61va(a(b)\\)\\101\\n)%x(\n/K<4 1 4>12 true]null[/# >>";
        let expected: Vec<(Token, &[u8], u64)> = vec![
            (Token::DictOpen, b"", 0),
            (Token::Name, b"Java", 2),
            (Token::Text, b"a(b))A\n", 9),
            (Token::Name, b"K", 27),
            (Token::Text, b"A@", 29),
            (Token::Regular, b"12", 36),
            (Token::Regular, b"true", 39),
            (Token::ArrayClose, b"", 43),
            (Token::Regular, b"null", 44),
            (Token::ArrayOpen, b"", 48),
            (Token::Name, b"#", 49),
            (Token::DictClose, b"", 52),
        ];
        for piece in 1..=bytes.len() {
            let found = tokens(bytes, piece);
            let found: Vec<_> = found.iter().map(|(t, b, at)| (*t, b.as_slice(), *at)).collect();
            assert_eq!(found, expected, "pieces of {piece}");
        }
    }

    #[test]
    fn an_endless_token_is_held_only_in_part() {
        for open in [b"/".as_slice(), b"(", b"<", b"1"] {
            let mut lexer = Lexer::new(0);
            let mut head = open;
            assert_eq!(lexer.next(&mut head, Grammar::Objects), None);
            for _ in 0..1_000 {
                assert_eq!(lexer.next(&mut [b'1'; 1_000].as_slice(), Grammar::Objects), None);
            }
            assert!(lexer.text.len() <= super::TEXT_MAX);
            assert_eq!(lexer.at(), 1_000_001);
        }
    }
}
