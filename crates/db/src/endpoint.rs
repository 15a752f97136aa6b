//! Webhook endpoints, their secrets, and how far their events were queued.

use dossier_domain::{ClientId, EndpointId, Timestamp};

use crate::PAGE_ROWS_MAX;
use crate::audit::{self, NewAuditEntry};
use crate::batch::{Batch, Expect, Query, Written};
use crate::columns::read_columns;
use crate::engine::Db;
use crate::error::DbError;
use crate::event::EventPosition;
use crate::job::first_of_its_lane;
use crate::value::params;

/// A secret as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedSecret {
    /// The wrapped secret.
    pub wrapped: Vec<u8>,
    /// Which key wraps it.
    pub holder: String,
}

/// An endpoint to make. It is sent what is committed after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEndpoint {
    /// Its id: a UUID of version 7, so that ids follow time.
    pub endpoint_id: EndpointId,
    /// Whose endpoint.
    pub client_id: ClientId,
    /// Where its webhooks are sent.
    pub url: String,
    /// Which events, in the form the reader of the row understands.
    pub events: String,
    /// What they are signed with.
    pub secret: WrappedSecret,
    /// When it is made.
    pub created_at: Timestamp,
    /// What the audit says of it.
    pub entry: NewAuditEntry,
}

/// What came of making an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InsertEndpoint {
    /// It is there.
    Inserted,
    /// The client has as many as it may have; nothing was changed.
    TooMany,
}

/// A secret to put in the place of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotateEndpointSecret {
    /// The new one.
    pub secret: WrappedSecret,
    /// Until when the one it takes the place of lives.
    pub old_ends_at: Timestamp,
    /// What the audit says of it.
    pub entry: NewAuditEntry,
}

/// What an endpoint becomes; what is absent stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointUpdate {
    /// Where its webhooks are sent.
    pub url: Option<String>,
    /// Which events.
    pub events: Option<String>,
    /// What the audit says of it.
    pub entry: NewAuditEntry,
}

/// An endpoint that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointRow {
    /// Its id.
    pub endpoint_id: EndpointId,
    /// Whose endpoint.
    pub client_id: ClientId,
    /// Where its webhooks are sent.
    pub url: String,
    /// Which events.
    pub events: String,
    /// The newest secret, wrapped.
    pub secret: Vec<u8>,
    /// Which key wraps it.
    pub secret_holder: String,
    /// The secret before, wrapped, if there was one.
    pub secret_before: Option<Vec<u8>>,
    /// Which key wraps that.
    pub secret_before_holder: Option<String>,
    /// Until when it lives.
    pub secret_before_ends_at: Option<Timestamp>,
    /// Deliveries of events up to here were queued.
    pub queued_to: EventPosition,
    /// When it was made.
    pub created_at: Timestamp,
}

read_columns! {
    endpoint_columns of EndpointRow:
    endpoint_id, client_id, url, events, secret, secret_holder, secret_before,
    secret_before_holder, secret_before_ends_at, queued_to, created_at,
}

/// Jobs that go in one commit when their endpoint is deleted.
const JOBS_PER_COMMIT: usize = 1000;

const INSERT_ENDPOINT: &str = "\
    insert into webhook_endpoints (endpoint_id, client_id, url, events, secret, secret_holder, \
    queued_to, created_at) select ?1, ?2, ?3, ?4, ?5, ?6, \
    coalesce((select max(position) from events), 0), ?7 \
    where (select count(*) from webhook_endpoints where client_id = ?2) < ?8 \
    on conflict do nothing";
const FIND_ENDPOINT: &str = concat!(
    "select ",
    endpoint_columns!(),
    " from webhook_endpoints where client_id = ?1 and endpoint_id = ?2"
);
const FIND_ANY_ENDPOINT: &str =
    concat!("select ", endpoint_columns!(), " from webhook_endpoints where endpoint_id = ?1");
