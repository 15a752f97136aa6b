use dossier_testkit::json::{nested, object, records};
use proptest::prelude::*;

use crate::image::testing::{fault, findings};
use crate::{Budget, Fault, Kind, Limits, MediaType, Verdict, Walker};

fn malformed(rule: &'static str) -> Option<Fault> {
    Some(Fault::Malformed(rule))
}

const GRAMMAR: &str = "the text breaks the grammar of JSON";
const NUMBER: &str = "a number breaks the grammar of JSON";
const NAMES: &str = "an object has two members of one name";
const SURROGATE: &str = "a string holds half of a surrogate pair";

#[test]
fn sound_texts_are_accepted() {
    let texts: [&str; 14] = [
        "{}",
        "[]",
        " \t\r\n[ ] \n",
        "\u{FEFF}{\"a\":1}",
        "[0,-0,1.5,-1.5e+10,1E9,2e-3,1e999999999]",
        "[true,false,null,\"\"]",
        "{\"a\":{\"a\":1},\"b\":[{\"a\":2},{\"a\":3}]}",
        "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD834\\uDd1e\"]",
        "{\"\\u0000\":1,\"\":2}",
        "[\"é ü 証 💩\"]",
        "[[[[]]],{}]",
        "{\"a\":[],\"b\":{},\"c\":\"\"}",
        "[\"\u{FEFF}\"]",
        "[\"\\u007f\u{7f}\"]",
    ];
    for text in texts {
        let found = findings(text.as_bytes());
        assert_eq!(found.kind, Kind::Known(MediaType::Json), "{text}");
        assert_eq!(found.faults, [], "{text}");
    }
    assert_eq!(fault(&records(100_000)), None);
}

#[test]
fn broken_texts_are_refused() {
    let cases: [(&str, &str); 31] = [
        ("{\"a\":1,}", GRAMMAR),
        ("[1,]", GRAMMAR),
        ("[,1]", GRAMMAR),
        ("[1 2]", GRAMMAR),
        ("{\"a\" 1}", GRAMMAR),
        ("{\"a\":}", GRAMMAR),
        ("{a:1}", GRAMMAR),
        ("{1:1}", GRAMMAR),
        ("{'a':1}", GRAMMAR),
        ("[1}", GRAMMAR),
        ("{]", GRAMMAR),
        ("{}{}", GRAMMAR),
        ("[]x", GRAMMAR),
        ("[]\0", GRAMMAR),
        ("[NaN]", GRAMMAR),
        ("[Infinity]", GRAMMAR),
        ("[truE]", GRAMMAR),
        ("[nul]", GRAMMAR),
        ("[/**/1]", GRAMMAR),
        ("\u{FEFF}\u{FEFF}[]", "unknown"),
        ("[\u{FEFF}1]", GRAMMAR),
        ("[é]", GRAMMAR),
        ("[01]", GRAMMAR),
        ("[-]", NUMBER),
        ("[1.]", NUMBER),
        ("[1e]", NUMBER),
        ("[1e+]", NUMBER),
        ("[.5]", GRAMMAR),
        ("[+1]", GRAMMAR),
        ("[\"\t\"]", "a string holds a control character"),
        ("[\"\\x\"]", "a string holds an unknown escape"),
    ];
    for (text, rule) in cases {
        let found = findings(text.as_bytes());
        if rule == "unknown" {
            assert_ne!(found.kind, Kind::Known(MediaType::Json), "{text}");
        } else {
            assert_eq!(found.faults, [Fault::Malformed(rule)], "{text}");
        }
    }
}

#[test]
fn a_name_may_stand_once_in_an_object_however_it_is_spelt() {
    for text in [
        r#"{"a":1,"a":1}"#,
        r#"{"a":1,"b":2,"\u0061":3}"#,
        r#"[{"x":{"é":1,"\u00e9":2}}]"#,
        r#"{"𝄞":1,"\uD834\uDD1E":2}"#,
        r#"{"":1,"":2}"#,
        r#"{"a/b":1,"a\/b":2}"#,
    ] {
        assert_eq!(fault(text.as_bytes()), malformed(NAMES), "{text}");
    }
}

#[test]
fn lone_surrogates_are_refused() {
    for text in [
        r#"["\uD800"]"#,
        r#"["\uDC00"]"#,
        r#"["\uD800x"]"#,
        r#"["\uD800\n"]"#,
        r#"["\uD800\uD800"]"#,
        r#"["\uD800\u0041"]"#,
        r#"{"\uDFFF":1}"#,
    ] {
        assert_eq!(fault(text.as_bytes()), malformed(SURROGATE), "{text}");
    }
}

#[test]
fn text_must_be_utf_8() {
    let rule = malformed("the text is not UTF-8");
    for bytes in [&b"[\"\xFF\"]"[..], b"[\"\xC0\x80\"]", b"[\"\xED\xA0\x80\"]", b"[\"\xC3\"]"] {
        assert_eq!(fault(bytes), rule, "{bytes:?}");
    }
}

