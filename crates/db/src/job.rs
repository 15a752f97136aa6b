//! The queue: work with leases, attempts and an order of its own.

use dossier_domain::{ClientId, EndpointId, EventId, JobId, Timestamp, UserId};

use crate::PAGE_ROWS_MAX;
use crate::batch::{Batch, Expect, Written};
use crate::columns::{read_columns, written_columns};
use crate::engine::Db;
use crate::error::DbError;
use crate::event::EventPosition;
use crate::idempotency::{LeaseId, LeaseState};
use crate::value::params;

/// A job to queue: to send one event to one endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    /// Its id: a UUID of version 7, so that ids follow time.
    pub job_id: JobId,
    /// What is to be done, in the words of the reader of the row.
    pub kind: String,
    /// For whom.
    pub client_id: ClientId,
    /// The endpoint: its jobs share a bound on how many run at once.
    pub queue: EndpointId,
    /// The user: jobs of one lane wait for each other.
    pub lane: Option<UserId>,
    /// Where the event stands, which is the order of the lane.
    pub place: EventPosition,
    /// The event. It is queued once for an endpoint.
    pub subject: EventId,
    /// When it is queued, from which on it may be taken.
    pub queued_at: Timestamp,
}

written_columns! {
    new_job_columns of NewJob:
    job_id, kind, client_id, queue, lane, place, subject, queued_at,
}

/// A page of events whose deliveries are queued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueDeliveries {
    /// The endpoint.
    pub endpoint_id: EndpointId,
    /// How far its events were queued before.
    pub queued_to_before: EventPosition,
    /// How far they are then.
    pub queued_to: EventPosition,
    /// The deliveries of those that it wants.
    pub jobs: Vec<NewJob>,
}

/// What came of queuing a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueuedDeliveries {
    /// All of it is queued.
    Queued,
    /// Somebody else queued it, or the endpoint was deleted; nothing was changed.
    Stale,
}

/// A job as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRow {
    /// Its id.
    pub job_id: JobId,
    /// What is to be done.
    pub kind: String,
    /// For whom.
    pub client_id: ClientId,
    /// The endpoint.
    pub queue: EndpointId,
    /// Where the event stands.
    pub place: EventPosition,
    /// The event.
    pub subject: EventId,
    /// `pending`, `done` or `parked`.
    pub state: String,
    /// How often it was taken.
    pub attempts: u32,
    /// When it may be taken next.
    pub next_at: Timestamp,
    /// When it was queued, or last asked for again.
    pub queued_at: Timestamp,
    /// What came of the last attempt that was heard of.
    pub outcome: Option<String>,
}

read_columns! {
    job_columns of JobRow:
    job_id, kind, client_id, queue, place, subject, state, attempts, next_at, queued_at, outcome,
}

#[expect(clippy::single_component_path_imports, reason = "it shows the macro to job_list")]
pub(crate) use job_columns;

/// Which jobs to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimJobs {
    /// Of which endpoint.
    pub queue: EndpointId,
    /// The hold on those that are taken.
    pub lease_id: LeaseId,
    /// Only those that may be taken by now.
    pub now: Timestamp,
    /// How long nobody else may take them.
    pub lease_until: Timestamp,
    /// How many at the most.
    pub limit: usize,
}

/// A hold on a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobHold {
    /// The job.
    pub job_id: JobId,
    /// The lease it was taken under.
    pub lease_id: LeaseId,
}

/// How an attempt at a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobEnd {
    /// It is done.
    Done,
    /// It is tried again at this time.
    Again(Timestamp),
    /// It is not tried again until somebody asks for it.
    Parked,
}

/// The condition that no earlier job of the lane of `jobs` is still to be done.
macro_rules! first_of_its_lane {
    () => {
        "not exists (select 1 from jobs as earlier where earlier.queue = jobs.queue \
         and earlier.lane = jobs.lane and earlier.lane is not null \
         and earlier.place < jobs.place and earlier.state = 'pending')"
    };
}
pub(crate) use first_of_its_lane;

