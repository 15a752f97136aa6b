//! Lists of a client's files. Each combination of filters that has an index has a statement.

use dossier_domain::{ClientId, FileId, Timestamp, UserId};

use crate::PAGE_ROWS_MAX;
use crate::batch::Query;
use crate::engine::Db;
use crate::error::DbError;
use crate::file::{FileRow, file_columns};
use crate::page::{ListOrder, Page};
use crate::value::{Value, params};

/// Which files of a client. What is absent does not restrict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileFilter {
    /// Only of this purpose.
    pub purpose: Option<String>,
    /// Only of this status.
    pub status: Option<String>,
    /// Only attached to this user.
    pub user_id: Option<UserId>,
    /// Only created later than this.
    pub created_after: Option<Timestamp>,
    /// Only created earlier than this.
    pub created_before: Option<Timestamp>,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileList {
    /// Whose files.
    pub client_id: ClientId,
    /// Which of them.
    pub filter: FileFilter,
    /// In which order.
    pub order: ListOrder,
    /// The last file of the page before.
    pub after: Option<FileId>,
    /// The most rows wanted.
    pub limit: usize,
}

/// `?2` and `?3` bound the ids, so that a list starts where its page starts; `?4` and `?5` bound
/// the times exactly. The values of the filter follow from `?7` on.
macro_rules! list_files {
    ($filter:literal, $order:literal) => {
        concat!(
            "select ",
            file_columns!(),
            " from files where client_id = ?1 and file_id > ?2 and file_id < ?3 \
             and created_at > ?4 and created_at < ?5",
            $filter,
            " order by file_id ",
            $order,
            " limit ?6"
        )
    };
}

/// A list newest first, and the same oldest first.
macro_rules! both_orders {
    ($filter:literal) => {
        [list_files!($filter, "desc"), list_files!($filter, "asc")]
    };
}

const LIST_ALL: [&str; 2] = both_orders!("");
const LIST_BY_PURPOSE: [&str; 2] = both_orders!(" and purpose = ?7");
/// Nearly every file is ready: the list of all is the shortest way to them.
const LIST_READY: [&str; 2] = both_orders!(" and status = 'ready'");
/// The words after `?7` name the index, which holds only these.
const LIST_NOT_READY: [&str; 2] = both_orders!(" and status = ?7 and status <> 'ready'");
const LIST_READY_BY_PURPOSE: [&str; 2] = both_orders!(" and purpose = ?7 and status = 'ready'");
const LIST_NOT_READY_BY_PURPOSE: [&str; 2] =
    both_orders!(" and purpose = ?7 and status = ?8 and status <> 'ready'");
/// A user has few files, so the other filters need no index here.
const LIST_BY_USER: [&str; 2] = both_orders!(
    " and user_id = ?7 and (cast(?8 as text) is null or purpose = ?8) \
     and (cast(?9 as text) is null or status = ?9)"
);

#[cfg(test)]
pub(crate) const STATEMENTS: &[[&str; 2]] = &[
    LIST_ALL,
    LIST_BY_PURPOSE,
    LIST_READY,
    LIST_NOT_READY,
    LIST_READY_BY_PURPOSE,
    LIST_NOT_READY_BY_PURPOSE,
    LIST_BY_USER,
];

impl Db {
    /// One page of a client's files, at most [`PAGE_ROWS_MAX`].
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn list_files(&self, list: FileList) -> Result<Vec<FileRow>, DbError> {
        let rows_max = list.limit.min(PAGE_ROWS_MAX);
        let page = Page {
            order: list.order,
            after: list.after.map(FileId::to_bytes),
            made_after: list.filter.created_after,
            made_before: list.filter.created_before,
        };
        let mut params = page.params(list.client_id, rows_max);
        let (both_orders, values) = statements(list.filter);
        params.extend(values);
        let query = Query { sql: list.order.choose(both_orders), params, rows_max };
        self.read(query).await?.into_iter().map(FileRow::from_row).collect()
    }
}

/// The statements of a filter, and the values they take from `?7` on.
fn statements(filter: FileFilter) -> ([&'static str; 2], Vec<Value>) {
    let FileFilter { purpose, status, user_id, .. } = filter;
    match (user_id, purpose, status) {
        (Some(user_id), purpose, status) => (LIST_BY_USER, params![user_id, purpose, status]),
        (None, Some(purpose), Some(status)) if status == "ready" => {
            (LIST_READY_BY_PURPOSE, params![purpose])
        }
        (None, Some(purpose), Some(status)) => {
            (LIST_NOT_READY_BY_PURPOSE, params![purpose, status])
        }
        (None, Some(purpose), None) => (LIST_BY_PURPOSE, params![purpose]),
        (None, None, Some(status)) if status == "ready" => (LIST_READY, Vec::new()),
        (None, None, Some(status)) => (LIST_NOT_READY, params![status]),
        (None, None, None) => (LIST_ALL, Vec::new()),
    }
}
