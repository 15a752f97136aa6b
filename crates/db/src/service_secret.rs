//! The secret of the service, wrapped under the root key: one row, made once.

use crate::batch::{Batch, Expect, Query, Written};
use crate::columns::read_columns;
use crate::engine::Db;
use crate::error::DbError;
use crate::root::RootVersion;
use crate::value::{Row, params};

/// The secret of the service as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceSecretRow {
    /// The secret, wrapped under the root key.
    pub wrapped: Vec<u8>,
    /// The version of that root key.
    pub root_version: RootVersion,
}

read_columns! {
    secret_columns of ServiceSecretRow:
    wrapped, root_version,
}

/// What came of wrapping the secret anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplaceServiceSecret {
    /// The row holds the new wrapping.
    Replaced,
    /// Somebody else replaced it first; nothing was changed.
    Changed,
}

const INSERT_SERVICE_SECRET: &str = "\
    insert into service_secret (id, wrapped, root_version) values (1, ?1, ?2) \
    on conflict (id) do nothing";
const FIND_SERVICE_SECRET: &str =
    concat!("select ", secret_columns!(), " from service_secret where id = 1");
const REPLACE_SERVICE_SECRET: &str = "\
    update service_secret set wrapped = ?1, root_version = ?2 where id = 1 and wrapped = ?3";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] =
    &[INSERT_SERVICE_SECRET, FIND_SERVICE_SECRET, REPLACE_SERVICE_SECRET];

impl Db {
    /// The secret, if one was made.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn find_service_secret(&self) -> Result<Option<ServiceSecretRow>, DbError> {
        let query = Query { sql: FIND_SERVICE_SECRET, params: params![], rows_max: 1 };
        self.read(query).await?.pop().map(ServiceSecretRow::from_row).transpose()
    }

    /// Stores `new` unless there is a secret, and answers the one that is there now: of many who
    /// come at once, all get the same.
    ///
    /// # Errors
    /// As every write.
    pub async fn insert_service_secret(
        &self,
        new: ServiceSecretRow,
    ) -> Result<ServiceSecretRow, DbError> {
        let mut batch = Batch::default();
        let params = params![new.wrapped, new.root_version];
        batch.add(Expect::ChangeAtMost(1), INSERT_SERVICE_SECRET, params);
        let found = batch.add(Expect::ReturnOne, FIND_SERVICE_SECRET, params![]);
        let rows = self.write_all(batch).await?.into_iter().nth(found.0);
        let row = rows.and_then(|mut rows| rows.pop()).unwrap_or(Row(Vec::new()));
        ServiceSecretRow::from_row(row)
    }

    /// Puts the same secret, wrapped anew, in the place of `old`.
    ///
    /// # Errors
    /// As every write.
    pub async fn replace_service_secret(
        &self,
        old: &ServiceSecretRow,
        new: ServiceSecretRow,
    ) -> Result<ReplaceServiceSecret, DbError> {
        let mut batch = Batch::default();
        let params = params![new.wrapped, new.root_version, old.wrapped.clone()];
        batch.add(Expect::ChangeOne, REPLACE_SERVICE_SECRET, params);
        Ok(match self.write(batch).await? {
            Written::Done(_) => ReplaceServiceSecret::Replaced,
            Written::Missed(_) => ReplaceServiceSecret::Changed,
        })
    }
}
