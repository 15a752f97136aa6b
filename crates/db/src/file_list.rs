//! Lists of a client's files. Each combination of filters that has an index has a statement.

use std::time::Duration;

use dossier_domain::{ClientId, FileId, Timestamp, UserId};

use crate::PAGE_ROWS_MAX;
use crate::batch::Query;
use crate::engine::Db;
use crate::error::DbError;
use crate::file::{FileRow, file_columns};
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

/// In which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FileOrder {
    /// Newest first.
    #[default]
    NewestFirst,
    /// Oldest first.
    OldestFirst,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileList {
    /// Whose files.
    pub client_id: ClientId,
    /// Which of them.
    pub filter: FileFilter,
    /// In which order.
    pub order: FileOrder,
    /// The last file of the page before.
    pub after: Option<FileId>,
    /// The most rows wanted.
    pub limit: usize,
}

/// An id is made when an upload starts and `created_at` when it is accepted, at most two hours
/// later. A day covers that and a clock that is being set.
const ID_TIME_SLACK: Duration = Duration::from_hours(24);

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
        let mut params = bounds(&list, rows_max);
        let ([newest_first, oldest_first], values) = statements(list.filter);
        let sql = match list.order {
            FileOrder::NewestFirst => newest_first,
            FileOrder::OldestFirst => oldest_first,
        };
        params.extend(values);
        let query = Query { sql, params, rows_max };
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

/// The values of `?1` to `?6`.
fn bounds(list: &FileList, rows_max: usize) -> Vec<Value> {
    let FileList { client_id, filter, order, after, .. } = list;
    // A blob of no bytes stands before every id, and one of 17 bytes 0xff after every id.
    let (mut above, mut below) = (Vec::new(), vec![0xff; 17]);
    if let Some(time) = filter.created_after {
        above = first_id_of(time.minus(ID_TIME_SLACK));
    }
    if let Some(time) = filter.created_before {
        below = first_id_of(time.plus(ID_TIME_SLACK));
    }
    let after = after.map(|id| id.to_bytes().to_vec());
    match order {
        FileOrder::NewestFirst => below = after.map_or(below.clone(), |id| id.min(below)),
        FileOrder::OldestFirst => above = after.map_or(above.clone(), |id| id.max(above)),
    }
    params![
        *client_id,
        above,
        below,
        filter.created_after.unwrap_or(Timestamp::from_micros(i64::MIN)),
        filter.created_before.unwrap_or(Timestamp::from_micros(i64::MAX)),
        rows_max,
    ]
}

/// What stands before every version 7 UUID of this time and after every earlier one: 48 bits of
/// milliseconds since the epoch (RFC 9562, section 5.7).
fn first_id_of(time: Timestamp) -> Vec<u8> {
    const MILLIS_MAX: i64 = (1 << 48) - 1;
    let millis = time.micros().div_euclid(1000).clamp(0, MILLIS_MAX);
    millis.to_be_bytes().into_iter().skip(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_id_of_a_time_is_its_milliseconds_in_48_bits() {
        let time = Timestamp::parse_rfc3339("2022-02-22T19:22:22Z").unwrap();
        assert_eq!(first_id_of(time), [0x01, 0x7f, 0x22, 0xe2, 0x79, 0xb0]);
        assert_eq!(first_id_of(Timestamp::from_micros(-1)), [0; 6]);
        assert_eq!(first_id_of(Timestamp::from_micros(i64::MAX)), [0xff; 6]);
    }
}