const MOVE_QUEUED_TO: &str = "\
    update webhook_endpoints set queued_to = ?3 where endpoint_id = ?1 and queued_to = ?2";
/// Its place was never queued before, or the step before it would have missed.
const INSERT_JOB: &str = concat!(
    "insert into jobs (",
    new_job_columns!(),
    ", state, attempts, next_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'pending', 0, ?8) \
     on conflict do nothing"
);
/// An attempt counts when it begins: one that ends the process counts too.
const CLAIM_JOBS: &str = concat!(
    "update jobs set lease_id = ?3, next_at = ?4, attempts = attempts + 1 where job_id in \
     (select job_id from jobs where queue = ?1 and state = 'pending' and next_at <= ?2 and ",
    first_of_its_lane!(),
    " order by next_at limit ?5) returning ",
    job_columns!()
);
const FINISH_JOB: &str = "\
    update jobs set state = ?3, lease_id = null, ended_at = ?4, outcome = ?5 \
    where job_id = ?1 and lease_id = ?2";
const POSTPONE_JOB: &str = "\
    update jobs set lease_id = null, next_at = ?3, outcome = ?4 \
    where job_id = ?1 and lease_id = ?2";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] =
    &[MOVE_QUEUED_TO, INSERT_JOB, CLAIM_JOBS, FINISH_JOB, POSTPONE_JOB];

impl Db {
    /// Queues the deliveries of a page of events and moves the endpoint behind it: one commit.
    /// After an outcome that is not known, doing it again queues nothing twice.
    ///
    /// # Errors
    /// As every write.
    pub async fn queue_deliveries(
        &self,
        page: QueueDeliveries,
    ) -> Result<QueuedDeliveries, DbError> {
        let mut batch = Batch::default();
        let params = params![page.endpoint_id, page.queued_to_before, page.queued_to];
        batch.add(Expect::ChangeOne, MOVE_QUEUED_TO, params);
        for job in page.jobs {
            batch.add(Expect::ChangeOne, INSERT_JOB, job.into_params());
        }
        Ok(match self.write(batch).await? {
            Written::Done(_) => QueuedDeliveries::Queued,
            Written::Missed(_) => QueuedDeliveries::Stale,
        })
    }

    /// Takes jobs that may be taken, those of an expired lease too: longest waiting first, and
    /// none before an earlier one of its lane has ended.
    ///
    /// # Errors
    /// As every write. Jobs that were taken without an answer come back when their lease ends.
    pub async fn claim_jobs(&self, claim: ClaimJobs) -> Result<Vec<JobRow>, DbError> {
        let ClaimJobs { queue, lease_id, now, lease_until, limit } = claim;
        let limit = limit.min(PAGE_ROWS_MAX);
        let mut batch = Batch::default();
        let params = params![queue, now, lease_id, lease_until, limit];
        batch.add(Expect::ReturnAtMost(limit), CLAIM_JOBS, params);
        let rows = self.write_all(batch).await?.pop().unwrap_or_default();
        rows.into_iter().map(JobRow::from_row).collect()
    }

    /// Ends the hold on a job.
    ///
    /// # Errors
    /// As every write. The hold ends with its lease then.
    pub async fn release_job(
        &self,
        JobHold { job_id, lease_id }: JobHold,
        end: JobEnd,
        outcome: String,
        now: Timestamp,
    ) -> Result<LeaseState, DbError> {
        let mut batch = Batch::default();
        let (sql, params) = match end {
            JobEnd::Done => (FINISH_JOB, params![job_id, lease_id, "done", now, outcome]),
            JobEnd::Parked => (FINISH_JOB, params![job_id, lease_id, "parked", now, outcome]),
            JobEnd::Again(at) => (POSTPONE_JOB, params![job_id, lease_id, at, outcome]),
        };
        batch.add(Expect::ChangeOne, sql, params);
        Ok(match self.write(batch).await? {
            Written::Done(_) => LeaseState::Held,
            Written::Missed(_) => LeaseState::Lost,
        })
    }
}
