//! What a client says a file is: the declared media type and the filename's extension.

use dossier_media::{Foreign, Group, MediaType};

/// What a declared type or a known extension stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// One of the accepted types.
    Type(MediaType),
    /// Some type of an accepted group that has no canonical name here: `video/vnd.example`.
    Group(Group),
    /// A type that no purpose takes.
    Foreign,
}

impl Meaning {
    /// Whether bytes of `found` may go by this name.
    pub(crate) fn agrees(self, found: MediaType) -> bool {
        match self {
            Self::Type(t) => t.group() == found.group(),
            Self::Group(g) => g == found.group(),
            Self::Foreign => false,
        }
    }

    /// Whether bytes that are never accepted may go by this name: one of a type that is accepted
    /// as little, or of the kind of film they are. What has no type of its own contradicts none.
    pub(crate) fn agrees_with_foreign(self, found: Foreign) -> bool {
        let group = match self {
            Self::Type(t) => t.group(),
            Self::Group(g) => g,
            Self::Foreign => return true,
        };
        let film = group == Group::Video && found.essence.starts_with("video/");
        let own = MediaType::from_essence(found.essence).is_some_and(|t| t.group() == group);
        film || own || found.essence == "application/octet-stream"
    }

    /// Whether the name, though of the right group, says another type than was found.
    pub(crate) fn mismatches(self, found: MediaType) -> bool {
        match self {
            Self::Type(t) => family(t) != family(found),
            Self::Group(_) | Self::Foreign => false,
        }
    }
}

/// HEIC is HEIF by another brand: phones and libraries use the names for each other.
fn family(media_type: MediaType) -> MediaType {
    if matches!(media_type, MediaType::Heic | MediaType::HeifSequence) {
        MediaType::Heif
    } else {
        media_type
    }
}

/// Other names of accepted types.
const ALIASES: [(&str, MediaType); 14] = [
    ("image/x-ms-bmp", MediaType::Bmp),
    ("image/x-bmp", MediaType::Bmp),
    ("image/jpg", MediaType::Jpeg),
    ("image/pjpeg", MediaType::Jpeg),
    ("image/x-png", MediaType::Png),
    ("application/x-pdf", MediaType::Pdf),
    ("video/x-m4v", MediaType::Mp4),
    ("video/avi", MediaType::Avi),
    ("video/msvideo", MediaType::Avi),
    ("video/matroska", MediaType::Matroska),
    ("video/x-ms-wmv", MediaType::Asf),
    ("video/vnd.dlna.mpeg-tts", MediaType::MpegTs),
    ("video/mp2p", MediaType::Mpeg),
    ("video/theora", MediaType::Ogg),
];

/// What a declared `type/subtype` (lower-case, without parameters) means; `None` when it says
/// nothing, so that the bytes decide alone.
pub(crate) fn declared(essence: &str) -> Option<Meaning> {
    let alias = || ALIASES.iter().find(|(name, _)| *name == essence).map(|(_, t)| *t);
    if essence == "application/octet-stream" {
        None
    } else if let Some(known) = MediaType::from_essence(essence).or_else(alias) {
        Some(Meaning::Type(known))
    } else {
        match essence.split_once('/') {
            Some(("video", subtype)) if subtype != "*" => Some(Meaning::Group(Group::Video)),
            Some(_) | None => Some(Meaning::Foreign),
        }
    }
}

/// Extensions of accepted types.
const EXTENSIONS: [(&[&str], MediaType); 19] = [
    (&["bmp", "dib"], MediaType::Bmp),
    (&["jpg", "jpeg", "jpe", "jfif"], MediaType::Jpeg),
    (&["png"], MediaType::Png),
    (&["heic", "heics"], MediaType::Heic),
    (&["heif", "heifs", "hif"], MediaType::Heif),
    (&["pdf"], MediaType::Pdf),
    (&["json"], MediaType::Json),
    (&["mp4", "m4v", "mp4v"], MediaType::Mp4),
    (&["mov", "qt"], MediaType::QuickTime),
    (&["3gp", "3gpp"], MediaType::ThreeGpp),
    (&["3g2", "3gp2", "3gpp2"], MediaType::ThreeGpp2),
    (&["webm"], MediaType::WebM),
    (&["mkv", "mk3d"], MediaType::Matroska),
    (&["avi"], MediaType::Avi),
    (&["mpg", "mpeg", "mpe", "m1v", "m2v", "mpv", "vob"], MediaType::Mpeg),
    (&["ts", "mts", "m2ts", "m2t"], MediaType::MpegTs),
    (&["ogv", "ogg", "ogm", "ogx"], MediaType::Ogg),
    (&["asf", "wmv"], MediaType::Asf),
    (&["flv", "f4v"], MediaType::Flv),
];

