//! Versions of the root key: never the key, only a value that tells whether one has the right one.

use dossier_domain::Timestamp;

use crate::PAGE_ROWS_MAX;
use crate::batch::{Batch, Expect, Query, Written};
use crate::columns::read_columns;
use crate::engine::Db;
use crate::error::DbError;
use crate::value::{FromValue, Value, params};

/// The version of a root key, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RootVersion(pub u32);

/// Whether a root version still wraps new keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RootState {
    /// The one that wraps new keys.
    Active,
    /// Only unwraps what it once wrapped.
    Retired,
}

/// A root version to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRootVersion {
    /// Its number.
    pub version: RootVersion,
    /// Made from the key, tells nothing about it.
    pub check_value: Vec<u8>,
    /// When it is made.
    pub created_at: Timestamp,
}

/// A root version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootVersionRow {
    /// Its number.
    pub version: RootVersion,
    /// Made from the key, tells nothing about it.
    pub check_value: Vec<u8>,
    /// Whether it wraps new keys.
    pub state: RootState,
    /// When it was made.
    pub created_at: Timestamp,
}

read_columns! {
    root_columns of RootVersionRow:
    version, check_value, state, created_at,
}

/// What came of adding a root version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InsertRootVersion {
    /// It was added, and is the active one now.
    Inserted,
    /// The number is taken; nothing was changed. Read it and compare the check value.
    VersionTaken,
}

const LIST_ROOT_VERSIONS: &str =
    concat!("select ", root_columns!(), " from root_versions order by version limit ?1");
const RETIRE_ROOT_VERSION: &str =
    "update root_versions set state = 'retired' where state = 'active'";
const INSERT_ROOT_VERSION: &str = "\
    insert into root_versions (version, check_value, state, created_at) \
    values (?1, ?2, 'active', ?3) on conflict (version) do nothing";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] =
    &[LIST_ROOT_VERSIONS, RETIRE_ROOT_VERSION, INSERT_ROOT_VERSION];

impl Db {
    /// All root versions, oldest first (at most [`PAGE_ROWS_MAX`]).
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn list_root_versions(&self) -> Result<Vec<RootVersionRow>, DbError> {
        let rows_max = PAGE_ROWS_MAX;
        let query = Query { sql: LIST_ROOT_VERSIONS, params: params![rows_max], rows_max };
        self.read(query).await?.into_iter().map(RootVersionRow::from_row).collect()
    }

    /// Adds a root version and makes it the active one.
    ///
    /// # Errors
    /// As every write.
    pub async fn insert_root_version(
        &self,
        root: NewRootVersion,
    ) -> Result<InsertRootVersion, DbError> {
        let mut batch = Batch::default();
        batch.add(Expect::ChangeAtMost(1), RETIRE_ROOT_VERSION, params![]);
        let params = params![root.version, root.check_value, root.created_at];
        batch.add(Expect::ChangeOne, INSERT_ROOT_VERSION, params);
        Ok(match self.write(batch).await? {
            Written::Done(_) => InsertRootVersion::Inserted,
            Written::Missed(_) => InsertRootVersion::VersionTaken,
        })
    }
}

impl From<RootVersion> for Value {
    fn from(version: RootVersion) -> Self {
        Self::from(version.0)
    }
}

impl FromValue for RootVersion {
    fn from_value(value: Value) -> Option<Self> {
        u32::from_value(value).map(Self)
    }
}

impl FromValue for RootState {
    fn from_value(value: Value) -> Option<Self> {
        match String::from_value(value)?.as_str() {
            "active" => Some(Self::Active),
            "retired" => Some(Self::Retired),
            _ => None,
        }
    }
}
