//! What the value of one member may be: one rule for each kind of member.

use super::document_type::{DOCUMENT_TYPES, DocumentType};
use super::standards::{is_country, is_language};
use crate::object::MemberFault;
use crate::{Json, Timestamp};

/// What a member takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// One line of text of so many characters at the most.
    Line(usize),
    /// Text of several lines and so many characters at the most.
    Lines(usize),
    /// An e-mail address (RFC 5321, section 4.1.2, and RFC 6531 for other scripts).
    Email,
    /// A telephone number (ITU-T E.164, section 6).
    Phone,
    /// A language (ISO 639-1).
    Language,
    /// A country (ISO 3166-1 alpha-2).
    Country,
    /// A day of the calendar.
    Date,
    /// A day that has come.
    PastDate,
    /// One of the identity documents.
    DocumentType,
    /// Names with one plain value each.
    Metadata,
    /// Anything, kept as it is given.
    Kept,
}

/// The most pairs of metadata.
const PAIRS_MAX: usize = 50;
/// The most characters of a name in metadata.
const PAIR_NAME_CHARS_MAX: usize = 100;
/// The most characters of a text in metadata.
const PAIR_TEXT_CHARS_MAX: usize = 1000;
/// The most characters of an e-mail address and of what stands before its `@` (RFC 5321, section
/// 4.5.3.1, counted in characters).
const EMAIL_CHARS_MAX: usize = 254;
const EMAIL_LOCAL_CHARS_MAX: usize = 64;
/// The most characters of a label of a domain (RFC 1035, section 2.3.4).
const LABEL_CHARS_MAX: usize = 63;
/// The most digits of a telephone number, its country code included.
const PHONE_DIGITS_MAX: usize = 15;

impl Field {
    /// Judges a value that is not null; `now` decides which days have come.
    pub(super) fn check(self, value: &Json, now: Timestamp) -> Result<(), MemberFault> {
        match self {
            Self::Line(max) => check_text(text(value)?, max, |c| c.is_control()),
            Self::Lines(max) => {
                check_text(text(value)?, max, |c| c.is_control() && !matches!(c, '\n' | '\r'))
            }
            Self::Email => {
                is_email(text(value)?).then_some(()).ok_or_else(broken("must be an e-mail address"))
            }
            Self::Phone => is_phone(text(value)?).then_some(()).ok_or_else(broken(
                "must be a phone number as E.164 writes it: `+`, the country code and the \
                 number, 15 digits at the most",
            )),
            Self::Language => is_language(text(value)?)
                .then_some(())
                .ok_or_else(broken("must be a language code of ISO 639-1: two lower-case letters")),
            Self::Country => is_country(text(value)?).then_some(()).ok_or_else(broken(
                "must be a country code of ISO 3166-1 alpha-2: two upper-case letters",
            )),
            Self::Date => day(text(value)?)
                .is_some()
                .then_some(())
                .ok_or_else(broken("must be a date `YYYY-MM-DD`")),
            Self::PastDate => check_past(text(value)?, now),
            Self::DocumentType => check_document_type(text(value)?),
            Self::Metadata => check_metadata(value),
            Self::Kept => Ok(()),
        }
    }
}

fn text(value: &Json) -> Result<&str, MemberFault> {
    value.as_text().ok_or_else(|| MemberFault::new("must be a string"))
}

/// Makes the fault of a value that does not fit.
fn broken(rule: &str) -> impl FnOnce() -> MemberFault {
    move || MemberFault::new(rule)
}

/// Text that shows as it is written: not empty, no control characters, and nothing that turns the
/// direction of what follows (UAX #9).
pub(super) fn check_text(
    text: &str,
    max: usize,
    is_refused: impl Fn(char) -> bool,
) -> Result<(), MemberFault> {
    let chars = text.chars().count();
    if chars == 0 || chars > max {
        let bound = (chars > 0).then_some((max, chars));
        return Err(MemberFault { rule: format!("must have 1 to {max} characters"), bound });
    }
    let turns = |c| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let refused = text.contains(|c| is_refused(c) || turns(c));
    (!refused).then_some(()).ok_or_else(broken("must not contain control characters"))
}

/// One `@`, something printable before it, and a domain after it. More is for the mail to find out.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let local_chars = local.chars().count();
    let label = |label: &str| {
        (1..=LABEL_CHARS_MAX).contains(&label.chars().count())
            && label.chars().all(|c| c == '-' || c.is_alphanumeric() || !c.is_ascii())
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    check_text(text, EMAIL_CHARS_MAX, |c| c.is_control() || c.is_whitespace()).is_ok()
        && (1..=EMAIL_LOCAL_CHARS_MAX).contains(&local_chars)
        && !local.contains(['@', '<', '>', '(', ')', ',', ';', ':'])
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && domain.split('.').all(label)
}

fn is_phone(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (2..=PHONE_DIGITS_MAX).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit())
        && !digits.starts_with('0')
}

/// A day of the Gregorian calendar as RFC 3339 writes it, and as nothing else does.
pub(super) fn day(text: &str) -> Option<jiff::civil::Date> {
    let mut fields = text.split('-');
    let mut field = |digits: usize| {
        let text = fields.next()?;
        let fits = text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| text.parse::<i16>().ok()).flatten()
    };
    let (year, month, day) = (field(4)?, field(2)?, field(2)?);
    if fields.next().is_some() {
        return None;
    }
    let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    jiff::civil::Date::new(year, month, day).ok()
}

