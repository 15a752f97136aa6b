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
/// `found` is the media type of a file that is something else than it is called, which only the
/// codes of types have sentences for: they name it where there are plain words for it.
#[must_use]
pub fn user_message(
    code: Code,
    variant: Variant,
    limit: Option<ByteCount>,
    found: Option<&str>,
    language: Language,
) -> String {
    let suffix = match variant {
        Variant::Only => "",
        Variant::Document => "#document",
        Variant::Video => "#video",
        Variant::Report => "#report",
        Variant::Any => "#any",
    };
    let key = format!("{}{suffix}", code.name());
    if let Some(words) = found.and_then(|found| plain_words(found, language)) {
        return sentence(&format!("{key}#found"), language).replace("{found}", words);
    }
    let text = sentence(&key, language);
    match limit {
        Some(limit) => text.replace("{limit}", &round_size(limit)),
        None => text.to_owned(),
    }
}

/// What people call files of this media type, else of its family.
fn plain_words(essence: &str, language: Language) -> Option<&'static str> {
    let family = essence.split('/').next().unwrap_or_default();
    let words = |name: &str| table().get(&(language.0, format!("found.{name}").as_str())).copied();
    words(essence).or_else(|| words(family))
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
    use std::collections::BTreeSet;

    use dossier_media::MediaType;

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
                    let limit = Some(ByteCount(200 << 20));
                    let text = user_message(*code, *variant, limit, None, language);
                    assert!(text.ends_with('.'), "{} {code} {variant:?}", language.tag());
                    assert!(!text.contains('{'), "{text}");
                    known += 1;
                    if matches!(code, Code::FileTypeNotPermitted | Code::FileTypeDisagrees) {
                        let found = user_message(*code, *variant, None, Some("text/x"), language);
                        assert!(found.len() > text.len() && !found.contains('{'), "{found}");
                        known += 1;
                    }
                }
            }
        }
        let known = known + Language::all().count() * ReasonCode::ALL.len();
        let words = table().keys().filter(|(_, key)| key.starts_with("found.")).count();
        assert_eq!(table().len() - words, known, "a message file has a line for no code");
    }

    #[test]
    fn there_are_the_same_words_for_what_a_file_is_in_every_language() {
        let words = |language: Language| {
            let own = table().keys().filter(|(of, key)| *of == language.0 && key.contains("found"));
            own.map(|(_, key)| *key).collect::<BTreeSet<_>>()
        };
        for language in Language::all() {
            assert_eq!(words(language), words(Language::default()), "{}", language.tag());
            for media_type in MediaType::ALL {
                assert!(plain_words(media_type.essence(), language).is_some(), "{media_type:?}");
            }
        }
    }

    #[test]
    fn a_file_that_is_not_what_it_is_called_is_named_in_plain_words() {
        let (english, german) = (Language(0), Language(1));
        let refused = |found, language| {
            let (code, variant) = (Code::FileTypeNotPermitted, Variant::Document);
            user_message(code, variant, None, Some(found), language)
        };
        for (found, start) in [
            ("text/plain", "This file is not what it claims to be: it is a text file. "),
            ("image/webp", "This file is not what it claims to be: it is a picture (WebP). "),
            ("image/x-unheard-of", "This file is not what it claims to be: it is a picture. "),
            ("audio/mp4", "This file is not what it claims to be: it is a sound recording. "),
            ("application/x-unheard-of", ""),
        ] {
            let ask = "Please choose a photo (JPEG, PNG, HEIC or BMP) or a PDF.";
            assert_eq!(refused(found, english), format!("{start}{ask}"));
        }
        assert_eq!(
            refused("text/plain", german),
            "Diese Datei ist nicht, was sie zu sein vorgibt: Es ist eine Textdatei. Bitte wählen \
             Sie ein Foto (JPEG, PNG, HEIC oder BMP) oder ein PDF."
        );
        let code = Code::FileTypeDisagrees;
        assert_eq!(
            user_message(code, Variant::Only, None, Some("image/jpeg"), english),
            "This file is not what it claims to be: it is a photo (JPEG). Please choose the \
             original file."
        );
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
            None,
            Language::default(),
        );
        assert_eq!(text, "This file is too large. The limit is 200 MB.");
    }
}
