//! Client secrets, with which clients ask for tokens. Only a hash of each is kept.

use dossier_domain::{ClientId, ClientSecretId, Scopes, Timestamp};

use crate::PAGE_ROWS_MAX;
use crate::audit::{self, NewAuditEntry};
use crate::batch::{Batch, Expect, Query, Written};
use crate::client::{NewClient, add_client, add_expected, folded};
use crate::columns::read_columns;
use crate::engine::Db;
use crate::error::DbError;
use crate::value::{Value, params};

/// A client secret to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewClientSecret {
    /// Its id.
    pub secret_id: ClientSecretId,
    /// The keyed hash of the secret. No two have the same.
    pub secret_hash: [u8; 32],
    /// What may be shown of the secret, so that its owner knows it again.
    pub hint: String,
    /// When it is made.
    pub created_at: Timestamp,
    /// What the audit says of it.
    pub entry: NewAuditEntry,
}

/// What came of adding a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InsertClientSecret {
    /// It was added for this client, which was made if it was not there.
    Inserted {
        /// The client of the name, which need not be the proposed one.
        client_id: ClientId,
    },
    /// The client has as many live secrets as one may have. Nothing was changed.
    TooMany,
    /// A secret with this hash is there already. Nothing was changed.
    SecretTaken,
}

/// What came of putting a secret in the place of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RotateClientSecret {
    /// The new one is live, and the old one ends at its time.
    Rotated,
    /// The old one is unknown, or has an end already. Nothing was changed.
    NotCurrent,
    /// The client would have more live secrets than one may have. Nothing was changed.
    TooMany,
    /// A secret with this hash is there already. Nothing was changed.
    SecretTaken,
}

/// What came of revoking a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevokeClientSecret {
    /// It is revoked, now or since earlier (the first time is kept).
    Revoked,
    /// There is no such secret.
    NotFound,
}

/// A client secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientSecretRow {
    /// Its id.
    pub secret_id: ClientSecretId,
    /// Whose it is.
    pub client_id: ClientId,
    /// The most that tokens asked for with it permit.
    pub scopes: Scopes,
    /// What may be shown of it.
    pub hint: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it lets nobody in.
    pub ends_at: Option<Timestamp>,
}

read_columns! {
    secret_columns of ClientSecretRow:
    secret_id, client_id, scopes, hint, created_at, ends_at,
}

/// How often a secret is tried to be added while others make its client.
const ATTEMPTS_MAX: usize = 3;

const INSERT_SECRET: &str = "\
    insert into client_secrets (secret_id, client_id, secret_hash, hint, scopes, created_at) \
    select ?2, client_id, ?3, ?4, ?5, ?6 from clients where name_folded = ?1 \
    on conflict (secret_hash) do nothing";
const LIST_LIVE: &str = "\
    select secret_id from client_secrets \
    where client_id = ?1 and (ends_at is null or ends_at > ?2) limit ?3";
const FIND_SECRET_BY_HASH: &str =
    concat!("select ", secret_columns!(), " from client_secrets where secret_hash = ?1");
const LIST_SECRETS: &str = concat!(
    "select ",
    secret_columns!(),
    " from client_secrets where client_id = ?1 and secret_id > ?2 order by secret_id limit ?3"
);
const END_SECRET: &str =
    "update client_secrets set ends_at = ?2 where secret_id = ?1 and ends_at is null";
const INSERT_SUCCESSOR: &str = "\
    insert into client_secrets (secret_id, client_id, secret_hash, hint, scopes, created_at) \
    select ?2, client_id, ?3, ?4, scopes, ?5 from client_secrets where secret_id = ?1 \
    on conflict (secret_hash) do nothing";
const REVOKE_SECRET: &str = "\
    update client_secrets set revoked_at = ?2, \
    ends_at = case when ends_at < ?2 then ends_at else ?2 end \
    where secret_id = ?1 and revoked_at is null";
const FIND_SECRET_CLIENT: &str = "select client_id from client_secrets where secret_id = ?1";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[
    INSERT_SECRET,
    LIST_LIVE,
    FIND_SECRET_BY_HASH,
    LIST_SECRETS,
    END_SECRET,
    INSERT_SUCCESSOR,
    REVOKE_SECRET,
    FIND_SECRET_CLIENT,
];

