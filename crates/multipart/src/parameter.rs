//! Tokens, optional white space and `; name=value` parameters (RFC 9110 §5.6), shared by the two
//! headers that carry parameters. Splits only; what a value means is decided by its reader.

use std::fmt;

/// One `name=value`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parameter<'a> {
    /// A token, as sent.
    pub(crate) name: &'a [u8],
    /// The value, escapes still in place.
    pub(crate) value: Value<'a>,
}

/// Filenames stand in parameters: none reaches a log by way of `Debug`.
impl fmt::Debug for Parameter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Parameter({:?})", self.value)
    }
}

/// The two spellings of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// A bare token, never empty.
    Token(&'a [u8]),
    /// What stands between the quotes.
    Quoted(&'a [u8]),
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(bytes) => write!(f, "Token({} bytes)", bytes.len()),
            Self::Quoted(bytes) => write!(f, "Quoted({} bytes)", bytes.len()),
        }
    }
}

/// The text is not `; name=value`, or the value is cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Iterates over the parameters of a header value; stops at the first error.
#[derive(Clone, Copy)]
pub(crate) struct Parameters<'a> {
    rest: &'a [u8],
}

impl fmt::Debug for Parameters<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Parameters({} bytes)", self.rest.len())
    }
}

/// Splits a header value into what stands before its parameters, and the parameters.
pub(crate) fn split(value: &[u8]) -> (&[u8], Parameters<'_>) {
    let at = memchr::memchr(b';', value).unwrap_or(value.len());
    let (essence, rest) = value.split_at(at);
    (trim(essence), Parameters { rest })
}

/// Removes spaces and tabs from both ends.
pub(crate) fn trim(mut bytes: &[u8]) -> &[u8] {
    bytes = trim_start(bytes);
    while let [head @ .., b' ' | b'\t'] = bytes {
        bytes = head;
    }
    bytes
}

/// `tchar` of RFC 9110 §5.6.2.
pub(crate) const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

impl<'a> Iterator for Parameters<'a> {
    type Item = Result<Parameter<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut rest = trim_start(self.rest);
        // RFC 9110 §5.6.6 allows empty parameters: `a; ;b=c;`.
        while let [b';', after @ ..] = rest {
            rest = trim_start(after);
            if !rest.is_empty() && !rest.starts_with(b";") {
                let parsed = parameter(rest);
                self.rest = parsed.map_or(&[][..], |(_, rest)| rest);
                return Some(parsed.map(|(parameter, _)| parameter));
            }
        }
        self.rest = &[];
        if rest.is_empty() { None } else { Some(Err(Malformed)) }
    }
}

fn parameter(bytes: &[u8]) -> Result<(Parameter<'_>, &[u8]), Malformed> {
    let (name, rest) = take_while(bytes, is_token_byte);
    let rest = rest.strip_prefix(b"=").ok_or(Malformed)?;
    if name.is_empty() {
        return Err(Malformed);
    }
    if let Some(quoted) = rest.strip_prefix(b"\"") {
        let (value, rest) = take_quoted(quoted)?;
        return Ok((Parameter { name, value: Value::Quoted(value) }, rest));
    }
    // Percent encoders modelled on JavaScript leave the parentheses of `scan(1).pdf` as they are;
    // in an extended value they can mean nothing else.
    let is_extended = name.ends_with(b"*");
    let (value, rest) =
        take_while(rest, |byte| is_token_byte(byte) || is_extended && matches!(byte, b'(' | b')'));
    if value.is_empty() {
        return Err(Malformed);
    }
    Ok((Parameter { name, value: Value::Token(value) }, rest))
}

/// Splits at the closing quote. `\"` and `\\` are pairs; any other backslash stands for itself,
/// which finds the same closing quote as RFC 9110 does.
fn take_quoted(bytes: &[u8]) -> Result<(&[u8], &[u8]), Malformed> {
    let mut escaped = false;
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => {
                let (value, rest) = bytes.split_at(at);
                return Ok((value, rest.split_at(1).1));
            }
            _ => {}
        }
    }
    Err(Malformed)
}

