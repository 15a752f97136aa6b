//! API keys. Only a hash of the secret is kept.

use dossier_domain::{ClientId, Credential, KeyId, Scopes, Timestamp};

use crate::PAGE_ROWS_MAX;
use crate::batch::{Batch, Expect, Query, StepIndex, Written};
use crate::client::{GET_CLIENT_ID, NewClient, add_client, folded};
use crate::engine::Db;
use crate::error::DbError;
use crate::token::GET_LIVE_PAIR;
use crate::value::{Row, params};

/// An API key to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// Its id.
    pub key_id: KeyId,
    /// The keyed hash of the secret. No two keys have the same.
    pub secret_hash: [u8; 32],
    /// What may be shown of the secret, so that its owner knows it again.
    pub hint: String,
    /// What it permits.
    pub scopes: Scopes,
    /// When it is made.
    pub created_at: Timestamp,
}

/// What came of adding a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InsertKey {
    /// The key was added for this client, which was made if it was not there.
    Inserted {
        /// The client of the name, which need not be the proposed one.
        client_id: ClientId,
    },
    /// A key with this secret is there already, revoked or not. Nothing was changed.
    SecretTaken,
}

/// Who a key speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyOwner {
    /// The key.
    pub key_id: KeyId,
    /// Its client.
    pub client_id: ClientId,
    /// The client's name.
    pub client_name: String,
    /// What the key permits.
    pub scopes: Scopes,
    /// When it was revoked, if it was: a revoked key permits nothing.
    pub revoked_at: Option<Timestamp>,
}

/// A key as operators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRow {
    /// Who it speaks for.
    pub owner: KeyOwner,
    /// What may be shown of its secret.
    pub hint: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What came of revoking a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevokeKey {
    /// It is revoked, now or since earlier (the first time is kept).
    Revoked,
    /// There is no such key.
    NotFound,
}

const INSERT_KEY: &str = "\
    insert into api_keys (key_id, client_id, secret_hash, hint, scopes, created_at) \
    select ?2, client_id, ?3, ?4, ?5, ?6 from clients where name_folded = ?1 \
    on conflict (secret_hash) do nothing";
const FIND_KEY_BY_HASH: &str = "\
    select k.key_id, k.client_id, c.name, k.scopes, k.revoked_at \
    from api_keys k join clients c on c.client_id = k.client_id where k.secret_hash = ?1";
const LIST_KEYS: &str = "\
    select k.key_id, k.client_id, c.name, k.scopes, k.revoked_at, k.hint, k.created_at \
    from api_keys k join clients c on c.client_id = k.client_id \
    where k.key_id > ?1 order by k.key_id limit ?2";
const REVOKE_KEY: &str =
    "update api_keys set revoked_at = ?2 where key_id = ?1 and revoked_at is null";
const GET_KEY: &str = "select key_id from api_keys where key_id = ?1";
const GET_LIVE_KEY: &str = "select key_id from api_keys where key_id = ?1 and revoked_at is null";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] =
    &[INSERT_KEY, FIND_KEY_BY_HASH, LIST_KEYS, REVOKE_KEY, GET_KEY, GET_LIVE_KEY];

impl Db {
    /// Adds a key for the client of `client.name`, and makes that client with its first wrapped
    /// key when there is none: all in one batch, so that two who do it at once share one client.
    /// `SecretTaken` tells a bootstrap key that it was made before.
    ///
    /// # Errors
    /// As every write.
    pub async fn insert_client_and_key(
        &self,
        client: NewClient,
        key: NewKey,
    ) -> Result<InsertKey, DbError> {
        let name_folded = folded(&client.name);
        let mut batch = Batch::default();
        add_client(&mut batch, Expect::ChangeAtMost(1), client);
        batch.add(
            Expect::ChangeOne,
            INSERT_KEY,
            params![
                name_folded.as_str(),
                key.key_id,
                key.secret_hash,
                key.hint,
                key.scopes,
                key.created_at,
            ],
        );
        let owner = batch.add(Expect::ReturnOne, GET_CLIENT_ID, params![name_folded]);
        match self.write(batch).await? {
            Written::Done(rows) => {
                let row = rows.into_iter().nth(owner.0).and_then(|mut rows| rows.pop());
                let client_id = row.unwrap_or(Row(Vec::new())).columns().take()?;
                Ok(InsertKey::Inserted { client_id })
            }
            Written::Missed(_) => Ok(InsertKey::SecretTaken),
        }
    }

    /// The owner of the key whose secret has this keyed hash.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn find_key_by_hash(
        &self,
        secret_hash: [u8; 32],
    ) -> Result<Option<KeyOwner>, DbError> {
        let params = params![secret_hash];
        let query = Query { sql: FIND_KEY_BY_HASH, params, rows_max: 1 };
        let row = self.read(query).await?.pop();
        row.map(|row| KeyOwner::take(&mut row.columns())).transpose()
    }

    /// Keys of all clients, revoked ones too, in the order of their ids, after `after`.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn list_keys(
        &self,
        after: Option<KeyId>,
        limit: usize,
    ) -> Result<Vec<KeyRow>, DbError> {
        let rows_max = limit.min(PAGE_ROWS_MAX);
        // A blob of no bytes stands before every id.
        let after = after.map_or(Vec::new(), |id| id.to_bytes().to_vec());
        let query = Query { sql: LIST_KEYS, params: params![after, rows_max], rows_max };
        self.read(query).await?.into_iter().map(KeyRow::from_row).collect()
    }

    /// Revokes a key.
    ///
    /// # Errors
    /// As every write.
    pub async fn revoke_key(&self, key_id: KeyId, now: Timestamp) -> Result<RevokeKey, DbError> {
        let mut batch = Batch::default();
        batch.add(Expect::ChangeAtMost(1), REVOKE_KEY, params![key_id, now]);
        batch.add(Expect::ReturnOne, GET_KEY, params![key_id]);
        Ok(match self.write(batch).await? {
            Written::Done(_) => RevokeKey::Revoked,
            Written::Missed(_) => RevokeKey::NotFound,
        })
    }
}

/// Requires that the credential in whose name a batch writes was not revoked meanwhile.
pub(crate) fn add_guard(batch: &mut Batch, credential: Credential) -> StepIndex {
    let (sql, params) = match credential {
        Credential::Key(key_id) => (GET_LIVE_KEY, params![key_id]),
        Credential::Token(pair_id) => (GET_LIVE_PAIR, params![pair_id]),
    };
    batch.add(Expect::ReturnOne, sql, params)
}

impl KeyOwner {
    fn take(columns: &mut crate::value::Columns) -> Result<Self, DbError> {
        Ok(Self {
            key_id: columns.take()?,
            client_id: columns.take()?,
            client_name: columns.take()?,
            scopes: columns.take()?,
            revoked_at: columns.take()?,
        })
    }
}

impl KeyRow {
    fn from_row(row: Row) -> Result<Self, DbError> {
        let mut columns = row.columns();
        Ok(Self {
            owner: KeyOwner::take(&mut columns)?,
            hint: columns.take()?,
            created_at: columns.take()?,
        })
    }
}
