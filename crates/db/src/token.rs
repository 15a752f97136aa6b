//! Grants and the tokens that follow from them. Only hashes of tokens are kept.

use dossier_domain::{ClientId, ClientSecretId, GrantId, Scopes, Timestamp, TokenPairId};

use crate::PAGE_ROWS_MAX;
use crate::audit::{self, NewAuditEntry};
use crate::batch::{Batch, Expect, Query, Written};
use crate::engine::Db;
use crate::error::DbError;
use crate::value::{Row, Value, params};

/// A grant to make. Its end is that of its last refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGrant {
    /// Its id.
    pub grant_id: GrantId,
    /// Whose it is.
    pub client_id: ClientId,
    /// The most that its tokens permit.
    pub scopes: Scopes,
    /// When it is made.
    pub created_at: Timestamp,
}

/// An access token and a refresh token to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTokenPair {
    /// Their id.
    pub pair_id: TokenPairId,
    /// The secret with which they were asked for.
    pub secret_id: ClientSecretId,
    /// The keyed hash of the access token.
    pub access_hash: [u8; 32],
    /// What the access token permits.
    pub access_scopes: Scopes,
    /// From when on the access token permits nothing.
    pub access_ends_at: Timestamp,
    /// The keyed hash of the refresh token.
    pub refresh_hash: [u8; 32],
    /// From when on the refresh token is worth nothing.
    pub refresh_ends_at: Timestamp,
}

/// Whom an access token speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessTokenRow {
    /// The pair that it belongs to.
    pub pair_id: TokenPairId,
    /// Its client.
    pub client_id: ClientId,
    /// What it permits.
    pub scopes: Scopes,
    /// From when on it permits nothing.
    pub ends_at: Timestamp,
    /// When it, its grant, or the secret that it was asked for with was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// What a refresh token is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshTokenRow {
    /// The pair that it belongs to.
    pub pair_id: TokenPairId,
    /// The family that it belongs to.
    pub grant_id: GrantId,
    /// Its client.
    pub client_id: ClientId,
    /// The most that the tokens of the family permit.
    pub scopes: Scopes,
    /// From when on it is worth nothing.
    pub ends_at: Timestamp,
    /// When it was used: it can be used once.
    pub refreshed_at: Option<Timestamp>,
    /// When its grant was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// What came of trading a refresh token for a new pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshTokens {
    /// The new pair is there, and the refresh token is used.
    Refreshed,
    /// It was used by somebody else first. Nothing was changed.
    AlreadyUsed,
    /// The grant was revoked meanwhile. Nothing was changed.
    GrantRevoked,
}

const INSERT_GRANT: &str = "\
    insert into grants (grant_id, client_id, scopes, created_at, ends_at) \
    values (?1, ?2, ?3, ?4, ?5)";
const INSERT_PAIR: &str = "\
    insert into token_pairs (pair_id, grant_id, secret_id, access_hash, access_scopes, \
    access_ends_at, refresh_hash, refresh_ends_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
const FIND_ACCESS_TOKEN: &str = "\
    select p.pair_id, g.client_id, p.access_scopes, p.access_ends_at, \
    coalesce(p.access_revoked_at, g.revoked_at, s.revoked_at) \
    from token_pairs p join grants g on g.grant_id = p.grant_id \
    join client_secrets s on s.secret_id = p.secret_id where p.access_hash = ?1";
const FIND_REFRESH_TOKEN: &str = "\
    select p.pair_id, p.grant_id, g.client_id, g.scopes, p.refresh_ends_at, p.refreshed_at, \
    g.revoked_at \
    from token_pairs p join grants g on g.grant_id = p.grant_id where p.refresh_hash = ?1";
const USE_REFRESH_TOKEN: &str =
    "update token_pairs set refreshed_at = ?2 where pair_id = ?1 and refreshed_at is null";