fn take_while(bytes: &[u8], keep: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|&byte| !keep(byte)).unwrap_or(bytes.len());
    bytes.split_at(end)
}

fn trim_start(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', tail @ ..] = bytes {
        bytes = tail;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_shows_in_debug_output() {
        let (_, parameters) = split(b"form-data; filename=Qanary; name=\"Qanary\"");
        let shown = format!("{parameters:?} {:?}", parameters.collect::<Vec<_>>());
        let want = "Parameters(32 bytes) [Ok(Parameter(Token(6 bytes))), \
             Ok(Parameter(Quoted(6 bytes)))]";
        assert_eq!(shown, want);
    }

    fn all(value: &[u8]) -> Result<Vec<Parameter<'_>>, Malformed> {
        split(value).1.collect()
    }

    fn token<'a>(name: &'a [u8], value: &'a [u8]) -> Parameter<'a> {
        Parameter { name, value: Value::Token(value) }
    }

    fn quoted<'a>(name: &'a [u8], value: &'a [u8]) -> Parameter<'a> {
        Parameter { name, value: Value::Quoted(value) }
    }

    #[test]
    fn the_essence_ends_at_the_first_semicolon() {
        assert_eq!(split(b"\t form-data \t; a=b").0, b"form-data");
        assert_eq!(split(b"form-data").0, b"form-data");
        assert_eq!(split(b"").0, b"");
    }

    #[test]
    fn parameters_are_tokens_or_quoted() {
        assert_eq!(all(b"x"), Ok(vec![]));
        assert_eq!(all(b"x;a=b"), Ok(vec![token(b"a", b"b")]));
        assert_eq!(
            all(b"x ; a=b;\tc=\"d;e\" ;F=g"),
            Ok(vec![token(b"a", b"b"), quoted(b"c", b"d;e"), token(b"F", b"g")])
        );
        assert_eq!(all(b"x; a=\"\""), Ok(vec![quoted(b"a", b"")]));
    }

    #[test]
    fn empty_parameters_are_nothing() {
        assert_eq!(all(b"x;"), Ok(vec![]));
        assert_eq!(all(b"x; ; ;a=b; "), Ok(vec![token(b"a", b"b")]));
    }

    #[test]
    fn a_backslash_pairs_with_a_quote_or_a_backslash() {
        assert_eq!(all(br#"x; a="\"";b=c"#), Ok(vec![quoted(b"a", br#"\""#), token(b"b", b"c")]));
        assert_eq!(all(br#"x; a="\\";b=c"#), Ok(vec![quoted(b"a", br"\\"), token(b"b", b"c")]));
        assert_eq!(all(br#"x; a="\d\e""#), Ok(vec![quoted(b"a", br"\d\e")]));
        assert_eq!(all(br#"x; a="\""#), Err(Malformed));
    }

    #[test]
    fn anything_else_is_malformed() {
        for value in [
            &b"x; a"[..],
            b"x; =b",
            b"x; a=",
            b"x; a= b",
            b"x; a =b",
            b"x; a=b c=d",
            b"x; a=\"b",
            b"x; a=\"b\"c",
            b"x; a=\"b\" c",
            b"x; a=b,c=d",
            b"x; a=b\0",
            b"x; a=\xff",
            b"x; a=(b)",
            b"x; a=b=c",
        ] {
            assert_eq!(all(value), Err(Malformed), "{}", value.escape_ascii());
        }
    }

    #[test]
    fn an_extended_value_may_hold_parentheses() {
        assert_eq!(all(b"x; a*=u''b(1)"), Ok(vec![token(b"a*", b"u''b(1)")]));
    }

    #[test]
    fn iteration_stops_after_an_error() {
        let mut parameters = split(b"x; a; b=c").1;
        assert_eq!(parameters.next(), Some(Err(Malformed)));
        assert_eq!(parameters.next(), None);
    }
}
