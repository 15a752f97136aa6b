//! What happened to the verifications of users, change by change.

use dossier_domain::{Timestamp, UserId};

use crate::PAGE_ROWS_MAX;
use crate::batch::{Batch, Expect, Query};
use crate::engine::Db;
use crate::error::DbError;
use crate::value::{Row, params};

/// A change to be kept with the write that makes it.
#[derive(Clone, PartialEq, Eq)]
pub struct NewVerificationChange {
    /// When.
    pub changed_at: Timestamp,
    /// Who, in the words of the reader of the row.
    pub actor: String,
    /// What happened.
    pub step: String,
    /// What the verification is after it.
    pub status: String,
    /// More of what happened, in the form the reader of the row understands.
    pub details: Option<String>,
}

/// A change that happened.
#[derive(Clone, PartialEq, Eq)]
pub struct VerificationChangeRow {
    /// The revision of the user after it.
    pub revision: i64,
    /// The change.
    pub change: NewVerificationChange,
}

const INSERT_CHANGE: &str = "\
    insert into verification_changes (user_id, revision, changed_at, actor, step, status, details) \
    values (?1, ?2, ?3, ?4, ?5, ?6, ?7) on conflict do nothing";
const LIST_CHANGES: &str = "\
    select revision, changed_at, actor, step, status, details from verification_changes \
    where user_id = ?1 and revision < ?2 order by revision desc limit ?3";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[INSERT_CHANGE, LIST_CHANGES];

/// Adds the step that keeps a change.
pub(crate) fn add_change(
    batch: &mut Batch,
    user_id: UserId,
    revision: i64,
    change: NewVerificationChange,
) {
    let params = params![
        user_id,
        revision,
        change.changed_at,
        change.actor,
        change.step,
        change.status,
        change.details,
    ];
    batch.add(Expect::ChangeOne, INSERT_CHANGE, params);
}

impl Db {
    /// The changes of a user's verification, newest first, older than the revision `before`.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn list_verification_changes(
        &self,
        user_id: UserId,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Vec<VerificationChangeRow>, DbError> {
        let rows_max = limit.min(PAGE_ROWS_MAX);
        let params = params![user_id, before.unwrap_or(i64::MAX), rows_max];
        let query = Query { sql: LIST_CHANGES, params, rows_max };
        self.read(query).await?.into_iter().map(VerificationChangeRow::from_row).collect()
    }
}

impl VerificationChangeRow {
    fn from_row(row: Row) -> Result<Self, DbError> {
        let mut columns = row.columns();
        Ok(Self {
            revision: columns.take()?,
            change: NewVerificationChange {
                changed_at: columns.take()?,
                actor: columns.take()?,
                step: columns.take()?,
                status: columns.take()?,
                details: columns.take()?,
            },
        })
    }
}

/// Notes of reviewers never reach a log by way of `Debug`.
impl std::fmt::Debug for NewVerificationChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewVerificationChange({}, {})", self.step, self.status)
    }
}

/// Notes of reviewers never reach a log by way of `Debug`.
impl std::fmt::Debug for VerificationChangeRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VerificationChangeRow({}, {:?})", self.revision, self.change)
    }
}