/// A grant ends after the last of its tokens, also when the clock was set back.
const PROLONG_GRANT: &str = "\
    update grants set ends_at = case when ends_at < ?2 then ?2 else ends_at end \
    where grant_id = ?1 and revoked_at is null";
const REVOKE_GRANT: &str =
    "update grants set revoked_at = ?2 where grant_id = ?1 and revoked_at is null";
const REVOKE_ACCESS_TOKEN: &str = "\
    update token_pairs set access_revoked_at = ?2 \
    where pair_id = ?1 and access_revoked_at is null";
const ERASE_ENDED_PAIRS: &str = "\
    delete from token_pairs where pair_id in \
    (select pair_id from token_pairs \
    where refresh_ends_at <= ?1 order by refresh_ends_at limit ?2) \
    returning pair_id";
const ERASE_ENDED_GRANTS: &str = "\
    delete from grants where grant_id in \
    (select grant_id from grants where ends_at <= ?1 order by ends_at limit ?2) \
    returning grant_id";
/// The guard of a write in the name of an access token. That the token expired meanwhile does not
/// matter: what it was asked for began in time.
pub(crate) const GET_LIVE_PAIR: &str = "\
    select p.pair_id from token_pairs p join grants g on g.grant_id = p.grant_id \
    join client_secrets s on s.secret_id = p.secret_id \
    where p.pair_id = ?1 and p.access_revoked_at is null and g.revoked_at is null \
    and s.revoked_at is null";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[
    INSERT_GRANT,
    INSERT_PAIR,
    FIND_ACCESS_TOKEN,
    FIND_REFRESH_TOKEN,
    USE_REFRESH_TOKEN,
    PROLONG_GRANT,
    REVOKE_GRANT,
    REVOKE_ACCESS_TOKEN,
    ERASE_ENDED_PAIRS,
    ERASE_ENDED_GRANTS,
    GET_LIVE_PAIR,
];

impl Db {
    /// Makes a grant with its first pair of tokens.
    ///
    /// # Errors
    /// As every write; `Broken` when an id or a hash is taken.
    pub async fn insert_grant(
        &self,
        grant: NewGrant,
        pair: NewTokenPair,
        entry: NewAuditEntry,
    ) -> Result<(), DbError> {
        let (grant_id, client_id) = (grant.grant_id, grant.client_id);
        let mut batch = Batch::default();
        batch.add(
            Expect::ChangeOne,
            INSERT_GRANT,
            params![grant_id, client_id, grant.scopes, grant.created_at, pair.refresh_ends_at,],
        );
        batch.add(Expect::ChangeOne, INSERT_PAIR, pair_values(grant_id, pair));
        audit::add(&mut batch, client_id, entry);
        self.write_all(batch).await.map(drop)
    }

