//! `Content-Disposition: form-data` (RFC 7578 §4.2), read the way real clients write it.

use std::fmt;

use crate::error::HeadError;
use crate::head::Filename;
use crate::parameter::{self, Malformed, Value};

/// Real clients send three; the bound keeps the search for repeated ones short.
const PARAMETERS_MAX: usize = 16;

/// What the disposition of a part says.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Disposition {
    pub(crate) name: String,
    pub(crate) filename: Option<Filename>,
}

/// What a client sends never reaches a log by way of `Debug`.
impl fmt::Debug for Disposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Disposition(…)")
    }
}

/// Reads the value of a `Content-Disposition` header.
pub(crate) fn parse(value: &[u8]) -> Result<Disposition, HeadError> {
    let (essence, parameters) = parameter::split(value);
    if !essence.eq_ignore_ascii_case(b"form-data") {
        return Err(HeadError::DispositionType);
    }
    let mut seen: Vec<&[u8]> = Vec::new();
    let (mut name, mut plain, mut extended) = (None, None, None);
    for parameter in parameters {
        let parameter = parameter.map_err(|Malformed| HeadError::Parameter)?;
        if seen.iter().any(|seen| seen.eq_ignore_ascii_case(parameter.name)) {
            return Err(HeadError::ParameterRepeated);
        }
        if seen.len() == PARAMETERS_MAX {
            return Err(HeadError::Parameter);
        }
        seen.push(parameter.name);
        match parameter.name.to_ascii_lowercase().as_slice() {
            b"name" => name = Some(parameter.value),
            b"filename" => plain = Some(parameter.value),
            b"filename*" => extended = Some(parameter.value),
            other if other.contains(&b'*') => return Err(HeadError::ParameterExtended),
            _ => has_no_control(parameter.value, HeadError::Parameter)?,
        }
    }
    let extended = extended.map(decode_extended).transpose()?;
    let name = decode_name(name.ok_or(HeadError::NameMissing)?)?;
    let filename = extended.or_else(|| plain.map(|value| Filename::from_bytes(unescape(value))));
    Ok(Disposition { name, filename })
}

/// A name in which a browser escaped a line end may hold that line end; a raw one is refused.
fn decode_name(value: Value<'_>) -> Result<String, HeadError> {
    has_no_control(value, HeadError::Name)?;
    let name = String::from_utf8(unescape(value)).map_err(|_| HeadError::Name)?;
    if name.is_empty() { Err(HeadError::NameMissing) } else { Ok(name) }
}

fn has_no_control(value: Value<'_>, error: HeadError) -> Result<(), HeadError> {
    let (Value::Token(text) | Value::Quoted(text)) = value;
    if text.iter().any(u8::is_ascii_control) { Err(error) } else { Ok(()) }
}

/// Undoes what clients do to put a value between quotes: `%22`, `%0D`, `%0A` (the browsers, WHATWG
/// HTML §4.10.22.8), `\"` and `\\` (e-mail style). All else stands for itself, so that a name is
/// decoded once.
fn unescape(value: Value<'_>) -> Vec<u8> {
    let mut rest = match value {
        Value::Token(text) => return text.to_vec(),
        Value::Quoted(text) => text,
    };
    let mut unquoted = Vec::with_capacity(rest.len());
    loop {
        rest = match rest {
            [b'\\', byte @ (b'"' | b'\\'), tail @ ..] => {
                unquoted.push(*byte);
                tail
            }
            [b'%', b'2', b'2', tail @ ..] => {
                unquoted.push(b'"');
                tail
            }
            [b'%', b'0', b'D', tail @ ..] => {
                unquoted.push(b'\r');
                tail
            }
            [b'%', b'0', b'A', tail @ ..] => {
                unquoted.push(b'\n');
                tail
            }
            [byte, tail @ ..] => {
                unquoted.push(*byte);
                tail
            }
            [] => return unquoted,
        }
    }
}

/// `UTF-8'language'percent-encoded` (RFC 8187 §3.2). Some clients quote it, which changes nothing:
/// neither a quote nor a backslash may stand in it.
fn decode_extended(value: Value<'_>) -> Result<Filename, HeadError> {
    let (Value::Token(text) | Value::Quoted(text)) = value;
    let mut fields = text.splitn(3, |&byte| byte == b'\'');
    let (charset, language, mut rest) = match (fields.next(), fields.next(), fields.next()) {
        (Some(charset), Some(language), Some(rest)) => (charset, language, rest),
        _ => return Err(HeadError::ParameterExtended),
    };
    let is_language = language.iter().all(|&byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !charset.eq_ignore_ascii_case(b"utf-8") || !is_language {
        return Err(HeadError::ParameterExtended);
    }
    let mut decoded = Vec::with_capacity(rest.len());
    loop {
        rest = match rest {
            [b'%', high, low, tail @ ..] => {
                let byte = hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low);
                decoded.push(byte.ok_or(HeadError::ParameterExtended)?);
                tail
            }
            [byte, tail @ ..] if is_unescaped(*byte) => {
                decoded.push(*byte);
                tail
            }
            [_, ..] => return Err(HeadError::ParameterExtended),
            [] => return Ok(Filename::from_bytes(decoded)),
        }
    }
}

