//! Sentences for the person who uploads, by language. A further language is one more data file.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::{ByteCount, Code};

/// The languages with a message file: tag (RFC 5646 primary language) and text, English first.
const FILES: [(&str, &str); 2] = [
    ("en", include_str!("../data/messages.en.txt")),
    ("de", include_str!("../data/messages.de.txt")),
];

/// A language that messages exist in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Language(usize);

/// Which sentence of a code that has several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Variant {
    /// The code has one sentence.
    #[default]
    Only,
    /// The purpose takes photos and PDFs.
    Document,
    /// The purpose takes videos.
    Video,
    /// The purpose takes PDF and JSON.
    Report,
    /// The purpose takes photos, PDFs and videos.
    Any,
}

impl Language {
    /// Every language there is, English first.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..FILES.len()).map(Self)
    }

    /// The primary language tag, lower-case.
    #[must_use]
    pub fn tag(self) -> &'static str {
        FILES.get(self.0).map_or("en", |(tag, _)| tag)
    }

    /// The best language for an `Accept-Language` value (RFC 9110, section 12.5.4): the highest
    /// quality wins, the first of equals; English where nothing fits.
    #[must_use]
    pub fn accepted(header: &str) -> Self {
        let mut best: Option<(u16, Self)> = None;
        for range in header.split(',').take(Self::RANGES_MAX) {
            let mut fields = range.split(';').map(str::trim);
            let tag = fields.next().unwrap_or_default();
            let quality = fields.find_map(|f| f.strip_prefix("q=")).map_or(1000, quality);
            let primary = tag.split('-').next().unwrap_or_default();
            let language = Self::all().find(|l| l.tag().eq_ignore_ascii_case(primary));
            if let Some(language) = language.filter(|_| quality > 0)
                && best.is_none_or(|(q, _)| quality > q)
            {
                best = Some((quality, language));
            }
        }
        best.map(|(_, language)| language).unwrap_or_default()
    }

    /// No more ranges than this are read of one header.
    const RANGES_MAX: usize = 32;
}

/// A quality value in thousandths; a malformed one counts as 0.
fn quality(text: &str) -> u16 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{fraction:0<3}");
    match (whole, digits.get(..3).and_then(|d| d.parse::<u16>().ok())) {
        ("1", _) => 1000,
        ("0", Some(thousandths)) => thousandths,
        _ => 0,
    }
}

type Table = HashMap<(usize, &'static str), &'static str>;

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let lines = FILES.iter().enumerate().flat_map(|(language, (_, text))| {
            text.lines().filter(|l| !l.starts_with('#')).map(move |l| (language, l))
        });
        lines
            .filter_map(|(language, line)| {
                line.split_once(" = ").map(|(key, text)| ((language, key), text))
            })
            .collect()
    })
}

/// The sentence for `code` in `language`; `limit` fills its place where the sentence has one.
#[must_use]
pub fn user_message(
    code: Code,
    variant: Variant,
    limit: Option<ByteCount>,
    language: Language,
) -> String {
    let suffix = match variant {
        Variant::Only => "",
        Variant::Document => "#document",
        Variant::Video => "#video",
        Variant::Report => "#report",
        Variant::Any => "#any",
    };
    let text = sentence(&format!("{}{suffix}", code.name()), language);
    match limit {
        Some(limit) => text.replace("{limit}", &round_size(limit)),
        None => text.to_owned(),
    }
}

/// The sentence with this key; empty when there is none, which a test rules out.
pub(crate) fn sentence(key: &str, language: Language) -> &'static str {
    table().get(&(language.0, key)).copied().unwrap_or_default()
}

/// A size as people say it: `200 MB`, `15 bytes`. One MB is 1,048,576 bytes, as phones count.
fn round_size(size: ByteCount) -> String {
    match size.get() {
        n if n >= 1 << 20 => format!("{} MB", n >> 20),
        n if n >= 1 << 10 => format!("{} KB", n >> 10),
        n => format!("{n} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::ReasonCode;

    const VARIED: [Variant; 4] = [Variant::Document, Variant::Video, Variant::Report, Variant::Any];

    #[test]
    fn every_code_has_a_sentence_in_every_language_and_no_sentence_is_without_code() {
        let mut known = 0;
        for language in Language::all() {
            for code in Code::ALL {
                let varied = *code == Code::FileTypeNotPermitted;
                let variants: &[Variant] = if varied { &VARIED } else { &[Variant::Only] };
                for variant in variants {
                    let text = user_message(*code, *variant, Some(ByteCount(200 << 20)), language);
                    assert!(text.ends_with('.'), "{} {code} {variant:?}", language.tag());
                    assert!(!text.contains('{'), "{text}");
                    known += 1;
                }
            }
        }
        let known = known + Language::all().count() * ReasonCode::ALL.len();
        assert_eq!(table().len(), known, "a message file has a line for no code");
    }

    #[test]
    fn the_best_accepted_language_wins() {
        for (header, tag) in [
            ("", "en"),
            ("de", "de"),
            ("de-AT,en;q=0.9", "de"),
            ("fr, de;q=0.5, en;q=0.4", "de"),
            ("en;q=0.1, de;q=0.9", "de"),
            ("de;q=0", "en"),
            ("DE;q=x", "en"),
            ("*", "en"),
        ] {
            assert_eq!(Language::accepted(header).tag(), tag, "{header}");
        }
    }

    #[test]
    fn a_limit_is_said_as_people_say_it() {
        let text = user_message(
            Code::FileSizeTooLarge,
            Variant::Only,
            Some(ByteCount(209_715_200)),
            Language::default(),
        );
        assert_eq!(text, "This file is too large. The limit is 200 MB.");
    }
}
