//! The encoding of forms and query strings, `application/x-www-form-urlencoded` (WHATWG URL,
//! section 5.1), as strictly as it can be read.

/// The names and values of a form or a query string, in their order; a pair without `=` is a name
/// without a value. `None` when an escape is broken, or the text behind it is not UTF-8.
#[must_use]
pub fn form_pairs(encoded: &[u8]) -> Option<Vec<(String, String)>> {
    let pairs = encoded.split(|b| *b == b'&').filter(|pair| !pair.is_empty());
    let decoded = pairs.map(|pair| {
        let mut halves = pair.splitn(2, |b| *b == b'=');
        let mut half = || form_decoded(halves.next().unwrap_or_default());
        Some((half()?, half()?))
    });
    decoded.collect()
}

/// The text behind a name or a value.
pub(crate) fn form_decoded(encoded: &[u8]) -> Option<String> {
    let mut decoded = Vec::with_capacity(encoded.len());
    let mut bytes = encoded.iter();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => hex_digit(*bytes.next()?)? << 4 | hex_digit(*bytes.next()?)?,
            byte => *byte,
        });
    }
    String::from_utf8(decoded).ok()
}

fn hex_digit(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pairs_are_decoded_in_their_order() {
        let pairs = form_pairs(b"&a=x%20y+z&&b=%C3%A4%26%3d=x&a&=%2B").unwrap();
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(pairs, [("a", "x y z"), ("b", "\u{e4}&==x"), ("a", ""), ("", "+")]);
        assert_eq!(form_pairs(b""), Some(Vec::new()));
    }

    #[test]
    fn broken_escapes_and_text_that_is_not_utf_8_are_refused() {
        for form in ["a=%", "a=%4", "a=%4g", "a=%%41", "a=%+1", "a=%ff", "%zz=1", "%ff"] {
            assert_eq!(form_pairs(form.as_bytes()), None, "{form}");
        }
        assert_eq!(form_pairs(b"a=\xff"), None);
    }

    proptest! {
        #[test]
        fn every_text_survives_its_encoding(name in any::<String>(), value in any::<String>()) {
            let encoded = |text: &str| -> String {
                text.bytes().map(|byte| format!("%{byte:02X}")).collect()
            };
            let form = format!("{}={}", encoded(&name), encoded(&value));
            prop_assert_eq!(form_pairs(form.as_bytes()), Some(vec![(name, value)]));
        }
    }
}