/// `attr-char` of RFC 8187 §3.2.1, and `'()*`, which JavaScript's `encodeURIComponent` leaves too.
const fn is_unescaped(byte: u8) -> bool {
    byte != b'%' && (parameter::is_token_byte(byte) || matches!(byte, b'(' | b')'))
}

const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_shows_in_debug_output() {
        let read = parse(b"form-data; name=Qanary; filename=Qanary");
        assert_eq!(format!("{read:?}"), "Ok(Disposition(…))");
    }

    fn text(name: &str) -> Option<Filename> {
        Some(Filename::Text(name.to_owned()))
    }

    fn read(value: &[u8]) -> (String, Option<Filename>) {
        match parse(value) {
            Ok(disposition) => (disposition.name, disposition.filename),
            Err(error) => panic!("{}: {error:?}", value.escape_ascii()),
        }
    }

    #[test]
    fn name_and_filename_are_tokens_or_quoted_and_named_in_any_case() {
        let expected = ("file".to_owned(), text("a.png"));
        for value in [
            &b"form-data; name=\"file\"; filename=\"a.png\""[..],
            b"form-data; name=file; filename=a.png",
            b"form-data; NAME=\"file\"; FILENAME=\"a.png\"",
            b"Form-Data;filename=a.png;name=file;",
            b"form-data; name=\"file\"; filename=\"a.png\"; size=12; x=\";name=z\"",
        ] {
            assert_eq!(read(value), expected, "{}", value.escape_ascii());
        }
        assert_eq!(read(b"form-data; name=\"purpose\""), ("purpose".to_owned(), None));
    }

    #[test]
    fn quoted_filenames_are_unescaped_once() {
        for (sent, meant) in [
            ("a%22b.png", "a\"b.png"),
            ("a%0D%0Ab.png", "a\r\nb.png"),
            ("a%0d%0ab.png", "a%0d%0ab.png"),
            (r#"a\"b.png"#, "a\"b.png"),
            (r"a\\b.png", r"a\b.png"),
            (r"a\\\\b.png", r"a\\b.png"),
            (r"a\b.png", r"a\b.png"),
            (r"C:\dir\a.png", r"C:\dir\a.png"),
            ("%252e%2e%2fx.png", "%252e%2e%2fx.png"),
            ("%2522.png", "%2522.png"),
            ("..%c0%afx.png", "..%c0%afx.png"),
            ("a%00.png", "a%00.png"),
            ("%2", "%2"),
            ("", ""),
            ("a.exe\0.png", "a.exe\0.png"),
            ("../../x", "../../x"),
            ("a; filename=b.exe", "a; filename=b.exe"),
            ("日本語の免許証.jpg", "日本語の免許証.jpg"),
            ("صورة.png", "صورة.png"),
            ("💩.png", "💩.png"),
            ("=?utf-8?B?YS5wbmc=?=", "=?utf-8?B?YS5wbmc=?="),
            (" a.png ", " a.png "),
        ] {
            let value = format!("form-data; name=\"file\"; filename=\"{sent}\"");
            assert_eq!(read(value.as_bytes()).1, text(meant), "{sent}");
        }
    }

    #[test]
    fn a_token_is_taken_as_it_is() {
        assert_eq!(read(b"form-data; name=file; filename=a%22.png").1, text("a%22.png"));
    }

    #[test]
    fn the_extended_filename_wins() {
        for (sent, meant) in [
            ("filename*=UTF-8''x.png; filename=\"y.png\"", "x.png"),
            ("filename=\"ok.png\"; filename*=UTF-8''evil.html", "evil.html"),
            ("filename*=utf-8'en'%e2%82%AC%20rates.pdf", "€ rates.pdf"),
            ("filename*=\"utf-8''%E2%82%AC.pdf\"", "€.pdf"),
            ("filename*=UTF-8''it's(1)!*~.pdf", "it's(1)!*~.pdf"),
            ("filename*=UTF-8''a%22%5Cb%00%0D.png", "a\"\\b\0\r.png"),
            ("filename*=UTF-8''%2522", "%22"),
            ("filename*=UTF-8''", ""),
            ("FILENAME*=UTF-8''x.png", "x.png"),
        ] {
            let value = format!("form-data; name=\"file\"; {sent}");
            assert_eq!(read(value.as_bytes()).1, text(meant), "{sent}");
        }
        let latin = b"form-data; name=file; filename=\"\xfc.png\"; filename*=UTF-8''%C3%BC.png";
        assert_eq!(read(latin).1, text("ü.png"));
    }

    #[test]
    fn a_filename_that_is_not_utf_8_is_handed_on_as_such() {
        for value in [
            &b"form-data; name=file; filename=\"\xff\xfe.png\""[..],
            b"form-data; name=file; filename=\"\xc0\xaf.png\"",
            b"form-data; name=file; filename=\"\xed\xa0\x80.png\"",
            b"form-data; name=file; filename*=UTF-8''%ff%fe.png",
            b"form-data; name=file; filename*=UTF-8''%ED%A0%80.png; filename=\"a.png\"",
        ] {
            assert_eq!(read(value).1, Some(Filename::NotUtf8), "{}", value.escape_ascii());
        }
    }

    #[test]
    fn a_decoy_inside_a_quoted_name_is_part_of_the_name() {
        let (name, filename) = read(b"form-data; name=\"purpose; filename=evil.png\"");
        assert_eq!((name.as_str(), filename), ("purpose; filename=evil.png", None));
        let (name, filename) = read(br#"form-data; name="a\"; filename=\"evil.png""#);
        assert_eq!((name.as_str(), filename), (r#"a"; filename="evil.png"#, None));
    }

    #[test]
    fn names_are_exact() {
        for name in ["File", "file.filename", "a[b][c]", "a[4294967296]", "ü", " file"] {
            let value = format!("form-data; name=\"{name}\"");
            assert_eq!(read(value.as_bytes()).0, name);
        }
        assert_eq!(read(b"form-data; name=\"a%22b%0D%0A\"").0, "a\"b\r\n");
    }

    #[test]
    fn everything_else_is_refused() {
        use HeadError::{
            DispositionType, Name, NameMissing, Parameter, ParameterExtended, ParameterRepeated,
        };
        let cases: &[(&[u8], HeadError)] = &[
            (b"", DispositionType),
            (b"attachment; name=\"file\"", DispositionType),
            (b"form-data name=\"file\"", DispositionType),
            (b"form-data, form-data; name=\"file\"", DispositionType),
            (b"form-data", NameMissing),
            (b"form-data; filename=\"a.png\"", NameMissing),
            (b"form-data; name=\"\"; filename=\"a.png\"", NameMissing),
            (b"form-data; name=", Parameter),
            (b"form-data; name", Parameter),
            (b"form-data; name=a b", Parameter),
            (b"form-data; name = a", Parameter),
            (b"form-data; name=\"a", Parameter),
            (b"form-data; name=\"a\\\"", Parameter),
            (b"form-data; name=\"a\"b", Parameter),
            (b"form-data; name=a; filename=\"a\"b\".png", Parameter),
            (b"form-data; name=a; filename=\xc3\xbc.png", Parameter),
            (b"form-data; name=a; filename=a,b", Parameter),
            (b"form-data; name=a; x=\"\0\"", Parameter),
            (b"form-data; name=\"\xff\"", Name),
            (b"form-data; name=\"a\0\"", Name),
            (b"form-data; name=a; name=a", ParameterRepeated),
            (b"form-data; name=a; NAME=b", ParameterRepeated),
            (b"form-data; name=a; filename=\"a.png\"; filename=\"b.exe\"", ParameterRepeated),
            (b"form-data; name=a; filename*=UTF-8''a; filename*=UTF-8''a", ParameterRepeated),
            (b"form-data; name=a; x=1; X=2", ParameterRepeated),
            (b"form-data; name*=UTF-8''a", ParameterExtended),
            (b"form-data; name=a; name*=UTF-8''b", ParameterExtended),
            (b"form-data; name=a; filename*0=\"e\"; filename*1=\"vil\"", ParameterExtended),
            (b"form-data; name=a; filename*0*=UTF-8''e", ParameterExtended),
            (b"form-data; name=a; filename*=ISO-8859-1''%FC", ParameterExtended),
            (b"form-data; name=a; filename*=''a", ParameterExtended),
            (b"form-data; name=a; filename*=a.png", ParameterExtended),
            (b"form-data; name=a; filename*=UTF-8'a.png", ParameterExtended),
            (b"form-data; name=a; filename*=UTF-8''%4", ParameterExtended),
            (b"form-data; name=a; filename*=UTF-8''%GG", ParameterExtended),
            (b"form-data; name=a; filename*=UTF-8''%+1", ParameterExtended),
            (b"form-data; name=a; filename*=\"UTF-8''a b\"", ParameterExtended),
            (b"form-data; name=a; filename*=\"UTF-8''\xc3\xbc\"", ParameterExtended),
            (b"form-data; name=a; filename*=\"UTF-8'\"'a\"", Parameter),
        ];
        for (value, error) in cases {
            assert_eq!(parse(value), Err(*error), "{}", value.escape_ascii());
        }
    }

    #[test]
    fn more_than_16_parameters_are_refused() {
        let extra = |count: u32| (0..count).map(|at| format!("; p{at}=v")).collect::<String>();
        assert!(parse(format!("form-data; name=a{}", extra(15)).as_bytes()).is_ok());
        let refused = parse(format!("form-data; name=a{}", extra(16)).as_bytes());
        assert_eq!(refused, Err(HeadError::Parameter));
    }
}
