//! The text of a JSON object that is passed on as it is, without being read.

use std::fmt;

use serde_json::value::RawValue;

/// The text of one JSON object, without white space around it. Only a check of the whole text makes
/// one, so that it can stand in an answer.
#[derive(Clone)]
pub struct ObjectText(Box<RawValue>);

impl ObjectText {
    /// Takes a text that is one JSON object by the grammar (RFC 8259, sections 2 to 7); `None` when
    /// it is not. What the grammar cannot say is not asked: whoever made the text has kept the
    /// further rules of [`super::Json::parse`]. Linear in the text; makes nothing of it.
    #[must_use]
    pub fn check(text: String) -> Option<Self> {
        let object = text.starts_with('{') && text.ends_with('}');
        RawValue::from_string(text).ok().filter(|_| object).map(Self)
    }

    /// The members as they stand between the braces: no text when there are none.
    #[must_use]
    pub fn members(&self) -> &str {
        let inner = self.0.get().strip_prefix('{').and_then(|text| text.strip_suffix('}'));
        inner.unwrap_or_default().trim_ascii()
    }
}

/// The text as it was given.
impl fmt::Display for ObjectText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.get())
    }
}

/// What is said of a person never reaches a log by way of `Debug`.
impl fmt::Debug for ObjectText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ObjectText(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Json;

    #[test]
    fn an_object_is_passed_on_as_it_is() {
        for (text, members) in [
            ("{}", ""),
            ("{ }", ""),
            (r#"{"a":1}"#, r#""a":1"#),
            (r#"{"a":{"b":"}"},"c":[1e999]}"#, r#""a":{"b":"}"},"c":[1e999]"#),
        ] {
            let checked = ObjectText::check(text.to_owned()).unwrap();
            assert_eq!((checked.to_string().as_str(), checked.members()), (text, members));
            assert_eq!(format!("{checked:?}"), "ObjectText(…)");
        }
    }

    #[test]
    fn a_text_that_would_break_an_answer_is_refused() {
        for text in [
            "",
            "{",
            "}",
            " {}",
            "{} ",
            "{}{}",
            "{},{}",
            "[]",
            "null",
            "1",
            r#""{}""#,
            r#"{"a":1"#,
            r#"{"a":1,}"#,
            r#"{"a"}"#,
            r#"{"a":01}"#,
            r#"{"a":"}"#,
            r#"{"a":"\x"}"#,
            "{\"a\":\"\n\"}",
            "{\"a\":\0}",
        ] {
            assert!(ObjectText::check(text.to_owned()).is_none(), "{text}");
        }
        let deep = format!("{{\"a\":{}", "[".repeat(1 << 20));
        assert!(ObjectText::check(deep).is_none());
    }

    /// Texts of objects, whole and cut and changed in one place.
    fn texts() -> impl Strategy<Value = String> {
        let whole = r#"{"a":[1,-2.5e3,{"b":null}],"ä\u0041":"\n\"x","c":true,"d":{}}"#;
        let changed = (0..whole.len(), any::<char>()).prop_map(move |(at, with)| {
            let chars = whole.chars().enumerate();
            chars.map(|(index, c)| if index == at { with } else { c }).collect::<String>()
        });
        let cut =
            (0..whole.len()).prop_map(move |length| whole.chars().take(length).collect::<String>());
        prop_oneof![Just(whole.to_owned()), changed, cut]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2048))]
        #[test]
        fn what_is_taken_is_an_object_and_every_object_is_taken(text in texts()) {
            let read = Json::parse(text.as_bytes()).ok().and_then(Json::into_members);
            let other = serde_json::from_str::<serde_json::Map<_, _>>(&text).is_ok();
            let taken = ObjectText::check(text.clone()).is_some();
            prop_assert_eq!(taken, other, "{}", text);
            prop_assert!(taken || read.is_none(), "{}", text);
        }
    }
}
