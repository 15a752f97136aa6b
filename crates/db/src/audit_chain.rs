//! The chains of the audit as they are read: their heads, and entries in the order of the commits.

use dossier_domain::AuditRecord;

use crate::PAGE_ROWS_MAX;
use crate::batch::Query;
use crate::engine::Db;
use crate::error::DbError;
use crate::value::{Columns, Row, params};

/// Which entry of a chain: in which chain, and there the how many-th it is, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AuditPlace {
    /// The chain.
    pub chain: i64,
    /// The place in it.
    pub place: i64,
}

/// Where an entry stands among those of all chains: a later commit stands behind every earlier
/// one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AuditPosition(pub i64);

/// The head of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditChainRow {
    /// The place of its last entry; 0 when it has none.
    pub head: AuditPlace,
    /// The hash of its last entry; before the first, the number of the chain as 32 bytes.
    pub hash: [u8; 32],
}

/// An entry in its chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Where it stands among all.
    pub position: AuditPosition,
    /// Where it stands in its chain.
    pub place: AuditPlace,
    /// Its hash, as it was written.
    pub hash: [u8; 32],
    /// The entry.
    pub record: AuditRecord,
}

const LIST_LOG: &str = "\
    select position, chain, place, hash, entry_id, at, client_id, actor_kind, actor_id, action, \
    object_kind, object_id, request_id from audit_entries where position >= ?1 \
    order by position limit ?2";
const LIST_HEADS: &str = "select chain, length, hash from audit_chains order by chain limit ?1";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[LIST_LOG, LIST_HEADS];

impl Db {
    /// The heads of all chains, in one moment.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn list_audit_chains(&self) -> Result<Vec<AuditChainRow>, DbError> {
        self.read_heads().await?.into_iter().map(AuditChainRow::from_row).collect()
    }

    /// Entries of all clients in the order of their commits, after `after`.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn list_audit_log(
        &self,
        after: Option<AuditPosition>,
        limit: usize,
    ) -> Result<Vec<AuditRow>, DbError> {
        let from = after.map_or(Some(AuditPosition::FIRST), AuditPosition::next);
        let Some(from) = from else { return Ok(Vec::new()) };
        let rows = self.read_log(from, limit.min(PAGE_ROWS_MAX)).await?;
        rows.into_iter().map(AuditRow::from_row).collect()
    }

    /// Rows of entries, from `from` on.
    pub(crate) async fn read_log(
        &self,
        from: AuditPosition,
        rows_max: usize,
    ) -> Result<Vec<Row>, DbError> {
        self.read(Query { sql: LIST_LOG, params: params![from.0, rows_max], rows_max }).await
    }

    /// Rows of heads.
    pub(crate) async fn read_heads(&self) -> Result<Vec<Row>, DbError> {
        let rows_max = PAGE_ROWS_MAX;
        self.read(Query { sql: LIST_HEADS, params: params![rows_max], rows_max }).await
    }
}

impl AuditPosition {
    /// Before all entries, also those that no entry of ours can stand before.
    pub(crate) const FIRST: Self = Self(i64::MIN);

    /// The one behind this; `None` behind the last there is.
    pub(crate) fn next(self) -> Option<Self> {
        self.0.checked_add(1).map(Self)
    }
}

pub(crate) fn take_place(columns: &mut Columns) -> Result<AuditPlace, DbError> {
    Ok(AuditPlace { chain: columns.take()?, place: columns.take()? })
}

/// The entry of a row, in the order in which all statements select its columns.
pub(crate) fn take_record(columns: &mut Columns) -> Result<AuditRecord, DbError> {
    Ok(AuditRecord {
        entry_id: columns.take()?,
        at: columns.take()?,
        client_id: columns.take()?,
        actor_kind: columns.take()?,
        actor_id: columns.take()?,
        action: columns.take()?,
        object_kind: columns.take()?,
        object_id: columns.take()?,
        request_id: columns.take()?,
    })
}

impl AuditChainRow {
    fn from_row(row: Row) -> Result<Self, DbError> {
        let mut columns = row.columns();
        Ok(Self { head: take_place(&mut columns)?, hash: columns.take()? })
    }
}

impl AuditRow {
    fn from_row(row: Row) -> Result<Self, DbError> {
        let mut columns = row.columns();
        Ok(Self {
            position: AuditPosition(columns.take()?),
            place: take_place(&mut columns)?,
            hash: columns.take()?,
            record: take_record(&mut columns)?,
        })
    }
}
