//! The parameters of a request, from a form or from the members of a JSON object.

use super::RequestFault;
use crate::Json;

/// The parameters that mean something here. All others are ignored (RFC 6749, section 3.2), also
/// when they come twice, as `resource` may (RFC 8707).
const KNOWN: [&str; 6] =
    ["grant_type", "scope", "refresh_token", "client_id", "client_secret", "token"];

/// The known parameters of a request, each at most once.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Parameters([Option<String>; KNOWN.len()]);

impl Parameters {
    /// Reads a form (`application/x-www-form-urlencoded`, RFC 6749, appendix B).
    ///
    /// # Errors
    /// A broken percent-encoding, text that is not UTF-8, or a known parameter that came twice.
    pub fn from_form(body: &[u8]) -> Result<Self, RequestFault> {
        let mut parameters = Self::default();
        for pair in body.split(|b| *b == b'&').filter(|pair| !pair.is_empty()) {
            let mut halves = pair.splitn(2, |b| *b == b'=');
            let name = form_decoded(halves.next().unwrap_or_default())?;
            let value = form_decoded(halves.next().unwrap_or_default())?;
            parameters.add(&name, value)?;
        }
        Ok(parameters)
    }

    /// Reads the members of one JSON object, which mean the same as the parameters of a form.
    ///
    /// # Errors
    /// No JSON object, or a known parameter that is neither a string nor `null`.
    pub fn from_json(body: &[u8]) -> Result<Self, RequestFault> {
        let json = Json::parse(body).map_err(|_| RequestFault::Malformed)?;
        let mut parameters = Self::default();
        for (name, value) in json.into_members().ok_or(RequestFault::Malformed)? {
            match value {
                Json::Text(text) => parameters.add(&name, text)?,
                Json::Null => {}
                _ if !KNOWN.contains(&name.as_str()) => {}
                Json::Bool(_) | Json::Number(_) | Json::List(_) | Json::Object(_) => {
                    return Err(RequestFault::Malformed);
                }
            }
        }
        Ok(parameters)
    }

    fn add(&mut self, name: &str, value: String) -> Result<(), RequestFault> {
        let place = KNOWN.iter().zip(&mut self.0).find(|(known, _)| **known == name);
        match place {
            None => Ok(()),
            Some((_, place @ None)) => {
                *place = Some(value);
                Ok(())
            }
            Some((_, Some(_))) => Err(RequestFault::Repeated),
        }
    }

    /// The value of a known parameter. One without a value was not sent (RFC 6749, section 3.2).
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = KNOWN.iter().zip(&self.0).find(|(known, _)| **known == name)?;
        value.as_deref().filter(|value| !value.is_empty())
    }
}

/// The text behind one half of a pair of a form.
pub(super) fn form_decoded(encoded: &[u8]) -> Result<String, RequestFault> {
    let mut decoded = Vec::with_capacity(encoded.len());
    let mut bytes = encoded.iter();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [bytes.next(), bytes.next()].map(|digit| hex_digit(*digit?));
                let [Some(high), Some(low)] = digits else { return Err(RequestFault::Malformed) };
                high << 4 | low
            }
            byte => *byte,
        });
    }
    String::from_utf8(decoded).map_err(|_| RequestFault::Malformed)
}

const fn hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn forms_are_decoded_and_what_nobody_knows_is_ignored() {
        let form = b"&scope=a%20b+c&&token=%C3%A4%26%3d=x&resource=1&resource=2&grant_type";
        let parameters = Parameters::from_form(form).unwrap();
        assert_eq!(parameters.get("scope"), Some("a b c"));
        assert_eq!(parameters.get("token"), Some("\u{e4}&==x"));
        assert_eq!(parameters.get("grant_type"), None);
        assert_eq!(parameters.get("resource"), None);
    }

    #[test]
    fn malformed_and_repeated_parameters_are_refused() {
        for (form, fault) in [
            ("token=%", RequestFault::Malformed),
            ("token=%4", RequestFault::Malformed),
            ("token=%4g", RequestFault::Malformed),
            ("token=%%41", RequestFault::Malformed),
            ("token=%ff", RequestFault::Malformed),
            ("unknown=%ff", RequestFault::Malformed),
            ("%zz=1", RequestFault::Malformed),
            ("token=a&token=a", RequestFault::Repeated),
            ("token=&token=a", RequestFault::Repeated),
            ("token&token", RequestFault::Repeated),
            ("token=a&%74oken=b", RequestFault::Repeated),
        ] {
            assert_eq!(Parameters::from_form(form.as_bytes()).err(), Some(fault), "{form}");
        }
        assert!(Parameters::from_form(b"token=\xff").is_err());
    }

    #[test]
    fn the_members_of_an_object_are_parameters() {
        let json =
            br#"{"scope":"a b","token":null,"grant_type":"","aud":["x"],"refresh_token":"r"}"#;
        let parameters = Parameters::from_json(json).unwrap();
        assert_eq!(parameters.get("scope"), Some("a b"));
        assert_eq!(parameters.get("refresh_token"), Some("r"));
        assert_eq!((parameters.get("token"), parameters.get("grant_type")), (None, None));
        for json in [
            "",
            "[]",
            "\"token\"",
            "{",
            "{}{}",
            r#"{"token":7}"#,
            r#"{"token":["a"]}"#,
            r#"{"scope":{"a":1}}"#,
            r#"{"token":"a","token":"b"}"#,
            r#"{"token":"a","to\u006ben":"b"}"#,
            r#"{"token":"\ud800"}"#,
        ] {
            let refused = Parameters::from_json(json.as_bytes());
            assert_eq!(refused.err(), Some(RequestFault::Malformed), "{json}");
        }
    }

    fn encoded(text: &str) -> String {
        text.bytes().map(|byte| format!("%{byte:02X}")).collect()
    }

    proptest! {
        #[test]
        fn every_text_survives_its_encoding(token in any::<String>(), scope in any::<String>()) {
            let form = format!("token={}&scope={}", encoded(&token), encoded(&scope));
            let parameters = Parameters::from_form(form.as_bytes()).unwrap();
            prop_assert_eq!(parameters.get("token").unwrap_or_default(), token);
            prop_assert_eq!(parameters.get("scope").unwrap_or_default(), scope);
        }

        #[test]
        fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Parameters::from_form(&body);
            let _ = Parameters::from_json(&body);
        }
    }
}
