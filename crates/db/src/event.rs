//! The outbox: what happened, written in the commit of the change and read in its order.

use dossier_domain::{ClientId, EventId, FileId, Timestamp, UserId};

use crate::PAGE_ROWS_MAX;
use crate::batch::{Batch, Expect, Query};
use crate::columns::{read_columns, written_columns};
use crate::engine::Db;
use crate::error::DbError;
use crate::value::{FromValue, Value, params};

/// Something to announce. Its kind and state are in the words of the reader of the row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// Its id: a UUID of version 7, so that ids follow time.
    pub event_id: EventId,
    /// To whom it is announced.
    pub client_id: ClientId,
    /// What happened.
    pub kind: String,
    /// The state of the file or the verification after it.
    pub state: String,
    /// The file it happened to, if it was a file.
    pub file_id: Option<FileId>,
    /// The user it happened to, or whose file it was. Events of one user are delivered in order.
    pub user_id: Option<UserId>,
    /// When it happened.
    pub created_at: Timestamp,
}

written_columns! {
    new_event_columns of NewEvent:
    event_id, client_id, kind, state, file_id, user_id, created_at,
}

/// Where an event stands among all: a later commit stands behind every earlier one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventPosition(pub i64);

/// An event that was announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// Where it stands.
    pub position: EventPosition,
    /// Its id.
    pub event_id: EventId,
    /// To whom it is announced.
    pub client_id: ClientId,
    /// What happened.
    pub kind: String,
    /// The state of the file or the verification after it.
    pub state: String,
    /// The file it happened to.
    pub file_id: Option<FileId>,
    /// The user it happened to, or whose file it was.
    pub user_id: Option<UserId>,
    /// When it happened.
    pub created_at: Timestamp,
}

read_columns! {
    event_columns of EventRow:
    position, event_id, client_id, kind, state, file_id, user_id, created_at,
}

/// Positions that differ in their last seven bits alone are a block. A client's first event in a
/// block is marked as the one that opens it.
const INSERT_EVENT: &str = concat!(
    "insert into events (",
    new_event_columns!(),
    ", opens_block) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, \
     iif(exists (select 1 from events where client_id = ?2 and opens_block is not null \
     and position >= ((select coalesce(max(position), 0) + 1 from events) & -128)), null, 1))"
);
/// Looks through each block that the client opened, from the event that opens it on.
const LIST_EVENTS: &str = concat!(
    "select ",
    event_columns!(),
    " from (select position as opening from events where client_id = ?1 \
     and opens_block is not null and position >= (?2 & -128)) \
     cross join events on position between max(opening, ?2 + 1) and (opening | 127) \
     where client_id = ?1 order by opening, position limit ?3"
);
const FIND_EVENT: &str = concat!("select ", event_columns!(), " from events where position = ?1");
/// Up to the first that is not old enough, the newest, or the one behind `?2` others. The newest
/// row stays, since its position must not be given again.
const PRUNE_EVENTS: &str = "\
    delete from events where position > 0 and position < (select position from events \
    where position > 0 and (created_at >= ?1 or position = coalesce(\
    (select position from events where position > 0 order by position limit 1 offset ?2), \
    (select max(position) from events))) order by position limit 1) returning position";
/// What is left of the first block may have lost the events that opened it.
const OPEN_FIRST_BLOCK: &str = "\
    update events set opens_block = 1 where opens_block is null \
    and position between (select min(position) from events) \
    and ((select min(position) from events) | 127) \
    and not exists (select 1 from events earlier where earlier.client_id = events.client_id \
    and earlier.position between (select min(position) from events) and events.position - 1)";

/// Positions of a block.
const BLOCK: usize = 128;

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] =
    &[INSERT_EVENT, LIST_EVENTS, FIND_EVENT, PRUNE_EVENTS, OPEN_FIRST_BLOCK];

impl Db {
    /// The events of a client in the order of their commits, after `after`. What was committed
    /// before a row that is listed is listed before it, or was pruned.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn list_events(
        &self,
        client_id: ClientId,
        after: EventPosition,
        limit: usize,
    ) -> Result<Vec<EventRow>, DbError> {
        let rows_max = limit.min(PAGE_ROWS_MAX);
        let params = params![client_id, after, rows_max];
        let query = Query { sql: LIST_EVENTS, params, rows_max };
        self.read(query).await?.into_iter().map(EventRow::from_row).collect()
    }

    /// The event at a position.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn find_event(&self, position: EventPosition) -> Result<Option<EventRow>, DbError> {
        let query = Query { sql: FIND_EVENT, params: params![position], rows_max: 1 };
        self.read(query).await?.pop().map(EventRow::from_row).transpose()
    }

    /// Forgets the oldest events up to the first that happened at a time or later, at most
    /// `limit`. Answers how many.
    ///
    /// # Errors
    /// As every write.
    pub async fn prune_events(&self, before: Timestamp, limit: usize) -> Result<usize, DbError> {
        let limit = limit.min(PAGE_ROWS_MAX);
        let mut batch = Batch::default();
        batch.add(Expect::ReturnAtMost(limit), PRUNE_EVENTS, params![before, limit]);
        batch.add(Expect::ChangeAtMost(BLOCK), OPEN_FIRST_BLOCK, Vec::new());
        Ok(self.write_all(batch).await?.first().map_or(0, Vec::len))
    }
}

/// Announces `event` in the commit of a batch.
pub(crate) fn add_event(batch: &mut Batch, event: NewEvent) {
    batch.add(Expect::ChangeOne, INSERT_EVENT, event.into_params());
}

impl From<EventPosition> for Value {
    fn from(position: EventPosition) -> Self {
        Self::Integer(position.0)
    }
}

impl FromValue for EventPosition {
    fn from_value(value: Value) -> Option<Self> {
        i64::from_value(value).map(Self)
    }
}