const LIST_ENDPOINTS: &str = concat!(
    "select ",
    endpoint_columns!(),
    " from webhook_endpoints where client_id = ?1 order by endpoint_id limit ?2"
);
const LIST_ALL_ENDPOINTS: &str = concat!(
    "select ",
    endpoint_columns!(),
    " from webhook_endpoints where endpoint_id > ?1 order by endpoint_id limit ?2"
);
/// An event that is not queued yet, or a job that may be taken.
const LIST_ENDPOINTS_WITH_WORK: &str = concat!(
    "select ",
    endpoint_columns!(),
    " from webhook_endpoints where endpoint_id > ?1 and (exists (select 1 from events opening \
     cross join events e on e.position between max(opening.position, queued_to + 1) \
     and (opening.position | 127) where opening.client_id = webhook_endpoints.client_id \
     and opening.opens_block is not null and opening.position >= (queued_to & -128) \
     and e.client_id = opening.client_id) \
     or exists (select 1 from jobs where queue = endpoint_id and state = 'pending' \
     and next_at <= ?2 and ",
    first_of_its_lane!(),
    ")) order by endpoint_id limit ?3"
);
const UPDATE_ENDPOINT: &str = "\
    update webhook_endpoints set url = coalesce(?3, url), events = coalesce(?4, events) \
    where client_id = ?1 and endpoint_id = ?2";
const ROTATE_SECRET: &str = "\
    update webhook_endpoints set secret_before = secret, secret_before_holder = secret_holder, \
    secret_before_ends_at = ?3, secret = ?4, secret_holder = ?5 \
    where client_id = ?1 and endpoint_id = ?2";
const DELETE_JOBS: &str = "\
    delete from jobs where job_id in (select job_id from jobs where queue = ?1 limit ?2) \
    returning job_id";
const DELETE_ENDPOINT: &str =
    "delete from webhook_endpoints where client_id = ?1 and endpoint_id = ?2";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[
    INSERT_ENDPOINT,
    FIND_ENDPOINT,
    FIND_ANY_ENDPOINT,
    LIST_ENDPOINTS,
    LIST_ALL_ENDPOINTS,
    LIST_ENDPOINTS_WITH_WORK,
    UPDATE_ENDPOINT,
    ROTATE_SECRET,
    DELETE_JOBS,
    DELETE_ENDPOINT,
];

impl Db {
    /// Makes an endpoint, unless its client has `max` already.
    ///
    /// # Errors
    /// As every write.
    pub async fn insert_endpoint(
        &self,
        new: NewEndpoint,
        max: usize,
    ) -> Result<InsertEndpoint, DbError> {
        let mut batch = Batch::default();
        let params = params![
            new.endpoint_id,
            new.client_id,
            new.url,
            new.events,
            new.secret.wrapped,
            new.secret.holder,
            new.created_at,
            max,
        ];
        batch.add(Expect::ChangeOne, INSERT_ENDPOINT, params);
        audit::add(&mut batch, new.client_id, new.entry);
        Ok(match self.write(batch).await? {
            Written::Done(_) => InsertEndpoint::Inserted,
            Written::Missed(_) => InsertEndpoint::TooMany,
        })
    }

