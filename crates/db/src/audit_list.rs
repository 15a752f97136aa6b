//! Lists of the entries of one client.

use dossier_domain::{AuditEntryId, AuditRecord, ClientId, ObjectId, Timestamp};

use crate::PAGE_ROWS_MAX;
use crate::audit_chain::take_record;
use crate::batch::Query;
use crate::engine::Db;
use crate::error::DbError;
use crate::page::{ListOrder, Page};

/// Which entries of a client. What is absent does not restrict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only about this object.
    pub object_id: Option<ObjectId>,
    /// Only later than this.
    pub after: Option<Timestamp>,
    /// Only earlier than this.
    pub before: Option<Timestamp>,
}

/// A page of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditList {
    /// Whose entries.
    pub client_id: ClientId,
    /// Which of them.
    pub filter: AuditFilter,
    /// In which order.
    pub order: ListOrder,
    /// The last entry of the page before.
    pub after: Option<AuditEntryId>,
    /// The most rows wanted.
    pub limit: usize,
}

/// `?2` and `?3` bound the ids, so that a list starts where its page starts; `?4` and `?5` bound
/// the times exactly.
macro_rules! list_entries {
    ($filter:literal, $order:literal) => {
        concat!(
            "select entry_id, at, client_id, actor_kind, actor_id, action, object_kind, object_id, \
             request_id from audit_entries \
             where client_id = ?1 and entry_id > ?2 and entry_id < ?3 and at > ?4 and at < ?5",
            $filter,
            " order by entry_id ",
            $order,
            " limit ?6"
        )
    };
}

const LIST_NEWEST_FIRST: &str = list_entries!("", "desc");
const LIST_OLDEST_FIRST: &str = list_entries!("", "asc");
const LIST_OBJECT_NEWEST_FIRST: &str = list_entries!(" and object_id = ?7", "desc");
const LIST_OBJECT_OLDEST_FIRST: &str = list_entries!(" and object_id = ?7", "asc");

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] =
    &[LIST_NEWEST_FIRST, LIST_OLDEST_FIRST, LIST_OBJECT_NEWEST_FIRST, LIST_OBJECT_OLDEST_FIRST];

impl Db {
    /// One page of a client's entries, at most [`PAGE_ROWS_MAX`].
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn list_audit_entries(&self, list: AuditList) -> Result<Vec<AuditRecord>, DbError> {
        let rows_max = list.limit.min(PAGE_ROWS_MAX);
        let page = Page {
            order: list.order,
            after: list.after.map(AuditEntryId::to_bytes),
            made_after: list.filter.after,
            made_before: list.filter.before,
        };
        let mut params = page.params(list.client_id, rows_max);
        params.extend(list.filter.object_id.map(Into::into));
        let sql = match (list.filter.object_id, list.order) {
            (None, ListOrder::NewestFirst) => LIST_NEWEST_FIRST,
            (None, ListOrder::OldestFirst) => LIST_OLDEST_FIRST,
            (Some(_), ListOrder::NewestFirst) => LIST_OBJECT_NEWEST_FIRST,
            (Some(_), ListOrder::OldestFirst) => LIST_OBJECT_OLDEST_FIRST,
        };
        let rows = self.read(Query { sql, params, rows_max }).await?;
        rows.into_iter().map(|row| take_record(&mut row.columns())).collect()
    }
}
