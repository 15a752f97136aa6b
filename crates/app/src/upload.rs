//! The upload use case: stage, judge, publish, finish.

use dossier_blobs::{PublishError, Published, Staged};
use dossier_db::{DbError, FinishIdempotency, FinishUpload, NewFile, UploadOutcome};
use dossier_domain::{
    Accepted, AuditAction, AuditObject, ClientId, Evidence, FileId, Violations, judge, judge_digest,
};
use dossier_media::{Facts, Findings, ReadBack, Verdict};
use dossier_seal::{Digest, Opener};
use futures_util::{Stream, StreamExt};

use crate::file::{write_facts, write_warnings};
use crate::idempotency::{Attempt, IdempotencyKey};
use crate::outcome::find_outcome;
use crate::receive::{Draft, Received, ReceivedFile};
use crate::{App, File, FileStatus, FilesWrite, Part, PartName, Permit, ReadError};

/// One upload, as a door hands it over.
pub struct Upload<S> {
    /// The parts in order of arrival; read to the end even after the file is complete.
    pub parts: S,
    /// The idempotency key, if the client sent one.
    pub idempotency_key: Option<IdempotencyKey>,
}

/// A file that was taken in.
#[derive(Clone, Debug)]
pub enum TakenIn {
    /// By this upload.
    Now(File),
    /// By an earlier one with the same idempotency key, whose answer this is.
    Before(File),
}

impl TakenIn {
    /// The file, whenever it was taken in.
    #[must_use]
    pub fn file(self) -> File {
        match self {
            Self::Now(file) | Self::Before(file) => file,
        }
    }
}

/// Why an upload was not taken. Nothing is stored then, unless the outcome of a commit could not
/// be learned, which is [`UploadError::Unavailable`].
#[derive(Debug, thiserror::Error)]
pub enum UploadError<E> {
    /// The door's own stream failed: malformed, too slow, gone.
    #[error("the door failed")]
    Door(E),
    /// A part did not come.
    #[error("the part {} is missing", .0.as_str())]
    PartMissing(PartName),
    /// A part came twice.
    #[error("the part {} is repeated", .0.as_str())]
    PartRepeated(PartName),
    /// Rules were broken: all that are known.
    #[error("rules were broken")]
    Refused(Violations),
    /// An upload with this idempotency key is under way.
    #[error("an upload with this idempotency key is under way")]
    IdempotencyRunning,
    /// The idempotency key answered an upload of other content.
    #[error("the idempotency key was used for other content")]
    IdempotencyConflict,
    /// The key or token was revoked while the upload ran.
    #[error("the key or token was revoked")]
    CredentialRevoked,
    /// No room for the bytes or the row.
    #[error("storage is full")]
    StorageFull,
    /// Rows or bytes cannot be written now; the text is for the log.
    #[error("rows or bytes cannot be written: {0}")]
    Unavailable(String),
}

impl App {
    /// Takes one file in. Runs in a task of its own: a client that leaves is an error of
    /// `parts`, never a dropped future.
    ///
    /// # Errors
    /// [`UploadError`]
    pub async fn upload_file<S, E>(
        &self,
        permit: Permit<FilesWrite>,
        upload: Upload<S>,
    ) -> Result<TakenIn, UploadError<E>>
    where
        S: Stream<Item = Result<Part, E>> + Send + Unpin,
        E: Send,
    {
        let Upload { mut parts, idempotency_key } = upload;
        let attempt = self.claim(permit.client_id(), idempotency_key.as_ref()).await?;
        // Boxed, because a future that is handed on is laid out once for each hand.
        let work = Box::pin(self.take_in(&permit, &attempt, &mut parts));
        let taken = self.while_leased(&attempt, work).await;
        if taken.is_err() {
            self.release(&attempt).await;
        }
        taken
    }