    /// An endpoint of this client.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn find_endpoint(
        &self,
        client_id: ClientId,
        endpoint_id: EndpointId,
    ) -> Result<Option<EndpointRow>, DbError> {
        let params = params![client_id, endpoint_id];
        let query = Query { sql: FIND_ENDPOINT, params, rows_max: 1 };
        self.read(query).await?.pop().map(EndpointRow::from_row).transpose()
    }

    /// An endpoint of whatever client.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn find_any_endpoint(
        &self,
        endpoint_id: EndpointId,
    ) -> Result<Option<EndpointRow>, DbError> {
        let query = Query { sql: FIND_ANY_ENDPOINT, params: params![endpoint_id], rows_max: 1 };
        self.read(query).await?.pop().map(EndpointRow::from_row).transpose()
    }

    /// The endpoints of a client, oldest first.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn list_endpoints(&self, client_id: ClientId) -> Result<Vec<EndpointRow>, DbError> {
        let params = params![client_id, PAGE_ROWS_MAX];
        self.endpoints(Query { sql: LIST_ENDPOINTS, params, rows_max: PAGE_ROWS_MAX }).await
    }

    /// The endpoints of all clients in the order of their ids, after `after`.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn list_all_endpoints(
        &self,
        after: Option<EndpointId>,
        limit: usize,
    ) -> Result<Vec<EndpointRow>, DbError> {
        let rows_max = limit.min(PAGE_ROWS_MAX);
        let params = params![first_after(after), rows_max];
        self.endpoints(Query { sql: LIST_ALL_ENDPOINTS, params, rows_max }).await
    }

    /// Those endpoints for which there is something to do: events to queue, or jobs to take.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn list_endpoints_with_work(
        &self,
        after: Option<EndpointId>,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<EndpointRow>, DbError> {
        let rows_max = limit.min(PAGE_ROWS_MAX);
        let params = params![first_after(after), now, rows_max];
        self.endpoints(Query { sql: LIST_ENDPOINTS_WITH_WORK, params, rows_max }).await
    }

    /// Changes an endpoint; `None` when the client has no such one.
    ///
    /// # Errors
    /// As every write.
    pub async fn update_endpoint(
        &self,
        client_id: ClientId,
        endpoint_id: EndpointId,
        update: EndpointUpdate,
    ) -> Result<Option<EndpointRow>, DbError> {
        let mut batch = Batch::default();
        let params = params![client_id, endpoint_id, update.url, update.events];
        batch.add(Expect::ChangeOne, UPDATE_ENDPOINT, params);
        self.write_endpoint(batch, (client_id, endpoint_id), update.entry).await
    }

    /// Gives an endpoint a new secret; the one it had lives on for a while, and the one before
    /// that no more. `None` when the client has no such endpoint.
    ///
    /// # Errors
    /// As every write.
    pub async fn rotate_endpoint_secret(
        &self,
        client_id: ClientId,
        endpoint_id: EndpointId,
        new: RotateEndpointSecret,
    ) -> Result<Option<EndpointRow>, DbError> {
        let mut batch = Batch::default();
        let RotateEndpointSecret { secret: WrappedSecret { wrapped, holder }, old_ends_at, entry } =
            new;
        let params = params![client_id, endpoint_id, old_ends_at, wrapped, holder];
        batch.add(Expect::ChangeOne, ROTATE_SECRET, params);
        self.write_endpoint(batch, (client_id, endpoint_id), entry).await
    }

    /// Deletes an endpoint and its jobs. Answers whether the client had it.
    ///
    /// # Errors
    /// As every write. Some of its jobs may be gone then.
    pub async fn delete_endpoint(
        &self,
        client_id: ClientId,
        endpoint_id: EndpointId,
        entry: NewAuditEntry,
    ) -> Result<bool, DbError> {
        if self.find_endpoint(client_id, endpoint_id).await?.is_none() {
            return Ok(false);
        }
        // Few at a time, so that nobody waits long for the writer; those that were queued
        // meanwhile go with the endpoint.
        loop {
            let mut batch = Batch::default();
            let jobs = add_delete_jobs(&mut batch, endpoint_id);
            let rows = self.write_all(batch).await?;
            if rows.get(jobs.0).is_none_or(|rows| rows.len() < JOBS_PER_COMMIT) {
                break;
            }
        }
        let mut batch = Batch::default();
        add_delete_jobs(&mut batch, endpoint_id);
        batch.add(Expect::ChangeOne, DELETE_ENDPOINT, params![client_id, endpoint_id]);
        audit::add(&mut batch, client_id, entry);
        Ok(matches!(self.write(batch).await?, Written::Done(_)))
    }

    async fn write_endpoint(
        &self,
        mut batch: Batch,
        (client_id, endpoint_id): (ClientId, EndpointId),
        entry: NewAuditEntry,
    ) -> Result<Option<EndpointRow>, DbError> {
        let params = params![client_id, endpoint_id];
        let found = batch.add(Expect::ReturnOne, FIND_ENDPOINT, params);
        audit::add(&mut batch, client_id, entry);
        match self.write(batch).await? {
            Written::Done(rows) => {
                let row = rows.into_iter().nth(found.0).and_then(|mut rows| rows.pop());
                row.map(EndpointRow::from_row).transpose()
            }
            Written::Missed(_) => Ok(None),
        }
    }

    async fn endpoints(&self, query: Query) -> Result<Vec<EndpointRow>, DbError> {
        self.read(query).await?.into_iter().map(EndpointRow::from_row).collect()
    }
}

fn add_delete_jobs(batch: &mut Batch, endpoint_id: EndpointId) -> crate::batch::StepIndex {
    let params = params![endpoint_id, JOBS_PER_COMMIT];
    batch.add(Expect::ReturnAtMost(JOBS_PER_COMMIT), DELETE_JOBS, params)
}

/// A blob of no bytes stands before every id.
fn first_after(after: Option<EndpointId>) -> Vec<u8> {
    after.map_or(Vec::new(), |id| id.to_bytes().to_vec())
}