#[test]
fn depth_and_numbers_are_bounded() {
    assert_eq!(fault(&nested(64)), None);
    assert_eq!(fault(&nested(65)), malformed("values are nested too deeply"));
    assert_eq!(fault(&b"[".repeat(100_000)), malformed("values are nested too deeply"));
    let number = |digits: usize| fault(&[b"[", &b"1".repeat(digits)[..], b"]"].concat());
    assert_eq!(number(64), None);
    assert_eq!(number(65), malformed("a number is too long"));
}

#[test]
fn every_cut_is_refused() {
    let text = "{\"a\":[1,\"é\\u0041\",true]}".as_bytes();
    for len in 1..text.len() {
        assert_eq!(fault(&text[..len]), Some(Fault::Truncated), "{len}");
    }
}

#[test]
fn names_past_the_budget_ask_for_a_second_pass() {
    let text = object(20_000);
    let read = |budget: &Budget| {
        let mut walker = Walker::new(Limits::default(), budget.clone());
        assert!(walker.push(&text).is_continue());
        walker.finish()
    };
    let Verdict::Settled(found) = read(&Budget::new(1 << 20)) else { panic!("enough budget") };
    assert_eq!(found.faults, []);

    let poor = Budget::new(1000);
    let Verdict::NeedsReadBack(mut back) = read(&poor) else { panic!("too little budget") };
    assert!(back.push(&text).is_continue());
    assert_eq!(back.finish().faults, [Fault::Malformed("too complex to check")]);
    assert!(poor.take(1000).is_some(), "everything was given back");
}

#[test]
fn a_second_pass_with_room_finds_what_the_first_could_not() {
    let mut text = object(20_000);
    text.pop();
    text.extend(b",\"name 7\":0}");
    let budget = Budget::new(1 << 20);
    let held = budget.take(1 << 20).unwrap();
    let mut walker = Walker::new(Limits::default(), budget);
    assert!(walker.push(&text).is_continue());
    let Verdict::NeedsReadBack(mut back) = walker.finish() else { panic!("too little budget") };
    drop(held);
    assert!(back.push(&text).is_break());
    assert_eq!(back.finish().faults, [Fault::Malformed(NAMES)]);
}

fn value() -> impl Strategy<Value = serde_like::Value> {
    serde_like::value()
}

/// A small generator of sound texts.
mod serde_like {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    pub(super) enum Value {
        Scalar(&'static str),
        Text(String),
        Array(Vec<Value>),
        Object(BTreeMap<String, Value>),
    }

    impl Value {
        pub(super) fn write(&self, out: &mut String) {
            match self {
                Self::Scalar(text) => out.push_str(text),
                Self::Text(text) => write_text(text, out),
                Self::Array(values) => {
                    out.push('[');
                    for (nth, value) in values.iter().enumerate() {
                        out.push_str(if nth == 0 { "" } else { " , " });
                        value.write(out);
                    }
                    out.push(']');
                }
                Self::Object(members) => {
                    out.push('{');
                    for (nth, (name, value)) in members.iter().enumerate() {
                        out.push_str(if nth == 0 { "\n" } else { "," });
                        write_text(name, out);
                        out.push(':');
                        value.write(out);
                    }
                    out.push('}');
                }
            }
        }
    }

    fn write_text(text: &str, out: &mut String) {
        out.push('"');
        for unit in text.chars() {
            match unit {
                '"' | '\\' => out.extend(['\\', unit]),
                control if control.is_control() => {
                    out.push_str(&format!("\\u{:04X}", u32::from(control)));
                }
                plain => out.push(plain),
            }
        }
        out.push('"');
    }

    pub(super) fn value() -> impl Strategy<Value = Value> {
        let scalars = prop::sample::select(vec!["0", "-1.5e3", "true", "false", "null", "12"]);
        let leaf = prop_oneof![scalars.prop_map(Value::Scalar), ".{0,12}".prop_map(Value::Text),];
        leaf.prop_recursive(5, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
                prop::collection::btree_map(".{0,6}", inner, 0..6).prop_map(Value::Object),
            ]
        })
    }
}

proptest! {
    #[test]
    fn whatever_is_written_soundly_is_accepted(value in value()) {
        let mut text = String::from("[");
        value.write(&mut text);
        text.push(']');
        prop_assert_eq!(fault(text.as_bytes()), None, "{}", text);
    }

    #[test]
    fn one_changed_byte_never_depends_on_the_chunks(
        value in value(),
        at in any::<prop::sample::Index>(),
        byte: u8,
    ) {
        let mut text = String::from("[");
        value.write(&mut text);
        let mut bytes = text.into_bytes();
        bytes.push(b']');
        let at = at.index(bytes.len());
        bytes[at] = byte;
        findings(&bytes);
    }
}

#[test]
fn long_and_short_names_are_told_apart() {
    let with =
        |first: &str, second: &str| fault(format!("{{\"{first}\":1,\"{second}\":2}}").as_bytes());
    for length in [1, 14, 15, 16, 17, 200] {
        let name = "n".repeat(length);
        assert_eq!(with(&name, &name), malformed(NAMES), "{length}");
        assert_eq!(with(&name, &format!("\\u006e{}", &name[1..])), malformed(NAMES), "{length}");
        assert_eq!(with(&name, &format!("{name}n")), None, "{length}");
        assert_eq!(with(&name, &format!("{name}\\u0000")), None, "{length}");
    }
}