/// Days start up to 14 hours before they do in UTC.
fn check_past(text: &str, now: Timestamp) -> Result<(), MemberFault> {
    let day = day(text).ok_or_else(|| MemberFault::new("must be a date `YYYY-MM-DD`"))?;
    let today = now.plus(std::time::Duration::from_hours(14)).to_string();
    (day.to_string().as_str() <= today.as_str())
        .then_some(())
        .ok_or_else(broken("must be a day that has come"))
}

fn check_document_type(text: &str) -> Result<(), MemberFault> {
    let names: Vec<_> = DOCUMENT_TYPES.iter().map(|row| row.name).collect();
    let rule = format!("must be one of `{}`", names.join("`, `"));
    text.parse::<DocumentType>().is_ok().then_some(()).ok_or_else(broken(&rule))
}

fn check_metadata(value: &Json) -> Result<(), MemberFault> {
    let Json::Object(pairs) = value else { return Err(MemberFault::new("must be an object")) };
    if pairs.len() > PAIRS_MAX {
        let bound = Some((PAIRS_MAX, pairs.len()));
        return Err(MemberFault { rule: format!("must have at most {PAIRS_MAX} pairs"), bound });
    }
    let name_fits = |name: &str| check_text(name, PAIR_NAME_CHARS_MAX, char::is_control).is_ok();
    if !pairs.iter().all(|(name, _)| name_fits(name)) {
        let rule = "must have names of 1 to 100 characters, none of them a control character";
        return Err(MemberFault::new(rule));
    }
    let plain = |value: &Json| match value {
        Json::Text(text) => text.chars().count() <= PAIR_TEXT_CHARS_MAX,
        Json::Null | Json::Bool(_) | Json::Number(_) => true,
        Json::List(_) | Json::Object(_) => false,
    };
    let rule = "must have plain values: texts of at most 1,000 characters, numbers, true, false, \
        null";
    pairs.iter().all(|(_, value)| plain(value)).then_some(()).ok_or_else(broken(rule))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(field: Field, text: &str) -> bool {
        let now = Timestamp::parse_rfc3339("2026-07-20T08:00:00Z").unwrap();
        field.check(&Json::from(text), now).is_ok()
    }

    #[test]
    fn real_values_are_taken_and_wrong_ones_are_not() {
        let long = "a".repeat(65);
        for (field, good, bad) in [
            (
                Field::Email,
                vec!["a@b.de", "o'neil+tag@mail.example.co.uk", "ü@bücher.example", "a@localhost"],
                vec!["", "a", "a@", "@b", "a@b@c.de", "a b@c.de", "a@b..de", "a@-b.de", "a@b\n.de"],
            ),
            (
                Field::Phone,
                vec!["+491701234567", "+12", "+123456789012345"],
                vec!["", "+", "0170123", "+0170", "+49 170", "+1234567890123456", "+49a", "+٤٩١٢"],
            ),
            (Field::Language, vec!["de", "en", "zu"], vec!["", "DE", "deu", "xx", "de-AT"]),
            (Field::Country, vec!["DE", "GB", "XK"], vec!["", "de", "DEU", "UK", "ZZ", "D\0"]),
            (
                Field::Date,
                vec!["2024-02-29", "0001-01-01", "9999-12-31"],
                vec!["", "2023-02-29", "2024-2-9", "20240229", "2024-13-01", "2024-01-01T00:00Z"],
            ),
            (
                Field::PastDate,
                vec!["1899-12-31", "2026-07-20"],
                vec!["2026-07-22", "2026-13-01", "9999-12-31"],
            ),
            (Field::DocumentType, vec!["id_card", "passport"], vec!["", "Passport", "visa"]),
            (
                Field::Line(5),
                vec!["a", "Zoë", "日本語", "ا ب", "💩"],
                vec!["", "abcdef", "a\0", "a\nb", "a\u{85}", "a\u{202E}b"],
            ),
            (Field::Lines(5), vec!["a\nb", "a\r\nb"], vec!["", "a\tb", "abcdef"]),
        ] {
            for text in good {
                assert!(takes(field, text), "{field:?} {text:?}");
            }
            for text in bad {
                assert!(!takes(field, text), "{field:?} {text:?}");
            }
            assert!(field.check(&Json::Bool(true), Timestamp::default()).is_err());
        }
        assert!(!takes(Field::Email, &format!("{long}@b.de")));
        assert!(!takes(Field::Email, &format!("a@{long}.de")));
    }

    #[test]
    fn metadata_are_plain_pairs_and_few() {
        let check = |text: &str| {
            let value = Json::parse(text.as_bytes()).unwrap();
            Field::Metadata.check(&value, Timestamp::default())
        };
        let pairs = |count: usize| {
            let pairs: Vec<_> = (0..count).map(|n| format!("\"k{n}\":{n}")).collect();
            format!("{{{}}}", pairs.join(","))
        };
        assert!(check(r#"{"a":"b","c":1.50,"d":null,"e":false}"#).is_ok());
        assert!(check(&pairs(50)).is_ok());
        assert_eq!(check(&pairs(51)).unwrap_err().bound, Some((50, 51)));
        for bad in ["[]", "7", r#"{"":1}"#, r#"{"a":{}}"#, r#"{"a":[]}"#, r#"{"a\u0000":1}"#] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
