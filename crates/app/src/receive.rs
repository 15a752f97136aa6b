//! The first half of an upload: reads the parts in either order and stages the file.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use dossier_blobs::{StageError, Staged, Staging};
use dossier_domain::{BlobId, ByteCount, Claim, ClientId};
use dossier_media::{Verdict, Walker};
use dossier_seal::{Digest, FileKey, Header, Sealer, SecretKey, WrappedKey};
use futures_util::{Stream, StreamExt};

use crate::client_keys::EnvelopeError;
use crate::idempotency::fingerprint;
use crate::tap::{IntakeTap, Seen};
use crate::{App, FileStart, Part, PartName, UploadError};

/// The most bytes of a refused file that are read and discarded.
const SKIM_BYTES_MAX: usize = 4 << 20;
/// The longest time that a refused file is read and discarded.
const SKIM_TIME_MAX: Duration = Duration::from_secs(1);

/// Everything a door brought.
pub(crate) struct Received {
    pub(crate) purpose: Option<String>,
    pub(crate) file: Option<ReceivedFile>,
}

/// A file that was read to its end, or given up before it.
pub(crate) struct ReceivedFile {
    pub(crate) draft: Draft,
    pub(crate) verdict: Verdict,
    /// `None` when the tap broke off: the file is refused whatever would follow.
    pub(crate) staged: Option<Staged>,
}

/// What is known of a file before it is judged.
pub(crate) struct Draft {
    pub(crate) start: FileStart,
    pub(crate) size: ByteCount,
    pub(crate) blob_id: BlobId,
    pub(crate) key: FileKey,
    pub(crate) wrapped_key: WrappedKey,
    pub(crate) key_holder: String,
}

impl Draft {
    /// What its client claims of it.
    pub(crate) fn claim<'a>(&'a self, purpose: Option<&'a str>) -> Claim<'a> {
        Claim {
            purpose,
            name: self.start.name.as_deref(),
            declared: self.start.declared.as_deref(),
            sha256: self.start.sha256,
        }
    }

    /// What must be the same for an idempotent answer to be given again.
    pub(crate) fn fingerprint(&self, purpose: &str, sha256: Digest) -> [u8; 32] {
        let name = self.start.name.as_deref().unwrap_or_default();
        fingerprint(purpose, name, &sha256.0)
    }
}

impl App {
    /// Reads `parts` to the end, or until the file is refused whatever follows. After an error
    /// nothing is left of the bytes.
    pub(crate) async fn receive<S, E>(
        &self,
        client_id: ClientId,
        parts: &mut S,
    ) -> Result<Received, UploadError<E>>
    where
        S: Stream<Item = Result<Part, E>> + Send + Unpin,
        E: Send,
    {
        let mut received = Received { purpose: None, file: None };
        let Err(error) = self.receive_into(&mut received, client_id, parts).await else {
            return Ok(received);
        };
        if let Some(staged) = received.file.and_then(|file| file.staged) {
            staged.abandon().await;
        }
        Err(error)
    }

    async fn receive_into<S, E>(
        &self,
        received: &mut Received,
        client_id: ClientId,
        parts: &mut S,
    ) -> Result<(), UploadError<E>>
    where
        S: Stream<Item = Result<Part, E>> + Send + Unpin,
        E: Send,
    {
        while let Some(part) = parts.next().await {
            match part.map_err(UploadError::Door)? {
                Part::Purpose(text) => {
                    if received.purpose.replace(text).is_some() {
                        return Err(UploadError::PartRepeated(PartName::Purpose));
                    }
                }
                Part::FileStart(_) if received.file.is_some() => {
                    return Err(UploadError::PartRepeated(PartName::File));
                }
                Part::FileStart(start) => {
                    let file = self.stage_file(client_id, start, parts).await?;
                    let refused = file.staged.is_none();
                    received.file = Some(file);
                    if refused {
                        let skim = skim(received, parts);
                        let skimmed = tokio::time::timeout(SKIM_TIME_MAX, skim).await;
                        return match (skimmed, &received.purpose) {
                            (Ok(Skimmed::ToTheEnd), None) => {
                                Err(UploadError::PartMissing(PartName::Purpose))
                            }
                            (Ok(Skimmed::Repeated(part)), _) => {
                                Err(UploadError::PartRepeated(part))
                            }
                            (Ok(Skimmed::ToTheEnd | Skimmed::InPart) | Err(_), _) => Ok(()),
                        };
                    }
                }
                // The chunks of a file end with it; a door sends none outside.
                Part::Chunk(_) | Part::FileEnd => {}
            }
        }
        Ok(())
    }

