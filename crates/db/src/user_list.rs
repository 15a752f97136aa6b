//! Lists of a client's users. Each combination of filters that has an index has a statement.

use dossier_domain::{ClientId, Timestamp, UserId};

use crate::PAGE_ROWS_MAX;
use crate::batch::Query;
use crate::engine::Db;
use crate::error::DbError;
use crate::page::{ListOrder, Page};
use crate::user::{UserRow, user_columns};
use crate::value::{Value, params};

/// Which users of a client. What is absent does not restrict.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct UserFilter {
    /// Only the one with this external id, folded.
    pub external_id_folded: Option<String>,
    /// Only those that are verified, or only those that are not.
    pub verified: Option<bool>,
    /// Only those that are active, or only those that are not.
    pub active: Option<bool>,
    /// Only registered later than this.
    pub registered_after: Option<Timestamp>,
    /// Only registered earlier than this.
    pub registered_before: Option<Timestamp>,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserList {
    /// Whose users.
    pub client_id: ClientId,
    /// Which of them.
    pub filter: UserFilter,
    /// In which order.
    pub order: ListOrder,
    /// The last user of the page before.
    pub after: Option<UserId>,
    /// The most rows wanted.
    pub limit: usize,
    /// The page ends with the row that brings what its rows hold above this.
    pub bytes_max: usize,
}

/// The users of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRows {
    /// The users.
    pub users: Vec<UserRow>,
    /// Whether the list goes on behind them.
    pub more: bool,
}

/// `?2` and `?3` bound the ids, so that a list starts where its page starts; `?4` and `?5` bound
/// the times exactly. The values of the filter follow from `?7` on.
macro_rules! list_users {
    ($filter:literal, $order:literal) => {
        concat!(
            "select ",
            user_columns!(),
            " from users where client_id = ?1 and user_id > ?2 and user_id < ?3 \
             and registered_at > ?4 and registered_at < ?5",
            $filter,
            " order by user_id ",
            $order,
            " limit ?6"
        )
    };
}

/// A list newest first, and the same oldest first.
macro_rules! both_orders {
    ($filter:literal) => {
        [list_users!($filter, "desc"), list_users!($filter, "asc")]
    };
}

const LIST_ALL: [&str; 2] = both_orders!("");
const LIST_BY_VERIFIED: [&str; 2] = both_orders!(" and verified = ?7");
/// Nearly every user is active: the list of all is the shortest way to them.
const LIST_ACTIVE: [&str; 2] = both_orders!(" and active = 1");
const LIST_INACTIVE: [&str; 2] = both_orders!(" and active = 0");
const LIST_ACTIVE_BY_VERIFIED: [&str; 2] = both_orders!(" and verified = ?7 and active = 1");
/// The plus keeps the column out of the choice of an index: few users are inactive.
const LIST_INACTIVE_BY_VERIFIED: [&str; 2] = both_orders!(" and +verified = ?7 and active = 0");
/// One user at the most, so the other filters need no index here.
const LIST_BY_EXTERNAL_ID: [&str; 2] = both_orders!(
    " and user_id = (select user_id from user_external_ids \
     where client_id = ?1 and external_id_folded = ?7) \
     and (cast(?8 as bigint) is null or verified = ?8) \
     and (cast(?9 as bigint) is null or active = ?9)"
);

#[cfg(test)]
pub(crate) const STATEMENTS: &[[&str; 2]] = &[
    LIST_ALL,
    LIST_BY_VERIFIED,
    LIST_ACTIVE,
    LIST_INACTIVE,
    LIST_ACTIVE_BY_VERIFIED,
    LIST_INACTIVE_BY_VERIFIED,
    LIST_BY_EXTERNAL_ID,
];

impl Db {
    /// One page of a client's users, at most [`PAGE_ROWS_MAX`].
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn list_users(&self, list: UserList) -> Result<UserRows, DbError> {
        let rows_max = list.limit.min(PAGE_ROWS_MAX);
        let page = Page {
            order: list.order,
            after: list.after.map(UserId::to_bytes),
            made_after: list.filter.registered_after,
            made_before: list.filter.registered_before,
        };
        // One more than is taken, which tells that the list goes on.
        let mut params = page.params(list.client_id, rows_max + 1);
        let (both_orders, values) = statements(list.filter);
        params.extend(values);
        let query = Query { sql: list.order.choose(both_orders), params, rows_max };
        let (rows, more) = self.read_within(query, list.bytes_max).await?;
        let users = rows.into_iter().map(UserRow::from_row).collect::<Result<_, _>>()?;
        Ok(UserRows { users, more })
    }
}

/// The statements of a filter, and the values they take from `?7` on.
fn statements(filter: UserFilter) -> ([&'static str; 2], Vec<Value>) {
    let UserFilter { external_id_folded, verified, active, .. } = filter;
    let number = |flag: Option<bool>| flag.map(i64::from);
    match (external_id_folded, verified, active) {
        (Some(folded), verified, active) => {
            (LIST_BY_EXTERNAL_ID, params![folded, number(verified), number(active)])
        }
        (None, Some(verified), Some(true)) => {
            (LIST_ACTIVE_BY_VERIFIED, params![i64::from(verified)])
        }
        (None, Some(verified), Some(false)) => {
            (LIST_INACTIVE_BY_VERIFIED, params![i64::from(verified)])
        }
        (None, Some(verified), None) => (LIST_BY_VERIFIED, params![i64::from(verified)]),
        (None, None, Some(true)) => (LIST_ACTIVE, Vec::new()),
        (None, None, Some(false)) => (LIST_INACTIVE, Vec::new()),
        (None, None, None) => (LIST_ALL, Vec::new()),
    }
}

/// What a client calls a user never reaches a log by way of `Debug`.
impl std::fmt::Debug for UserFilter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserFilter")
            .field("by_external_id", &self.external_id_folded.is_some())
            .field("verified", &self.verified)
            .field("active", &self.active)
            .field("registered_after", &self.registered_after)
            .field("registered_before", &self.registered_before)
            .finish()
    }
}
