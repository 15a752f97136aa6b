//! A stored file as clients see it.

use dossier_domain::{ByteCount, Code, ContentCheck, FileId, Purpose, Timestamp, UserId};
use dossier_media::{Facts, MediaType};

/// One uploaded document.
#[derive(Clone, Debug, PartialEq, Eq)]
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
}
