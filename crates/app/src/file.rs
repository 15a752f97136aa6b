//! A stored file as clients see it.

use dossier_db::FileRow;
use dossier_domain::{ByteCount, Code, ContentCheck, FileId, Purpose, Timestamp, UserId};
use dossier_media::{Facts, MediaType};

/// One uploaded document.
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    /// Its id.
    pub id: FileId,
    /// Its name, exactly as received.
    pub name: String,
    /// Its canonical type, found in the bytes.
    pub media_type: MediaType,
    /// Its size.
    pub size: ByteCount,
    /// Its purpose.
    pub purpose: Purpose,
    /// When its row was made.
    pub created_at: Timestamp,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// Where it stands.
    pub status: FileStatus,
    /// What a client may want to know.
    pub warnings: Vec<Code>,
    /// How much of the content was checked.
    pub checked: ContentCheck,
    /// Facts from the headers of the content.
    pub facts: Facts,
    /// The user whose verification it is part of.
    pub user_id: Option<UserId>,
}

/// Where a file stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileStatus {
    /// Every check is done; contents can be read.
    Ready,
    /// A check still runs.
    Processing,
    /// A check failed; the bytes are gone.
    Rejected,
}

impl FileStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Ready, Self::Processing, Self::Rejected];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Processing => "processing",
            Self::Rejected => "rejected",
        }
    }

    /// The status with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// Filenames never reach a log by way of `Debug`.
impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "File({}, {})", self.id, self.status.name())
    }
}

/// A row holds a word that this version does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a file row holds an unknown {0}")]
pub struct UnknownWord(&'static str);

impl TryFrom<FileRow> for File {
    type Error = UnknownWord;

    fn try_from(row: FileRow) -> Result<Self, UnknownWord> {
        let (purpose, status) = (purpose_of(&row)?, status_of(&row)?);
        Ok(Self {
            id: row.file_id,
            name: row.name,
            media_type: MediaType::from_essence(&row.media_type)
                .ok_or(UnknownWord("media type"))?,
            size: row.size,
            purpose,
            created_at: row.created_at,
            sha256: row.sha256,
            status,
            warnings: read_warnings(&row.warnings).ok_or(UnknownWord("warning"))?,
            checked: ContentCheck::from_name(&row.checked).ok_or(UnknownWord("check level"))?,
            facts: row
                .facts
                .map_or(Some(Facts::default()), |facts| read_facts(&facts))
                .ok_or(UnknownWord("fact"))?,
            user_id: row.user_id,
        })
    }
}

/// What the file of a row was uploaded for.
pub(crate) fn purpose_of(row: &FileRow) -> Result<Purpose, UnknownWord> {
    row.purpose.parse().map_err(|_| UnknownWord("purpose"))
}

/// Where the file of a row stands.
pub(crate) fn status_of(row: &FileRow) -> Result<FileStatus, UnknownWord> {
    FileStatus::from_name(&row.status).ok_or(UnknownWord("status"))
}

/// The warnings as the row keeps them.
pub(crate) fn write_warnings(warnings: &[Code]) -> String {
    warnings.iter().map(|c| c.name()).collect::<Vec<_>>().join(" ")
}

fn read_warnings(text: &str) -> Option<Vec<Code>> {
    text.split_whitespace().map(Code::from_name).collect()
}

/// The facts as the row keeps them: `name=number`, separated by spaces.
pub(crate) fn write_facts(facts: &Facts) -> Option<String> {
    let numbers = [
        ("width", facts.width.map(u64::from)),
        ("height", facts.height.map(u64::from)),
        ("pages", facts.pages.map(u64::from)),
        ("duration_ms", facts.duration_ms),
    ];
    let known = numbers.into_iter().filter_map(|(name, n)| n.map(|n| format!("{name}={n}")));
    let text = known.collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

fn read_facts(text: &str) -> Option<Facts> {
    let mut facts = Facts::default();
    for pair in text.split(' ') {
        let (name, number) = pair.split_once('=')?;
        let number: u64 = number.parse().ok()?;
        match name {
            "width" => facts.width = Some(number.try_into().ok()?),
            "height" => facts.height = Some(number.try_into().ok()?),
            "pages" => facts.pages = Some(number.try_into().ok()?),
            "duration_ms" => facts.duration_ms = Some(number),
            // What a later version found besides, this one can do without.
            _unknown => {}
        }
    }
    Some(facts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CheckFile, FileStart, Part};

    #[test]
    fn warnings_read_back_what_they_wrote_and_unknown_ones_are_not_dropped() {
        let warnings = [Code::FileTypeMismatch, Code::FilePdfRestricted];
        assert_eq!(read_warnings(&write_warnings(&warnings)).as_deref(), Some(warnings.as_slice()));
        assert_eq!(read_warnings(""), Some(Vec::new()));
        assert_eq!(read_warnings("file.type.mismatch file.of.tomorrow"), None);
    }

    #[test]
    fn nothing_that_a_client_calls_a_file_shows_in_debug_output() {
        let name = || "Qanary-name".to_owned();
        let file = File {
            id: FileId::from_bytes([7; 16]),
            name: name(),
            media_type: MediaType::Pdf,
            size: ByteCount(15),
            purpose: Purpose::Passport,
            created_at: Timestamp::from_micros(0),
            sha256: [0; 32],
            status: FileStatus::Ready,
            warnings: Vec::new(),
            checked: ContentCheck::Structure,
            facts: Facts::default(),
            user_id: None,
        };
        let check = CheckFile {
            purpose: name(),
            name: name(),
            size: ByteCount(15),
            declared: Some(name()),
            head: Some(name().into_bytes()),
        };
        let start = FileStart { name: Some(name()), declared: Some(name()), sha256: None };
        let parts = [
            Part::Purpose(name()),
            Part::FileStart(start),
            Part::Chunk(name().into_bytes().into()),
            Part::FileEnd,
        ];
        let shown = format!("{file:?} {check:?} {parts:?}");
        assert_eq!(
            shown,
            "File(07070707-0707-0707-0707-070707070707, ready) CheckFile(15 bytes) \
             [Purpose(…), FileStart(…), Chunk(11 bytes), FileEnd]"
        );
    }

    #[test]
    fn facts_read_back_what_they_wrote_and_those_of_tomorrow_are_passed_over() {
        let facts = Facts { width: Some(3), pages: Some(1), ..Facts::default() };
        assert_eq!(write_facts(&facts).as_deref(), Some("width=3 pages=1"));
        assert_eq!(read_facts("width=3 pages=1"), Some(facts));
        let facts = Facts { height: Some(u32::MAX), duration_ms: Some(u64::MAX), ..facts };
        assert_eq!(read_facts(&write_facts(&facts).unwrap()), Some(facts));
        assert_eq!(read_facts("width=3 depth=1"), read_facts("width=3"));
        for text in ["", "width", "width=", "width=x", "width=-1", "width=4294967296"] {
            assert_eq!(read_facts(text), None, "{text}");
        }
        assert_eq!(write_facts(&Facts::default()), None);
    }
}
