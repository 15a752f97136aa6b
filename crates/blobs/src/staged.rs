//! A blob that is whole and sealed, and becomes durable when it is published.

use dossier_domain::ByteCount;
use dossier_seal::Digest;

use crate::draft::Draft;
use crate::error::PublishError;
use crate::flight::Flight;
use crate::job::End;
use crate::local::Blobs;
use crate::location::Location;
use crate::publisher::Sealed;

/// A blob that is whole and sealed. It has no location yet; dropped, it leaves nothing.
#[must_use = "a staged blob is lost unless it is published"]
#[derive(Debug)]
pub struct Staged {
    blobs: Blobs,
    flight: Flight,
    /// What is on the disk already.
    draft: Option<Draft>,
    /// What follows it.
    end: Box<End>,
    len: u64,
}

/// A blob that survives a power cut, and that no row names yet. It is in flight until this is
/// dropped: hold it until the row is committed, or known not to be.
#[must_use = "the blob is in flight until this is dropped"]
#[derive(Debug)]
pub struct Published {
    location: Location,
    _flight: Flight,
}

impl Staged {
    pub(crate) fn new(
        blobs: Blobs,
        flight: Flight,
        draft: Option<Draft>,
        (end, len): (End, u64),
    ) -> Self {
        Self { blobs, flight, draft, end: Box::new(end), len }
    }

    /// The length of the text.
    #[must_use]
    pub const fn size(&self) -> ByteCount {
        ByteCount(self.len)
    }

    /// The SHA-256 of the text.
    #[must_use]
    pub const fn sha256(&self) -> Digest {
        self.end.sha256
    }

    /// Makes the bytes and then their name durable. An error is final: the bytes are erased.
    ///
    /// Should the caller be dropped meanwhile, the blob may lie there unnamed, for a sweep.
    pub async fn publish(self) -> Result<Published, PublishError> {
        let Self { blobs, flight, draft, end, len: _ } = self;
        Ok(blobs.publisher.publish(Sealed { flight, draft, end: end.rows }).await?)
    }

    /// Erases the bytes, and returns when they are gone.
    pub async fn abandon(self) {
        if let Some(draft) = self.draft {
            draft.erase().await;
        }
    }
}

impl Published {
    pub(crate) const fn new(location: Location, flight: Flight) -> Self {
        Self { location, _flight: flight }
    }

    /// Where the blob lies.
    #[must_use]
    pub const fn location(&self) -> &Location {
        &self.location
    }
}