    /// Whom the access token with this keyed hash speaks for, live or not.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn find_access_token(
        &self,
        access_hash: [u8; 32],
    ) -> Result<Option<AccessTokenRow>, DbError> {
        let query = Query { sql: FIND_ACCESS_TOKEN, params: params![access_hash], rows_max: 1 };
        self.read(query).await?.pop().map(AccessTokenRow::from_row).transpose()
    }

    /// What the refresh token with this keyed hash is worth, used or not.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn find_refresh_token(
        &self,
        refresh_hash: [u8; 32],
    ) -> Result<Option<RefreshTokenRow>, DbError> {
        let query = Query { sql: FIND_REFRESH_TOKEN, params: params![refresh_hash], rows_max: 1 };
        self.read(query).await?.pop().map(RefreshTokenRow::from_row).transpose()
    }

    /// Trades the refresh token of `old` for a new pair of the same grant. Of any number who try
    /// at once, one gets it.
    ///
    /// # Errors
    /// As every write; `Broken` when an id or a hash is taken.
    pub async fn refresh_tokens(
        &self,
        old: &RefreshTokenRow,
        new: NewTokenPair,
        entry: NewAuditEntry,
    ) -> Result<RefreshTokens, DbError> {
        let mut batch = Batch::default();
        let used = batch.add(Expect::ChangeOne, USE_REFRESH_TOKEN, params![old.pair_id, entry.at]);
        let prolong = params![old.grant_id, new.refresh_ends_at];
        batch.add(Expect::ChangeOne, PROLONG_GRANT, prolong);
        batch.add(Expect::ChangeOne, INSERT_PAIR, pair_values(old.grant_id, new));
        audit::add(&mut batch, old.client_id, entry);
        Ok(match self.write(batch).await? {
            Written::Done(_) => RefreshTokens::Refreshed,
            Written::Missed(step) if step == used => RefreshTokens::AlreadyUsed,
            Written::Missed(_) => RefreshTokens::GrantRevoked,
        })
    }

    /// Revokes a grant and with it all of its tokens; one that is revoked or gone stays so.
    ///
    /// # Errors
    /// As every write.
    pub async fn revoke_grant(
        &self,
        client_id: ClientId,
        grant_id: GrantId,
        entry: NewAuditEntry,
    ) -> Result<(), DbError> {
        let mut batch = Batch::default();
        batch.add(Expect::ChangeOne, REVOKE_GRANT, params![grant_id, entry.at]);
        audit::add(&mut batch, client_id, entry);
        match self.write(batch).await? {
            Written::Done(_) | Written::Missed(_) => Ok(()),
        }
    }

    /// Revokes the access token of a pair and nothing else; one that is revoked or gone stays so.
    ///
    /// # Errors
    /// As every write.
    pub async fn revoke_access_token(
        &self,
        client_id: ClientId,
        pair_id: TokenPairId,
        entry: NewAuditEntry,
    ) -> Result<(), DbError> {
        let mut batch = Batch::default();
        batch.add(Expect::ChangeOne, REVOKE_ACCESS_TOKEN, params![pair_id, entry.at]);
        audit::add(&mut batch, client_id, entry);
        match self.write(batch).await? {
            Written::Done(_) | Written::Missed(_) => Ok(()),
        }
    }

    /// Removes up to `limit` pairs whose refresh tokens ended at or before `now`, and once there
    /// are no more of them up to `limit` grants; returns how many rows it removed. None means
    /// that none is left.
    ///
    /// # Errors
    /// As every write.
    pub async fn erase_ended_tokens(&self, now: Timestamp, limit: usize) -> Result<usize, DbError> {
        let limit = limit.min(PAGE_ROWS_MAX);
        // Not in one batch: a grant must not go before all of its pairs have gone.
        for sql in [ERASE_ENDED_PAIRS, ERASE_ENDED_GRANTS] {
            let mut batch = Batch::default();
            batch.add(Expect::ReturnAtMost(limit), sql, params![now, limit]);
            let erased = self.write_all(batch).await?.iter().map(Vec::len).sum();
            if erased > 0 {
                return Ok(erased);
            }
        }
        Ok(0)
    }
}

fn pair_values(grant_id: GrantId, pair: NewTokenPair) -> Vec<Value> {
    params![
        pair.pair_id,
        grant_id,
        pair.secret_id,
        pair.access_hash,
        pair.access_scopes,
        pair.access_ends_at,
        pair.refresh_hash,
        pair.refresh_ends_at,
    ]
}

impl AccessTokenRow {
    fn from_row(row: Row) -> Result<Self, DbError> {
        let mut columns = row.columns();
        Ok(Self {
            pair_id: columns.take()?,
            client_id: columns.take()?,
            scopes: columns.take()?,
            ends_at: columns.take()?,
            revoked_at: columns.take()?,
        })
    }
}

impl RefreshTokenRow {
    fn from_row(row: Row) -> Result<Self, DbError> {
        let mut columns = row.columns();
        Ok(Self {
            pair_id: columns.take()?,
            grant_id: columns.take()?,
            client_id: columns.take()?,
            scopes: columns.take()?,
            ends_at: columns.take()?,
            refreshed_at: columns.take()?,
            revoked_at: columns.take()?,
        })
    }
}