impl Db {
    /// Adds a secret for the client of `client.name`, and makes that client with its first
    /// wrapped key when there is none. A client has at most `live_max` secrets that have not
    /// ended when the new one is made.
    ///
    /// # Errors
    /// As every write.
    pub async fn insert_client_and_secret(
        &self,
        client: NewClient,
        secret: NewClientSecret,
        scopes: Scopes,
        live_max: usize,
    ) -> Result<InsertClientSecret, DbError> {
        let now = secret.created_at;
        for _ in 0..ATTEMPTS_MAX {
            let expected = self.expect_client(&client).await?;
            let client_id = expected.client_id;
            let mut batch = Batch::default();
            let values = secret_values(&folded(&client.name), &secret, scopes);
            add_client(&mut batch, Expect::ChangeAtMost(1), client.clone());
            let same_client = add_expected(&mut batch, &client.name, client_id);
            let insert = batch.add(Expect::ChangeOne, INSERT_SECRET, values);
            add_live_max(&mut batch, client_id, now, live_max);
            expected.add_entries(&mut batch, secret.entry.clone());
            match self.write(batch).await? {
                Written::Done(_) => return Ok(InsertClientSecret::Inserted { client_id }),
                // Somebody made the client in between.
                Written::Missed(step) if step == same_client => {}
                Written::Missed(step) if step == insert => {
                    return Ok(InsertClientSecret::SecretTaken);
                }
                Written::Missed(_) => return Ok(InsertClientSecret::TooMany),
            }
        }
        Err(DbError::Unavailable("the client changes faster than it can get a secret".into()))
    }

    /// The secret with this keyed hash, ended or not.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn find_client_secret_by_hash(
        &self,
        secret_hash: [u8; 32],
    ) -> Result<Option<ClientSecretRow>, DbError> {
        let params = params![secret_hash];
        let query = Query { sql: FIND_SECRET_BY_HASH, params, rows_max: 1 };
        self.read(query).await?.pop().map(ClientSecretRow::from_row).transpose()
    }

    /// Secrets of a client, ended ones too, in the order of their ids, after `after`.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn list_client_secrets(
        &self,
        client_id: ClientId,
        after: Option<ClientSecretId>,
        limit: usize,
    ) -> Result<Vec<ClientSecretRow>, DbError> {
        let rows_max = limit.min(PAGE_ROWS_MAX);
        // A blob of no bytes stands before every id.
        let after = after.map_or(Vec::new(), |id| id.to_bytes().to_vec());
        let params = params![client_id, after, rows_max];
        let query = Query { sql: LIST_SECRETS, params, rows_max };
        self.read(query).await?.into_iter().map(ClientSecretRow::from_row).collect()
    }

    /// Puts `new`, with the same client and scopes, beside `old`, which ends at `old_ends_at`. A
    /// client has at most `live_max` secrets that have not ended when the new one is made.
    ///
    /// # Errors
    /// As every write.
    pub async fn rotate_client_secret(
        &self,
        old: ClientSecretId,
        old_ends_at: Timestamp,
        new: NewClientSecret,
        live_max: usize,
    ) -> Result<RotateClientSecret, DbError> {
        let Some(client_id) = self.find_secret_client(old).await? else {
            return Ok(RotateClientSecret::NotCurrent);
        };
        let mut batch = Batch::default();
        let end = batch.add(Expect::ChangeOne, END_SECRET, params![old, old_ends_at]);
        let insert = batch.add(
            Expect::ChangeOne,
            INSERT_SUCCESSOR,
            params![old, new.secret_id, new.secret_hash, new.hint, new.created_at],
        );
        add_live_max(&mut batch, client_id, new.created_at, live_max);
        audit::add(&mut batch, client_id, new.entry);
        Ok(match self.write(batch).await? {
            Written::Done(_) => RotateClientSecret::Rotated,
            Written::Missed(step) if step == end => RotateClientSecret::NotCurrent,
            Written::Missed(step) if step == insert => RotateClientSecret::SecretTaken,
            Written::Missed(_) => RotateClientSecret::TooMany,
        })
    }

    /// Ends a secret now, and with it every access token that was asked for with it.
    ///
    /// # Errors
    /// As every write.
    pub async fn revoke_client_secret(
        &self,
        secret_id: ClientSecretId,
        entry: NewAuditEntry,
    ) -> Result<RevokeClientSecret, DbError> {
        let Some(client_id) = self.find_secret_client(secret_id).await? else {
            return Ok(RevokeClientSecret::NotFound);
        };
        let mut batch = Batch::default();
        batch.add(Expect::ChangeOne, REVOKE_SECRET, params![secret_id, entry.at]);
        audit::add(&mut batch, client_id, entry);
        Ok(match self.write(batch).await? {
            // A secret stays for ever, and a revoked one revoked.
            Written::Done(_) | Written::Missed(_) => RevokeClientSecret::Revoked,
        })
    }

    async fn find_secret_client(&self, id: ClientSecretId) -> Result<Option<ClientId>, DbError> {
        let query = Query { sql: FIND_SECRET_CLIENT, params: params![id], rows_max: 1 };
        self.read(query).await?.pop().map(|row| row.columns().take()).transpose()
    }
}

/// Requires that a client has no more live secrets than it may have.
fn add_live_max(batch: &mut Batch, client_id: ClientId, now: Timestamp, live_max: usize) {
    let live = params![client_id, now, live_max.saturating_add(1)];
    batch.add(Expect::ReturnAtMost(live_max), LIST_LIVE, live);
}

fn secret_values(client: &str, secret: &NewClientSecret, scopes: Scopes) -> Vec<Value> {
    params![
        client,
        secret.secret_id,
        secret.secret_hash,
        secret.hint.as_str(),
        scopes,
        secret.created_at,
    ]
}