    /// Stage, judge, publish, finish.
    async fn take_in<S, E>(
        &self,
        permit: &Permit<FilesWrite>,
        attempt: &Attempt,
        parts: &mut S,
    ) -> Result<TakenIn, UploadError<E>>
    where
        S: Stream<Item = Result<Part, E>> + Send + Unpin,
        E: Send,
    {
        let Received { purpose, file } = self.receive(permit.client_id(), parts).await?;
        let ReceivedFile { staged, verdict, draft } =
            file.ok_or(UploadError::PartMissing(PartName::File))?;
        let Some(staged) = staged else {
            return Err(self.refuse(purpose.as_deref(), &draft, verdict));
        };
        let Some(purpose) = purpose else {
            staged.abandon().await;
            return Err(UploadError::PartMissing(PartName::Purpose));
        };
        let sha256 = staged.sha256();
        if let Attempt::Answered { file_id, fingerprint } = attempt {
            staged.abandon().await;
            let same = draft.fingerprint(&purpose, sha256) == *fingerprint;
            if !same {
                return Err(UploadError::IdempotencyConflict);
            }
            if let Some(broken) = judge_digest(draft.start.sha256, Some(sha256.0)) {
                return Err(UploadError::Refused(broken.into()));
            }
            return Ok(TakenIn::Before(self.answer_again(permit.client_id(), *file_id).await?));
        }
        let fingerprint = draft.fingerprint(&purpose, sha256);
        let (judged, published) = self.judge_and_publish(&purpose, &draft, verdict, staged).await?;
        let file = self.new_file(permit.client_id(), draft, judged, &published);
        let answer = attempt.finish(self, fingerprint);
        Ok(TakenIn::Now(self.finish(permit, file, answer, published).await?))
    }

    /// A refused file is never published, unless its judge has to read it back.
    async fn judge_and_publish<E>(
        &self,
        purpose: &str,
        draft: &Draft,
        verdict: Verdict,
        staged: Staged,
    ) -> Result<(Judged, Published), UploadError<E>> {
        let sha256 = staged.sha256();
        match verdict {
            Verdict::Settled(findings) => match self.judge(purpose, draft, sha256, &findings) {
                Ok(judged) => Ok((judged, staged.publish().await?)),
                Err(violations) => {
                    staged.abandon().await;
                    Err(UploadError::Refused(violations))
                }
            },
            Verdict::NeedsReadBack(read_back) => {
                let published = staged.publish().await?;
                let judged = match self.look_again(draft, read_back, &published).await {
                    Ok(findings) => {
                        self.judge(purpose, draft, sha256, &findings).map_err(UploadError::Refused)
                    }
                    Err(error) => Err(UploadError::Unavailable(error.to_string())),
                };
                match judged {
                    Ok(judged) => Ok((judged, published)),
                    Err(error) => {
                        self.discard(published).await;
                        Err(error)
                    }
                }
            }
        }
    }

    /// Every rule of the domain, on a file that was read to its end.
    fn judge(
        &self,
        purpose: &str,
        draft: &Draft,
        sha256: Digest,
        findings: &Findings,
    ) -> Result<Judged, Violations> {
        let claim = draft.claim(Some(purpose));
        let evidence = Evidence { sha256: Some(sha256.0), ..self.evidence(draft, findings) };
        let accepted = judge(&claim, &evidence, &self.limits)?;
        Ok(Judged { accepted, facts: findings.facts, sha256 })
    }

    /// Every rule of the domain, on as much of a file as was read before it was given up.
    fn refuse<E>(&self, purpose: Option<&str>, draft: &Draft, verdict: Verdict) -> UploadError<E> {
        let findings = verdict.into_findings();
        let evidence = self.evidence(draft, &findings);
        match judge(&draft.claim(purpose), &evidence, &self.limits) {
            Err(violations) => UploadError::Refused(violations),
            Ok(_) => UploadError::Unavailable("a file that breaks no rule was given up".into()),
        }
    }

