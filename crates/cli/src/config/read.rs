//! Turns gathered texts into typed values. A bad value is noted and its default stands in, so that
//! one run finds every problem.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use dossier_domain::ByteCount;

use super::problem::{Origin, Problem};
use super::setting::Key;
use super::sources::{Gathered, Given};
use super::table::setting;
use super::value::{self, Complaint};

/// The most letters of a bad value that a message repeats.
const SHOWN_MAX: usize = 80;

pub(crate) struct Reader {
    pub(crate) gathered: Gathered,
}

impl Reader {
    pub(crate) fn address(&mut self, key: Key) -> SocketAddr {
        self.required(key, value::address)
    }

    pub(crate) fn address_option(&mut self, key: Key) -> Option<SocketAddr> {
        self.optional(key, value::address)
    }

    pub(crate) fn switch(&mut self, key: Key) -> bool {
        self.required(key, value::switch)
    }

    pub(crate) fn duration(&mut self, key: Key) -> Duration {
        Duration::from_millis(self.number(key))
    }

    pub(crate) fn bytes(&mut self, key: Key) -> ByteCount {
        ByteCount(self.number(key))
    }

    pub(crate) fn number(&mut self, key: Key) -> u64 {
        let kind = setting(key).kind;
        self.required(key, |text| value::number(text, kind))
    }

    pub(crate) fn number_option(&mut self, key: Key) -> Option<u64> {
        let kind = setting(key).kind;
        self.optional(key, |text| value::number(text, kind))
    }

    /// One of the setting's words; `named` says what each means.
    pub(crate) fn choice<T: Copy>(&mut self, key: Key, named: &[(&str, T)]) -> T {
        self.required(key, |text| {
            named.iter().find(|(name, _)| *name == text).map(|(_, value)| *value).ok_or_else(|| {
                let names: Vec<_> = named.iter().map(|(name, _)| format!("`{name}`")).collect();
                Complaint::new(
                    "this is none of the words it takes",
                    format!("Write {}", names.join(" or ")),
                )
            })
        })
    }

    pub(crate) fn path(&mut self, key: Key) -> Option<PathBuf> {
        let given = self.gathered.values.get(&key).map(|given| PathBuf::from(&given.value));
        let default = setting(key).default;
        given.or_else(|| (!default.is_empty()).then(|| PathBuf::from(default)))
    }

    pub(crate) fn text(&mut self, key: Key) -> Option<String> {
        self.optional(key, |text| Ok(text.to_owned()))
    }

    pub(crate) fn optional<T>(
        &mut self,
        key: Key,
        parse: impl Fn(&str) -> Result<T, Complaint>,
    ) -> Option<T> {
        let given = self.gathered.values.get(&key)?;
        match in_utf8(&given.value).and_then(&parse) {
            Ok(value) => Some(value),
            Err(complaint) => {
                let problem = refusal(key, given, complaint);
                self.gathered.problems.push(problem);
                None
            }
        }
    }

    fn required<T>(&mut self, key: Key, parse: impl Fn(&str) -> Result<T, Complaint>) -> T {
        self.optional(key, &parse).unwrap_or_else(|| {
            let default = parse(setting(key).default);
            default.expect("every default in the table is a value of its kind")
        })
    }

    /// Whether the setting was given at all.
    pub(crate) fn has(&self, key: Key) -> bool {
        self.gathered.values.contains_key(&key)
    }

    /// Notes that settings do not go together.
    pub(crate) fn refuse_together(&mut self, keys: &[Key], what: &str, fix: &str) {
        self.gathered.problems.push(together(keys, what, fix));
    }

    /// Notes something that works but deserves a look.
    pub(crate) fn warn_together(&mut self, keys: &[Key], what: &str, fix: &str) {
        self.gathered.warnings.push(together(keys, what, fix));
    }
}

/// A refusal of a value that the table names no setting for.
pub(crate) fn refuse_named(name: String, given: &Given, complaint: Complaint) -> Problem {
    let Complaint { what, fix } = complaint;
    Problem { setting: name, origin: given.origin.clone(), what, fix }
}

pub(crate) fn in_utf8(value: &OsStr) -> Result<&str, Complaint> {
    value.to_str().ok_or_else(|| Complaint::new("this is not UTF-8", "Write it in UTF-8"))
}

fn refusal(key: Key, given: &Given, complaint: Complaint) -> Problem {
    let setting = setting(key);
    let name = match (&given.origin, setting.flag, setting.toml) {
        (Origin::Flag, Some(flag), _) => format!("--{flag}"),
        (Origin::File { .. }, _, Some((section, key))) => format!("{section}.{key}"),
        (Origin::Flag | Origin::File { .. } | Origin::Environment | Origin::Together, _, _) => {
            setting.env.to_owned()
        }
    };
    let what = if setting.kind.may_be_shown() {
        format!("{} (given: `{}`)", complaint.what, excerpt(&given.value))
    } else {
        complaint.what
    };
    Problem { setting: name, origin: given.origin.clone(), what, fix: complaint.fix }
}

fn excerpt(value: &OsStr) -> String {
    let text = value.to_string_lossy();
    text.chars().take(SHOWN_MAX).flat_map(char::escape_debug).collect()
}

fn together(keys: &[Key], what: &str, fix: &str) -> Problem {
    let names: Vec<_> = keys.iter().map(|key| setting(*key).env).collect();
    Problem {
        setting: names.join(", "),
        origin: Origin::Together,
        what: what.to_owned(),
        fix: fix.to_owned(),
    }
}