/// Extensions of types that are never accepted, so that a lie in the name is seen. Endings that
/// people write without meaning a type (`.com`, `.txt`, dates) are left out on purpose.
const FOREIGN_EXTENSIONS: &[&str] = &[
    "7z", "aac", "apk", "app", "avif", "bat", "bz2", "cab", "class", "cmd", "cpl", "dll", "dmg",
    "doc", "docm", "docx", "dotm", "elf", "epub", "exe", "flac", "gif", "gz", "hta", "htm", "html",
    "ico", "iso", "jar", "js", "jse", "jsp", "jxl", "lnk", "m4a", "m4b", "mp3", "msi", "mxf",
    "odp", "ods", "odt", "oga", "opus", "php", "phtml", "pif", "ppt", "pptm", "pptx", "ps", "ps1",
    "psd", "py", "rar", "rm", "rmvb", "rtf", "scr", "sh", "so", "svg", "svgz", "swf", "tar", "tgz",
    "tif", "tiff", "vbe", "vbs", "wasm", "wav", "webp", "wma", "wsf", "xhtml", "xls", "xlsm",
    "xlsx", "xml", "xz", "zip", "zst",
];

/// What an extension means; `None` for one that is not known, which is no evidence.
pub(crate) fn extension(text: &str) -> Option<Meaning> {
    let lower = text.to_ascii_lowercase();
    let known = EXTENSIONS.iter().find(|(names, _)| names.contains(&lower.as_str()));
    match known {
        Some((_, media_type)) => Some(Meaning::Type(*media_type)),
        None => FOREIGN_EXTENSIONS.contains(&lower.as_str()).then_some(Meaning::Foreign),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_types_mean_what_the_contract_says() {
        assert_eq!(declared("application/octet-stream"), None);
        for (name, found, agrees, mismatches) in [
            ("image/jpeg", MediaType::Jpeg, true, false),
            ("image/jpg", MediaType::Png, true, true),
            ("image/heic", MediaType::Heif, true, false),
            ("image/png", MediaType::Pdf, false, true),
            ("image/gif", MediaType::Png, false, false),
            ("video/x-unheard-of", MediaType::Avi, true, false),
            ("video/*", MediaType::Mp4, false, false),
            ("*/*", MediaType::Mp4, false, false),
            ("text/plain", MediaType::Json, false, false),
            ("", MediaType::Json, false, false),
        ] {
            let meaning = declared(name).unwrap();
            assert_eq!(meaning.agrees(found), agrees, "{name}");
            assert_eq!(agrees && meaning.mismatches(found), agrees && mismatches, "{name}");
        }
    }

    #[test]
    fn bytes_that_nobody_takes_agree_with_names_that_claim_no_more() {
        for (name, essence, agrees) in [
            ("application/pdf", "text/plain", false),
            ("application/pdf", "application/pdf", true),
            ("application/pdf", "application/octet-stream", true),
            ("image/jpeg", "image/webp", false),
            ("image/webp", "image/webp", true),
            ("text/plain", "application/zip", true),
            ("video/x-dv", "video/x-dv", true),
            ("video/mp4", "video/x-dv", true),
            ("video/mp4", "audio/mp4", false),
            ("application/json", "text/html", false),
        ] {
            let found = Foreign { name: "x", essence };
            let meaning = declared(name).unwrap();
            assert_eq!(meaning.agrees_with_foreign(found), agrees, "{name} {essence}");
        }
    }

    #[test]
    fn known_extensions_speak_and_others_do_not() {
        assert_eq!(extension("JPG"), Some(Meaning::Type(MediaType::Jpeg)));
        assert_eq!(extension("exe"), Some(Meaning::Foreign));
        for nothing in ["com", "txt", "12", "scan", "final version"] {
            assert_eq!(extension(nothing), None, "{nothing}");
        }
    }
}
