//! Users as they are read.

use dossier_domain::{ClientId, Timestamp, UserId};

use crate::batch::{Batch, Expect, Query};
use crate::engine::Db;
use crate::error::DbError;
use crate::probe;
use crate::value::{Row, params};

/// A user that exists.
#[derive(Clone, PartialEq, Eq)]
pub struct UserRow {
    /// Its id.
    pub user_id: UserId,
    /// Whose user.
    pub client_id: ClientId,
    /// When it was made.
    pub registered_at: Timestamp,
    /// How often it was written, from 1.
    pub revision: i64,
    /// Whether it may be changed.
    pub active: bool,
    /// `missing`, `pending`, `approved` or `rejected`.
    pub verification_status: String,
    /// What is said of the person, as it was given.
    pub profile: String,
    /// The verification, in the same way.
    pub verification: Option<String>,
    /// What a reviewer still waits for, in the same way.
    pub request: Option<String>,
    /// The key of its files; there is none before the first file.
    pub key: Option<UserKey>,
}

/// The key of a user's files, wrapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserKey {
    /// The wrapped key.
    pub wrapped_key: Vec<u8>,
    /// Which key wraps it.
    pub key_holder: String,
}

/// What became of a new user whose commit had no known outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserOutcome {
    /// The user exists.
    Committed,
    /// The user does not exist and never will by that commit.
    NotCommitted,
}

/// The columns of a [`UserRow`], in its order.
macro_rules! user_columns {
    () => {
        "user_id, client_id, registered_at, revision, active, verification_status, profile, \
         verification, request, wrapped_key, key_holder"
    };
}
pub(crate) use user_columns;

const FIND_USER: &str =
    concat!("select ", user_columns!(), " from users where client_id = ?1 and user_id = ?2");
const FIND_USER_KEY: &str =
    "select wrapped_key, key_holder from users where client_id = ?1 and user_id = ?2";
const FIND_USER_ID: &str = "select user_id from users where client_id = ?1 and user_id = ?2";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[FIND_USER, FIND_USER_KEY, FIND_USER_ID];

impl Db {
    /// A user of this client.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn find_user(
        &self,
        client_id: ClientId,
        user_id: UserId,
    ) -> Result<Option<UserRow>, DbError> {
        let query = Query { sql: FIND_USER, params: params![client_id, user_id], rows_max: 1 };
        self.read(query).await?.pop().map(UserRow::from_row).transpose()
    }

    /// The key of a user's files.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn find_user_key(
        &self,
        client_id: ClientId,
        user_id: UserId,
    ) -> Result<Option<UserKey>, DbError> {
        let params = params![client_id, user_id];
        let query = Query { sql: FIND_USER_KEY, params, rows_max: 1 };
        let Some(row) = self.read(query).await?.pop() else { return Ok(None) };
        let mut columns = row.columns();
        Ok(user_key(columns.take()?, columns.take()?))
    }

    /// Settles whether a new user was committed, for good: see [`Db::find_upload_outcome`].
    ///
    /// # Errors
    /// As every write; then the outcome is still not known.
    pub async fn find_user_outcome(
        &self,
        client_id: ClientId,
        user_id: UserId,
    ) -> Result<UserOutcome, DbError> {
        let mut batch = Batch::default();
        probe::add_write(&mut batch);
        batch.add(Expect::ReturnAtMost(1), FIND_USER_ID, params![client_id, user_id]);
        let found = self.write_all(batch).await?.pop().is_some_and(|rows| !rows.is_empty());
        Ok(if found { UserOutcome::Committed } else { UserOutcome::NotCommitted })
    }
}

impl UserRow {
    pub(crate) fn from_row(row: Row) -> Result<Self, DbError> {
        let mut columns = row.columns();
        Ok(Self {
            user_id: columns.take()?,
            client_id: columns.take()?,
            registered_at: columns.take()?,
            revision: columns.take()?,
            active: columns.take()?,
            verification_status: columns.take()?,
            profile: columns.take()?,
            verification: columns.take()?,
            request: columns.take()?,
            key: user_key(columns.take()?, columns.take()?),
        })
    }
}

fn user_key(wrapped_key: Option<Vec<u8>>, key_holder: Option<String>) -> Option<UserKey> {
    Some(UserKey { wrapped_key: wrapped_key?, key_holder: key_holder? })
}

/// Personal data never reaches a log by way of `Debug`.
impl std::fmt::Debug for UserRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "UserRow({}, revision {})", self.user_id, self.revision)
    }
}