    async fn stage_file<S, E>(
        &self,
        client_id: ClientId,
        start: FileStart,
        parts: &mut S,
    ) -> Result<ReceivedFile, UploadError<E>>
    where
        S: Stream<Item = Result<Part, E>> + Send + Unpin,
        E: Send,
    {
        let flight = self.blobs.begin(|| self.new_blob_id()).map_err(StageError::from)?;
        let blob_id = flight.blob();
        let key = FileKey::generate(&*self.entropy);
        let ids = (client_id, blob_id);
        let wrapped = self.client_keys.wrap(&self.db, &*self.entropy, ids, &key).await;
        let (wrapped_key, key_holder) = wrapped.map_err(UploadError::from)?;
        let sealer = Sealer::new(&key, Header::new(blob_id.to_bytes(), &*self.entropy));
        let walker = Walker::new(self.limits.media, self.walker_budget.clone());
        let tap = IntakeTap::new(walker, self.limits.size_max, self.content_check);
        let mut chunks = FileChunks { parts, ended: false };
        let staging = self.blobs.stage(flight, sealer, &mut chunks, tap).await;
        let (staged, tap) = match staging.map_err(UploadError::from)? {
            Staging::Whole { staged, tap } => (Some(staged), tap),
            Staging::Stopped { tap } => (None, tap),
        };
        let Seen { size, verdict } = tap.finish();
        let draft = Draft { start, size, blob_id, key, wrapped_key, key_holder };
        Ok(ReceivedFile { draft, verdict, staged })
    }
}

/// How much of the rest was read after a file was refused.
enum Skimmed {
    /// All of it: what has not come is missing.
    ToTheEnd,
    /// Not all of it, because it is long or at fault: the refusal stands already.
    InPart,
    /// As far as a part that had come before.
    Repeated(PartName),
}

/// Reads on for a moment after a file is refused: its client may not have named the purpose yet,
/// and one answer should name everything that is wrong.
async fn skim<S, E>(received: &mut Received, parts: &mut S) -> Skimmed
where
    S: Stream<Item = Result<Part, E>> + Send + Unpin,
{
    let mut left = SKIM_BYTES_MAX;
    while left > 0 {
        match parts.next().await {
            None => return Skimmed::ToTheEnd,
            Some(Err(_)) => return Skimmed::InPart,
            Some(Ok(Part::Purpose(text))) => {
                if received.purpose.replace(text).is_some() {
                    return Skimmed::Repeated(PartName::Purpose);
                }
            }
            Some(Ok(Part::FileStart(_))) => return Skimmed::Repeated(PartName::File),
            Some(Ok(Part::Chunk(bytes))) => left = left.saturating_sub(bytes.len()),
            Some(Ok(Part::FileEnd)) => {}
        }
    }
    Skimmed::InPart
}

/// The chunks of the file that has just started.
struct FileChunks<'a, S> {
    parts: &'a mut S,
    ended: bool,
}

impl<S, E> Stream for FileChunks<'_, S>
where
    S: Stream<Item = Result<Part, E>> + Unpin,
{
    type Item = Result<Bytes, E>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        match Pin::new(&mut *self.parts).poll_next(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Ok(Part::Chunk(bytes)))) => Poll::Ready(Some(Ok(bytes))),
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error))),
            Poll::Ready(None | Some(Ok(Part::FileEnd | Part::Purpose(_) | Part::FileStart(_)))) => {
                self.ended = true;
                Poll::Ready(None)
            }
        }
    }
}

impl<E> From<StageError<E>> for UploadError<E> {
    fn from(error: StageError<E>) -> Self {
        match error {
            StageError::Source(error) => Self::Door(error),
            StageError::Full => Self::StorageFull,
            StageError::Unavailable(error) => Self::Unavailable(error.to_string()),
        }
    }
}

impl<E> From<EnvelopeError> for UploadError<E> {
    fn from(error: EnvelopeError) -> Self {
        match error {
            EnvelopeError::Db(error) => error.into(),
            EnvelopeError::Unwrap | EnvelopeError::Missing => Self::Unavailable(error.to_string()),
        }
    }
}
