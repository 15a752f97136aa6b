//! Idempotency keys: one key, one file, however often the client tries.

use std::convert::Infallible;
use std::future::Future;
use std::time::Duration;

use dossier_db::{
    ClaimIdempotency, FinishIdempotency, IdempotencyClaim, IdempotencyLease, LeaseId, LeaseState,
};
use dossier_domain::{ClientId, FileId};
use dossier_seal::Sha256;

use crate::{App, UploadError};

/// How long a running attempt keeps its key without renewing it.
const LEASE: Duration = Duration::from_secs(5 * 60);
/// How often a running attempt renews its lease.
const RENEW_EVERY: Duration = Duration::from_secs(60);
/// How long an answer is remembered.
const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);

/// 1 to 255 visible ASCII characters that name one upload across its attempts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Takes a header value.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        fits.then(|| Self(text.to_owned()))
    }
}

/// What the key of an upload says before its bytes are read.
pub(crate) enum Attempt {
    /// There is no key.
    Free,
    /// This attempt holds the key.
    Leased(IdempotencyLease),
    /// The key was answered; the bytes decide whether the answer fits.
    Answered { file_id: FileId, fingerprint: [u8; 32] },
}

impl Attempt {
    /// The step that turns the lease into an answer in the commit of the file.
    pub(crate) fn finish(&self, app: &App, fingerprint: [u8; 32]) -> Option<FinishIdempotency> {
        match self {
            Self::Leased(lease) => Some(FinishIdempotency {
                lease: *lease,
                fingerprint,
                expires_at: app.clock.now().plus(REMEMBERED),
            }),
            Self::Free | Self::Answered { .. } => None,
        }
    }
}

/// What must be the same for an answer to be given again: purpose, filename and bytes. The
/// boundary differs on every retry and is left out.
pub(crate) fn fingerprint(purpose: &str, name: &str, sha256: &[u8; 32]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for text in [purpose, name] {
        hash.push(&(text.len() as u64).to_be_bytes());
        hash.push(text.as_bytes());
    }
    hash.push(sha256);
    hash.finish().0
}

impl App {
    /// Takes the key of an upload, or says why it cannot be had.
    pub(crate) async fn claim<E>(
        &self,
        client_id: ClientId,
        key: Option<&IdempotencyKey>,
    ) -> Result<Attempt, UploadError<E>> {
        let Some(IdempotencyKey(text)) = key else { return Ok(Attempt::Free) };
        let lease_id = LeaseId::from_bytes(*self.uuid_v4().as_bytes());
        let key_hash = self.idempotency_key.digest(text.as_bytes()).0;
        let lease = IdempotencyLease { client_id, key_hash, lease_id };
        let now = self.clock.now();
        let claim = ClaimIdempotency { lease, now, lease_until: now.plus(LEASE) };
        match self.db.claim_idempotency(claim).await? {
            IdempotencyClaim::Claimed => Ok(Attempt::Leased(lease)),
            IdempotencyClaim::Running { .. } => Err(UploadError::IdempotencyRunning),
            IdempotencyClaim::Done { file_id, fingerprint } => {
                Ok(Attempt::Answered { file_id, fingerprint })
            }
        }
    }

    /// Runs `work` and renews the lease beside it; a database that is slow to renew it does not
    /// hold the work up.
    pub(crate) async fn while_leased<T>(
        &self,
        attempt: &Attempt,
        work: impl Future<Output = T>,
    ) -> T {
        let Attempt::Leased(lease) = attempt else { return work.await };
        tokio::select! {
            done = work => done,
            never = self.renew_forever(*lease) => match never {},
        }
    }

    async fn renew_forever(&self, lease: IdempotencyLease) -> Infallible {
        loop {
            tokio::time::sleep(RENEW_EVERY).await;
            let until = self.clock.now().plus(LEASE);
            match self.db.renew_idempotency(lease, until).await {
                // A lease that is lost shows at the commit, which refuses.
                Ok(LeaseState::Held | LeaseState::Lost) => {}
                Err(error) => tracing::warn!(%error, "an idempotency lease was not renewed"),
            }
        }
    }

    /// Frees the key of an attempt that made no file; a crash frees it when its lease ends.
    pub(crate) async fn release(&self, attempt: &Attempt) {
        if let Attempt::Leased(lease) = attempt
            && let Err(error) = self.db.release_idempotency(*lease).await
        {
            tracing::warn!(%error, "an idempotency lease is left to its end");
        }
    }
}
