//! A JSON value that keeps what it was given: the order of members and the text of numbers.

mod reader;
mod text;

use std::fmt;

pub use text::ObjectText;

/// One JSON value (RFC 8259).
#[derive(Clone, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number as it was written: no precision is lost.
    Number(String),
    /// A string, its escapes undone.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object: its members in the order they came in, each name once.
    Object(Members),
}

/// The name and value of each member of an object, in their order.
pub type Members = Vec<(String, Json)>;

/// Why bytes are no JSON value, or none that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rule} (byte {at})")]
pub struct JsonFault {
    /// The rule that is broken.
    pub rule: &'static str,
    /// Where, in bytes from the start.
    pub at: usize,
}

impl Json {
    /// The deepest nesting of arrays and objects.
    pub const DEPTH_MAX: usize = 64;
    /// The most values of one text: each costs memory far beyond its two bytes.
    pub const VALUES_MAX: usize = 100_000;

    /// Reads one value and nothing else. Names that come twice in an object, lone surrogates, a
    /// byte order mark and numbers beyond any double are refused (RFC 7493, sections 2.1 to 2.3):
    /// whoever reads the text again must be able to. Linear in the input but for the names of an
    /// object, which are sorted.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn parse(bytes: &[u8]) -> Result<Self, JsonFault> {
        reader::read(bytes)
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::List(_) | Self::Object(_) => None,
        }
    }

    /// The number, if it is whole, not negative and below 2^64. `1.0` and `1e3` are whole too (JSON
    /// Schema Validation 2020-12, section 6.1.1).
    #[must_use]
    pub fn as_whole(&self) -> Option<u64> {
        let Self::Number(text) = self else { return None };
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let (negative, whole) = whole.strip_prefix('-').map_or((false, whole), |rest| (true, rest));
        let digits = format!("{whole}{fraction}");
        let digits = digits.trim_start_matches('0');
        if digits.is_empty() {
            return Some(0);
        }
        let significant = digits.trim_end_matches('0');
        let zeros = i64::try_from(digits.len() - significant.len()).ok()?;
        let shift = exponent.parse::<i64>().ok()?.checked_add(zeros)?;
        let shift = u32::try_from(shift.checked_sub(i64::try_from(fraction.len()).ok()?)?).ok()?;
        let number = significant.parse::<u64>().ok()?.checked_mul(10_u64.checked_pow(shift)?)?;
        (!negative).then_some(number)
    }

    /// How many values it is, itself included, as [`Self::parse`] counts them.
    /// The recursion is as deep as the value, which the reader has bounded.
    #[must_use]
    pub fn value_count(&self) -> usize {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) => 1,
            Self::List(items) => 1 + items.iter().map(Self::value_count).sum::<usize>(),
            Self::Object(members) => JsonMembers(members).value_count(),
        }
    }

    /// The members, if it is an object.
    #[must_use]
    pub fn into_members(self) -> Option<Members> {
        match self {
            Self::Object(members) => Some(members),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) | Self::List(_) => None,
        }
    }

    /// The items, if it is an array.
    #[must_use]
    pub fn into_items(self) -> Option<Vec<Self>> {
        match self {
            Self::List(items) => Some(items),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) | Self::Object(_) => None,
        }
    }
}

/// What is said of a person never reaches a log by way of `Debug`: no text, number or name of it.
impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::Bool(_) => f.write_str("Bool(…)"),
            Self::Number(_) => f.write_str("Number(…)"),
            Self::Text(_) => f.write_str("Text(…)"),
            Self::List(items) => write!(f, "List({} items)", items.len()),
            Self::Object(members) => write!(f, "Object({} members)", members.len()),
        }
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// Compact JSON. The recursion is as deep as the value, which the reader has bounded.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(truth) => write!(f, "{truth}"),
            Self::Number(number) => f.write_str(number),
            Self::Text(text) => write_text(f, text),
            Self::List(items) => {
                let mut separator = "[";
                for item in items {
                    write!(f, "{separator}{item}")?;
                    separator = ",";
                }
                f.write_str(if items.is_empty() { "[]" } else { "]" })
            }
            Self::Object(members) => write!(f, "{}", JsonMembers(members)),
        }
    }
}

/// The text of an object with these members.
#[derive(Clone, Copy)]
pub struct JsonMembers<'a>(pub &'a [(String, Json)]);

impl fmt::Debug for JsonMembers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonMembers({} members)", self.0.len())
    }
}

