//! The parameters of a request, from a form or from the members of a JSON object.

use super::RequestFault;
use crate::{Json, form_pairs};

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
        for (name, value) in form_pairs(body).ok_or(RequestFault::Malformed)? {
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
            ("unknown=%ff", RequestFault::Malformed),
            ("token=a&token=a", RequestFault::Repeated),
            ("token=&token=a", RequestFault::Repeated),
            ("token&token", RequestFault::Repeated),
            ("token=a&%74oken=b", RequestFault::Repeated),
        ] {
            assert_eq!(Parameters::from_form(form.as_bytes()).err(), Some(fault), "{form}");
        }
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

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Parameters::from_form(&body);
            let _ = Parameters::from_json(&body);
        }
    }
}
