//! API keys. Only a hash of the secret is kept.

use dossier_domain::{ClientId, Credential, KeyId, Scopes, Timestamp};

use crate::PAGE_ROWS_MAX;
use crate::audit::{self, NewAuditEntry};
use crate::batch::{Batch, Expect, Query, StepIndex, Written};
use crate::client::{NewClient, add_client, add_expected, folded};
use crate::engine::Db;
use crate::error::DbError;
use crate::token::GET_LIVE_PAIR;
use crate::value::{Row, Value, params};

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

/// How often a key is tried to be added while others make its client.
const ATTEMPTS_MAX: usize = 3;

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
const FIND_KEY_CLIENT: &str = "select client_id from api_keys where key_id = ?1";
const GET_LIVE_KEY: &str = "select key_id from api_keys where key_id = ?1 and revoked_at is null";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] =
    &[INSERT_KEY, FIND_KEY_BY_HASH, LIST_KEYS, REVOKE_KEY, FIND_KEY_CLIENT, GET_LIVE_KEY];

impl Db {
    /// Adds a key for the client of `client.name`, and makes that client with its first wrapped
    /// key when there is none: all in one batch, so that two who do it at once share one client.
    /// `SecretTaken` tells a bootstrap key that it was made before. The entries in the audit
    /// come with them.
    ///
    /// # Errors
    /// As every write.
    pub async fn insert_client_and_key(
        &self,
        client: NewClient,
        key: NewKey,
        entry: NewAuditEntry,
    ) -> Result<InsertKey, DbError> {
        for _ in 0..ATTEMPTS_MAX {
            let expected = self.expect_client(&client).await?;
            let client_id = expected.client_id;
            let mut batch = Batch::default();
            add_client(&mut batch, Expect::ChangeAtMost(1), client.clone());
            let same_client = add_expected(&mut batch, &client.name, client_id);
            batch.add(Expect::ChangeOne, INSERT_KEY, key_values(&client.name, &key));
            expected.add_entries(&mut batch, entry.clone());
            match self.write(batch).await? {
                Written::Done(_) => return Ok(InsertKey::Inserted { client_id }),
                // Somebody made the client in between.
                Written::Missed(step) if step == same_client => {}
                Written::Missed(_) => return Ok(InsertKey::SecretTaken),
            }
        }
        Err(DbError::Unavailable("the client changes faster than it can get a key".into()))
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

    /// Revokes a key, with its entry in the audit.
    ///
    /// # Errors
    /// As every write.
    pub async fn revoke_key(
        &self,
        key_id: KeyId,
        entry: NewAuditEntry,
    ) -> Result<RevokeKey, DbError> {
        let query = Query { sql: FIND_KEY_CLIENT, params: params![key_id], rows_max: 1 };
        let Some(row) = self.read(query).await?.pop() else { return Ok(RevokeKey::NotFound) };
        let mut batch = Batch::default();
        batch.add(Expect::ChangeOne, REVOKE_KEY, params![key_id, entry.at]);
        audit::add(&mut batch, row.columns().take()?, entry);
        Ok(match self.write(batch).await? {
            // A key stays for ever, and a revoked one revoked.
            Written::Done(_) | Written::Missed(_) => RevokeKey::Revoked,
        })
    }
}

fn key_values(client: &str, key: &NewKey) -> Vec<Value> {
    params![
        folded(client),
        key.key_id,
        key.secret_hash,
        key.hint.as_str(),
        key.scopes,
        key.created_at,
    ]
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
