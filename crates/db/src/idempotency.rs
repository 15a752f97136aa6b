//! Idempotency keys: a lease while an upload runs, and its answer once it is done.

use dossier_domain::{ClientId, FileId, Timestamp};

use crate::PAGE_ROWS_MAX;
use crate::batch::{Batch, Expect, Written};
use crate::engine::Db;
use crate::error::DbError;
use crate::value::{Columns, FromValue, Row, Value, params};

/// Who holds a lease: one attempt at one upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LeaseId([u8; 16]);

impl LeaseId {
    /// The id of these 16 bytes, which nobody else may have (RFC 9562).
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

/// One attempt's hold on one idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IdempotencyLease {
    /// Whose key; keys of different clients never meet.
    pub client_id: ClientId,
    /// SHA-256 of the key.
    pub key_hash: [u8; 32],
    /// The attempt.
    pub lease_id: LeaseId,
}

/// A request for a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimIdempotency {
    /// The lease wanted.
    pub lease: IdempotencyLease,
    /// Leases and answers that end at or before this time are free.
    pub now: Timestamp,
    /// When the lease ends unless it is renewed.
    pub lease_until: Timestamp,
}

/// What came of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdempotencyClaim {
    /// The lease is ours.
    Claimed,
    /// Another attempt runs.
    Running {
        /// When its lease ends unless it is renewed.
        lease_until: Timestamp,
    },
    /// An earlier attempt was done.
    Done {
        /// The file it made.
        file_id: FileId,
        /// SHA-256 of what must be the same for the answer to be given again.
        fingerprint: [u8; 32],
    },
}

/// Whether a lease is still ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaseState {
    /// Still ours, now to the new time.
    Held,
    /// It ended and another attempt took it, or it was swept.
    Lost,
}

/// The end of a lease in an answer, a part of [`Db::finish_upload`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FinishIdempotency {
    /// The lease held.
    pub lease: IdempotencyLease,
    /// SHA-256 of what must be the same for the answer to be given again.
    pub fingerprint: [u8; 32],
    /// When the answer is forgotten.
    pub expires_at: Timestamp,
}

/// Takes the key when it is free, which it also is once its lease or its answer has ended.
const CLAIM: &str = "\
    insert into idempotency (client_id, key_hash, state, lease_id, expires_at) \
    values (?1, ?2, 'running', ?3, ?5) \
    on conflict (client_id, key_hash) do update set state = 'running', \
    lease_id = excluded.lease_id, expires_at = excluded.expires_at, \
    fingerprint = null, file_id = null \
    where idempotency.expires_at <= ?4";
const GET_CLAIM: &str = "\
    select lease_id, expires_at, file_id, fingerprint from idempotency \
    where client_id = ?1 and key_hash = ?2";
const RENEW: &str = "\
    update idempotency set expires_at = ?4 \
    where client_id = ?1 and key_hash = ?2 and lease_id = ?3 and state = 'running'";
const RELEASE: &str = "\
    delete from idempotency \
    where client_id = ?1 and key_hash = ?2 and lease_id = ?3 and state = 'running'";
const FINISH: &str = "\
    update idempotency set state = 'done', expires_at = ?4, fingerprint = ?5, file_id = ?6 \
    where client_id = ?1 and key_hash = ?2 and lease_id = ?3 and state = 'running'";
const ERASE_EXPIRED: &str = "\
    delete from idempotency where (client_id, key_hash) in \
    (select client_id, key_hash from idempotency \
    where expires_at <= ?1 order by expires_at limit ?2) \
    returning client_id";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[CLAIM, GET_CLAIM, RENEW, RELEASE, FINISH, ERASE_EXPIRED];

impl Db {
    /// Asks for the lease of an idempotency key. Of any number who ask at once, one gets it.
    ///
    /// # Errors
    /// As every write.
    pub async fn claim_idempotency(
        &self,
        claim: ClaimIdempotency,
    ) -> Result<IdempotencyClaim, DbError> {
        let IdempotencyLease { client_id, key_hash, lease_id } = claim.lease;
        let mut batch = Batch::default();
        batch.add(
            Expect::ChangeAtMost(1),
            CLAIM,
            params![client_id, key_hash, lease_id, claim.now, claim.lease_until],
        );
        batch.add(Expect::ReturnOne, GET_CLAIM, params![client_id, key_hash]);
        let rows = self.write_all(batch).await?.pop().and_then(|mut rows| rows.pop());
        claim_of(&mut rows.unwrap_or(Row(Vec::new())).columns(), lease_id)
    }

    /// Moves the end of a running lease.
    ///
    /// # Errors
    /// As every write.
    pub async fn renew_idempotency(
        &self,
        lease: IdempotencyLease,
        lease_until: Timestamp,
    ) -> Result<LeaseState, DbError> {
        let IdempotencyLease { client_id, key_hash, lease_id } = lease;
        let mut batch = Batch::default();
        let params = params![client_id, key_hash, lease_id, lease_until];
        batch.add(Expect::ChangeOne, RENEW, params);
        Ok(match self.write(batch).await? {
            Written::Done(_) => LeaseState::Held,
            Written::Missed(_) => LeaseState::Lost,
        })
    }

    /// Frees the key, if the lease is still held and running; an answer stays.
    ///
    /// # Errors
    /// As every write.
    pub async fn release_idempotency(&self, lease: IdempotencyLease) -> Result<(), DbError> {
        let IdempotencyLease { client_id, key_hash, lease_id } = lease;
        let mut batch = Batch::default();
        let params = params![client_id, key_hash, lease_id];
        batch.add(Expect::ChangeAtMost(1), RELEASE, params);
        self.write_all(batch).await.map(drop)
    }

    /// Removes up to `limit` leases and answers that ended at or before `now`, and returns how
    /// many it removed. Fewer than `limit` means that none is left.
    ///
    /// # Errors
    /// As every write.
    pub async fn erase_expired_idempotency(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<usize, DbError> {
        let limit = limit.min(PAGE_ROWS_MAX);
        let mut batch = Batch::default();
        batch.add(Expect::ReturnAtMost(limit), ERASE_EXPIRED, params![now, limit]);
        Ok(self.write_all(batch).await?.iter().map(Vec::len).sum())
    }
}

/// Turns the lease into an answer, as a step of another batch.
pub(crate) fn add_finish(
    batch: &mut Batch,
    finish: FinishIdempotency,
    file_id: FileId,
) -> crate::batch::StepIndex {
    let IdempotencyLease { client_id, key_hash, lease_id } = finish.lease;
    let (expires_at, fingerprint) = (finish.expires_at, finish.fingerprint);
    batch.add(
        Expect::ChangeOne,
        FINISH,
        params![client_id, key_hash, lease_id, expires_at, fingerprint, file_id],
    )
}

fn claim_of(columns: &mut Columns, ours: LeaseId) -> Result<IdempotencyClaim, DbError> {
    let (holder, lease_until): (LeaseId, Timestamp) = (columns.take()?, columns.take()?);
    if let Some(file_id) = columns.take()? {
        return Ok(IdempotencyClaim::Done { file_id, fingerprint: columns.take()? });
    }
    Ok(if holder == ours {
        IdempotencyClaim::Claimed
    } else {
        IdempotencyClaim::Running { lease_until }
    })
}

impl From<LeaseId> for Value {
    fn from(id: LeaseId) -> Self {
        Self::Id(id.0)
    }
}

impl FromValue for LeaseId {
    fn from_value(value: Value) -> Option<Self> {
        <[u8; 16]>::from_value(value).map(Self)
    }
}