    fn evidence<'a>(&self, draft: &Draft, findings: &'a Findings) -> Evidence<'a> {
        Evidence {
            size: draft.size,
            kind: findings.kind,
            faults: &findings.faults,
            notes: &findings.notes,
            sha256: None,
            checked: self.content_check,
        }
    }

    /// Reads the published bytes back for a walker that needs them twice.
    async fn look_again(
        &self,
        draft: &Draft,
        mut read_back: ReadBack,
        published: &Published,
    ) -> Result<Findings, ReadError> {
        let size = draft.size.get();
        let opener = Opener::new(&draft.key, draft.blob_id.to_bytes(), size);
        let opener = opener.ok_or(ReadError::Integrity)?;
        let mut text = self.blobs.read(published.location(), opener, 0..size).await?;
        while let Some(bytes) = text.next().await {
            if read_back.push(&bytes?).is_break() {
                break;
            }
        }
        Ok(read_back.finish())
    }

    /// The file, and the row that will make it exist.
    fn new_file(
        &self,
        client_id: ClientId,
        draft: Draft,
        judged: Judged,
        published: &Published,
    ) -> (File, NewFile) {
        let Judged { accepted, facts, sha256 } = judged;
        let created_at = self.clock.now();
        let file = File {
            id: self.new_file_id(created_at),
            name: accepted.name.as_str().to_owned(),
            media_type: accepted.media_type,
            size: draft.size,
            purpose: accepted.purpose,
            created_at,
            sha256: sha256.0,
            status: FileStatus::Ready,
            warnings: accepted.warnings,
            checked: self.content_check,
            facts,
            user_id: None,
        };
        let row = NewFile {
            file_id: file.id,
            client_id,
            purpose: file.purpose.name().to_owned(),
            name: file.name.clone(),
            media_type: file.media_type.essence().to_owned(),
            size: file.size,
            sha256: file.sha256,
            status: file.status.name().to_owned(),
            checked: file.checked.name().to_owned(),
            warnings: write_warnings(&file.warnings),
            facts: write_facts(&file.facts),
            created_at: file.created_at,
            blob_id: draft.blob_id,
            location: published.location().to_string(),
            wrapped_key: draft.wrapped_key.as_bytes().to_vec(),
            key_holder: draft.key_holder,
        };
        (file, row)
    }

    /// The one commit that makes the file exist.
    async fn finish<E>(
        &self,
        permit: &Permit<FilesWrite>,
        (file, row): (File, NewFile),
        answer: Option<FinishIdempotency>,
        published: Published,
    ) -> Result<File, UploadError<E>> {
        let event = Some(self.file_ready(&row));
        let object = AuditObject::File(file.id);
        let entry = self.audit_entry(permit.into(), AuditAction::FileCreated, object);
        // Boxed, so that an upload that waits for its client is not as large as its end.
        let committed = Box::pin(self.db.finish_upload(row, event, answer, entry)).await;
        let error = match committed {
            Ok(FinishUpload::Finished | FinishUpload::AlreadyFinished) => {
                self.webhooks.wake();
                return Ok(file);
            }
            Ok(FinishUpload::CredentialRevoked) => UploadError::CredentialRevoked,
            Ok(FinishUpload::LeaseLost) => UploadError::IdempotencyRunning,
            Err(error @ DbError::OutcomeUnknown(_)) => {
                match find_outcome(|| self.db.find_upload_outcome(file.id)).await {
                    Some(UploadOutcome::Committed) => return Ok(file),
                    Some(UploadOutcome::NotCommitted) => error.into(),
                    // The bytes may have a row: they stay, and the reaper asks the row later.
                    None => return Err(error.into()),
                }
            }
            Err(error) => error.into(),
        };
        self.discard(published).await;
        Err(error)
    }

    /// The answer that an idempotency key was given before.
    async fn answer_again<E>(
        &self,
        client_id: ClientId,
        file_id: FileId,
    ) -> Result<File, UploadError<E>> {
        let row = self.db.find_file(client_id, file_id).await?;
        let row = row.ok_or_else(|| UploadError::Unavailable("the answer was deleted".into()))?;
        File::try_from(row).map_err(|error| UploadError::Unavailable(error.to_string()))
    }

    /// Erases published bytes that no row names; what fails here the reaper finishes.
    async fn discard(&self, published: Published) {
        if let Err(error) = self.blobs.erase(published.location()).await {
            tracing::warn!(%error, "bytes of a refused upload are left to the reaper");
        }
    }
}

/// What the rules and the walker said of a file that was taken.
struct Judged {
    accepted: Accepted,
    facts: Facts,
    sha256: Digest,
}

impl<E> From<PublishError> for UploadError<E> {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Full => Self::StorageFull,
            PublishError::Unavailable(error) => Self::Unavailable(error.to_string()),
        }
    }
}

impl<E> From<DbError> for UploadError<E> {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Full => Self::StorageFull,
            error @ (DbError::Unavailable(_) | DbError::OutcomeUnknown(_) | DbError::Broken(_)) => {
                Self::Unavailable(error.to_string())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Parts = futures_util::stream::Empty<Result<Part, ()>>;

    fn size_of_future<A, F>(_: impl FnOnce(A) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn an_upload_that_waits_for_its_client_costs_little_memory() {
        let upload = size_of_future(
            |(app, permit, upload): (&'static App, Permit<FilesWrite>, Upload<Parts>)| {
                app.upload_file(permit, upload)
            },
        );
        let work = size_of_future(
            |(app, permit, (attempt, parts)): (
                &'static App,
                &'static Permit<FilesWrite>,
                (&'static Attempt, &'static mut Parts),
            )| app.take_in(permit, attempt, parts),
        );
        assert!(upload + work <= 4 << 10, "{upload} and {work} bytes");
    }
}
