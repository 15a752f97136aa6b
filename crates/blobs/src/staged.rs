//! A blob that is whole and sealed, and becomes durable when it is published.

use std::io;

use dossier_domain::ByteCount;
use tokio::task::spawn_blocking;

use crate::buffer::RowBuffer;
use crate::draft::Draft;
use crate::error::{PublishError, joined};
use crate::flight::Flight;
use crate::local::Blobs;
use crate::location::Location;

/// A blob that is whole and sealed. It has no location yet; dropped, it leaves nothing.
#[must_use = "a staged blob is lost unless it is published"]
#[derive(Debug)]
pub struct Staged {
    blobs: Blobs,
    flight: Flight,
    /// What is on the disk already.
    draft: Option<Draft>,
    /// What follows it.
    end: RowBuffer,
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
    pub(crate) fn in_memory(blobs: &Blobs, flight: Flight, end: RowBuffer, len: u64) -> Self {
        Self { blobs: blobs.clone(), flight, draft: None, end, len }
    }

    pub(crate) fn on_disk(
        blobs: Blobs,
        flight: Flight,
        draft: Draft,
        (end, len): (RowBuffer, u64),
    ) -> Self {
        Self { blobs, flight, draft: Some(draft), end, len }
    }

    /// The length of the text.
    #[must_use]
    pub const fn size(&self) -> ByteCount {
        ByteCount(self.len)
    }

    /// Makes the bytes and then their name durable. An error is final: the bytes are erased.
    ///
    /// Should the caller be dropped meanwhile, the blob may lie there unnamed, for a sweep.
    pub async fn publish(self) -> Result<Published, PublishError> {
        let Self { blobs, flight, draft, end, len: _ } = self;
        let permit = blobs.publishing.acquire_owned().await.map_err(io::Error::other)?;
        let folders = blobs.folders;
        let publishing = spawn_blocking(move || {
            let _permit = permit;
            let mut draft = match draft {
                Some(draft) => draft,
                None => Draft::create(&folders, flight.blob())?,
            };
            draft.write_end(end)?;
            Ok(Published { location: draft.publish()?, _flight: flight })
        });
        Ok(joined(publishing.await)?)
    }

    /// Erases the bytes, and returns when they are gone.
    pub async fn abandon(self) {
        if let Some(draft) = self.draft {
            draft.erase().await;
        }
    }
}

impl Published {
    /// Where the blob lies.
    #[must_use]
    pub const fn location(&self) -> &Location {
        &self.location
    }
}