impl JsonMembers<'_> {
    /// How many values the object is, itself included, as [`Json::parse`] counts them.
    #[must_use]
    pub fn value_count(&self) -> usize {
        1 + self.0.iter().map(|(_, value)| value.value_count()).sum::<usize>()
    }
}

impl fmt::Display for JsonMembers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "{";
        for (name, value) in self.0 {
            f.write_str(separator)?;
            write_text(f, name)?;
            write!(f, ":{value}")?;
            separator = ",";
        }
        f.write_str(if self.0.is_empty() { "{}" } else { "}" })
    }
}

fn write_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str("\"")?;
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c == '"' || c == '\\' || c < ' ') {
        let (plain, escaped) = rest.split_at(at);
        f.write_str(plain)?;
        let mut chars = escaped.chars();
        match chars.next() {
            Some('"') => f.write_str("\\\"")?,
            Some('\\') => f.write_str("\\\\")?,
            Some('\n') => f.write_str("\\n")?,
            Some(control) => write!(f, "\\u{:04x}", u32::from(control))?,
            None => {}
        }
        rest = chars.as_str();
    }
    f.write_str(rest)?;
    f.write_str("\"")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn whole_numbers_are_read_however_they_are_written() {
        for (text, number) in [
            ("0", 0),
            ("-0", 0),
            ("-0.0e7", 0),
            ("0e999", 0),
            ("293070.0", 293_070),
            ("1e3", 1_000),
            ("1.50E+1", 15),
            ("1200e-2", 12),
            ("18446744073709551615", u64::MAX),
            ("1.8446744073709551615e19", u64::MAX),
        ] {
            assert_eq!(Json::Number(text.to_owned()).as_whole(), Some(number), "{text}");
        }
        for text in ["-1", "-1e2", "1.5", "1e-1", "18446744073709551616", "1e20", "1e308"] {
            assert_eq!(Json::Number(text.to_owned()).as_whole(), None, "{text}");
        }
        assert_eq!(Json::Text("1".to_owned()).as_whole(), None);
    }

    #[test]
    fn what_is_read_is_written_again_with_order_and_numbers_kept() {
        for text in [
            "null",
            "true",
            "false",
            "0",
            "-0.10e+5",
            "123456789012345678901234567890",
            r#""""#,
            r#""a\"\\\nä😀\u0000""#,
            "[]",
            "{}",
            r#"[1,[2,{}],"x"]"#,
            r#"{"b":1,"a":{"c":null},"":[]}"#,
        ] {
            assert_eq!(Json::parse(text.as_bytes()).map(|j| j.to_string()).as_deref(), Ok(text));
        }
        let spaced = b" {\r\n\t\"a\" : [ 1 , 2 ] , \"\\u0062\\/\" : \"\\uD83D\\uDE00\\t\" } ";
        let read = Json::parse(spaced).map(|j| j.to_string());
        assert_eq!(read.as_deref(), Ok("{\"a\":[1,2],\"b/\":\"😀\\u0009\"}"));
    }

    #[test]
    fn every_broken_rule_is_named_with_its_place() {
        for (text, rule, at) in [
            ("", "the text ends before the value does", 0),
            (" ", "the text ends before the value does", 1),
            ("{", "the text ends before the value does", 1),
            ("[1", "the text ends before the value does", 2),
            ("\"a", "the text ends before the value does", 2),
            ("[1,]", "a value was expected", 3),
            ("[1 2]", "a comma or the end of the array was expected", 3),
            ("{\"a\":1 \"b\"}", "a comma or the end of the object was expected", 7),
            ("{\"a\":1,}", "the name of a member was expected", 7),
            ("{a:1}", "the name of a member was expected", 1),
            ("{\"a\" 1}", "a colon was expected", 5),
            ("nul", "a value was expected", 0),
            ("01", "something follows the value", 1),
            ("1.", "a number is not complete", 0),
            ("-", "a number is not complete", 0),
            ("1e", "a number is not complete", 0),
            ("+1", "a value was expected", 0),
            ("[1e999]", "a number is too large for other readers", 6),
            ("{} {}", "something follows the value", 3),
            ("\u{feff}{}", "a value was expected", 0),
            ("\"\u{1}\"", "a control character stands in a string", 1),
            ("\"\\x\"", "an escape is not known", 1),
            ("\"\\u12g4\"", "an escape is not known", 1),
            ("\"\\ud800\"", "a surrogate stands alone", 1),
            ("\"\\ud800\\u0041\"", "a surrogate stands alone", 1),
            ("\"\\udc00\"", "a surrogate stands alone", 1),
            ("{\"a\":1,\"\\u0061\":2}", "a name comes twice in an object", 17),
        ] {
            assert_eq!(Json::parse(text.as_bytes()), Err(JsonFault { rule, at }), "{text}");
        }
        let not_utf8 = JsonFault { rule: "the text is not UTF-8", at: 1 };
        assert_eq!(Json::parse(b"\"\xff\""), Err(not_utf8));
    }

    #[test]
    fn depth_and_number_of_values_are_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(Json::parse(nested(Json::DEPTH_MAX).as_bytes()).is_ok());
        for depth in [65, 100, 1 << 20] {
            let fault = Json::parse(nested(depth).as_bytes()).unwrap_err();
            assert_eq!(fault.rule, "arrays and objects are nested deeper than 64");
        }
        let many = |count: usize| format!("[{}0]", "0,".repeat(count - 1));
        assert!(Json::parse(many(Json::VALUES_MAX - 1).as_bytes()).is_ok());
        let fault = Json::parse(many(Json::VALUES_MAX).as_bytes()).unwrap_err();
        assert_eq!(fault.rule, "the text has more than 100,000 values");
    }

    #[test]
    fn nothing_of_a_value_shows_in_debug_output() {
        let text = r#"[null,true,1234,"Qanary",["Qanary"],{"Qanary":"Qanary"}]"#;
        let items = Json::parse(text.as_bytes()).unwrap().into_items().unwrap();
        assert_eq!(
            format!("{items:?}"),
            "[Null, Bool(…), Number(…), Text(…), List(1 items), Object(1 members)]"
        );
        let members = [("Qanary".to_owned(), Json::Null)];
        assert_eq!(format!("{:?}", JsonMembers(&members)), "JsonMembers(1 members)");
    }

    #[test]
    fn values_are_counted_as_the_reader_counts_them() {
        let around = |text: &str, count: usize| {
            let rest = "0,".repeat(Json::VALUES_MAX - 1 - count);
            Json::parse(format!("[{rest}{text}]").as_bytes())
        };
        for text in ["null", "7", "\"a\"", "[]", "{}", "[[],[1,{}]]", r#"{"a":{"b":[0]},"c":""}"#] {
            let count = Json::parse(text.as_bytes()).unwrap().value_count();
            assert!(around(text, count).is_ok(), "{text}");
            assert!(around(text, count - 1).is_err(), "{text}");
        }
    }

    fn values() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::Bool),
            any::<i64>().prop_map(|n| Json::Number(n.to_string())),
            any::<String>().prop_map(Json::Text),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            let object = proptest::collection::btree_map(any::<String>(), inner.clone(), 0..4);
            prop_oneof![
                proptest::collection::vec(inner, 0..4).prop_map(Json::List),
                object.prop_map(|members| Json::Object(members.into_iter().collect())),
            ]
        })
    }

    /// Tokens that make JSON now and then.
    fn texts() -> impl Strategy<Value = String> {
        let tokens = [
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"a\"",
            "\"b\"",
            "\"\\u0041\"",
            "\"\\ud83d\\ude00\"",
            "\"\\ud800\"",
            "\"\\q\"",
            "0",
            "-1.5e3",
            "01",
            "1.",
            "-",
            "true",
            "nul",
            "null",
            " ",
            "\n",
            "\t",
            "\u{1}",
            "\"",
            "\\",
        ];
        proptest::collection::vec(proptest::sample::select(tokens.to_vec()), 0..12)
            .prop_map(|tokens| tokens.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]
        #[test]
        fn what_another_reader_takes_is_taken_but_for_the_stricter_rules(text in texts()) {
            let other = serde_json::from_str::<serde_json::Value>(&text);
            match Json::parse(text.as_bytes()) {
                Ok(read) => {
                    let read: serde_json::Value = serde_json::from_str(&read.to_string()).unwrap();
                    prop_assert_eq!(other.ok(), Some(read), "{}", text);
                }
                Err(fault) => {
                    let stricter = fault.rule == "a name comes twice in an object";
                    prop_assert!(stricter || other.is_err(), "{}: {}", text, fault);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn every_value_reads_back(value in values()) {
            prop_assert_eq!(Json::parse(value.to_string().as_bytes()), Ok(value));
        }

        #[test]
        fn no_bytes_panic(bytes in any::<Vec<u8>>()) {
            drop(Json::parse(&bytes));
        }
    }
}
