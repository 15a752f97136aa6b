//! The queue as its operators see it: what waits, what was parked, what is asked for again.

use dossier_domain::{EndpointId, EventId, JobId, Timestamp};

use crate::PAGE_ROWS_MAX;
use crate::batch::{Batch, Expect, Query, Written};
use crate::engine::Db;
use crate::error::DbError;
use crate::job::{JobRow, job_columns};
use crate::value::params;

/// Which jobs to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenJobs {
    /// Those that wait or run, and those that were parked.
    All,
    /// Only those that were parked.
    Parked,
}

const LIST_OPEN_JOBS: &str = concat!(
    "select ",
    job_columns!(),
    " from jobs where state <> 'done' and job_id > ?1 order by job_id limit ?2"
);
const LIST_PARKED_JOBS: &str = concat!(
    "select ",
    job_columns!(),
    " from jobs where state <> 'done' and state = 'parked' and job_id > ?1 \
     order by job_id limit ?2"
);
const FIND_OLDEST_PENDING: &str = "select min(queued_at) from jobs where state = 'pending'";
const FIND_JOB: &str = "select job_id from jobs where job_id = ?1";
const FIND_JOB_OF: &str = "select job_id from jobs where queue = ?1 and subject = ?2";
/// What is being done just now is left alone: it is tried again anyway, or done.
const ASK_AGAIN: &str = "\
    update jobs set state = 'pending', attempts = 0, next_at = ?2, queued_at = ?2, \
    ended_at = null where job_id = ?1 and lease_id is null";
const ASK_AGAIN_OF: &str = "\
    update jobs set state = 'pending', attempts = 0, next_at = ?3, queued_at = ?3, \
    ended_at = null where queue = ?1 and subject = ?2 and lease_id is null";
const ASK_PARKED_AGAIN: &str = "\
    update jobs set state = 'pending', attempts = 0, next_at = ?3, queued_at = ?3, \
    ended_at = null where job_id in (select job_id from jobs where queue = ?1 \
    and state = 'parked' and queued_at >= ?2 limit ?4) returning job_id";
const PRUNE_JOBS: &str = "\
    delete from jobs where job_id in (select job_id from jobs where state <> 'pending' \
    and ended_at < ?1 limit ?2) returning job_id";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[
    LIST_OPEN_JOBS,
    LIST_PARKED_JOBS,
    FIND_OLDEST_PENDING,
    FIND_JOB,
    FIND_JOB_OF,
    ASK_AGAIN,
    ASK_AGAIN_OF,
    ASK_PARKED_AGAIN,
    PRUNE_JOBS,
];

impl Db {
    /// Jobs that are not done, in the order of their ids, after `after`.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn list_open_jobs(
        &self,
        which: OpenJobs,
        after: Option<JobId>,
        limit: usize,
    ) -> Result<Vec<JobRow>, DbError> {
        let rows_max = limit.min(PAGE_ROWS_MAX);
        let after = after.map_or(Vec::new(), |id| id.to_bytes().to_vec());
        let sql = match which {
            OpenJobs::All => LIST_OPEN_JOBS,
            OpenJobs::Parked => LIST_PARKED_JOBS,
        };
        let query = Query { sql, params: params![after, rows_max], rows_max };
        self.read(query).await?.into_iter().map(JobRow::from_row).collect()
    }

    /// Since when the oldest job waits that is not done or parked.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn find_oldest_pending_job(&self) -> Result<Option<Timestamp>, DbError> {
        let query = Query { sql: FIND_OLDEST_PENDING, params: params![], rows_max: 1 };
        // Of no jobs the least is null.
        self.read(query).await?.pop().map_or(Ok(None), |row| row.columns().take())
    }

    /// Asks for a job again, whatever became of it. Answers whether it is known.
    ///
    /// # Errors
    /// As every write.
    pub async fn retry_job(&self, job_id: JobId, now: Timestamp) -> Result<bool, DbError> {
        let mut batch = Batch::default();
        batch.add(Expect::ChangeAtMost(1), ASK_AGAIN, params![job_id, now]);
        batch.add(Expect::ReturnOne, FIND_JOB, params![job_id]);
        Ok(matches!(self.write(batch).await?, Written::Done(_)))
    }

    /// Asks for the delivery of an event to an endpoint again, whatever became of it. Answers
    /// whether it is known.
    ///
    /// # Errors
    /// As every write.
    pub async fn retry_delivery(
        &self,
        queue: EndpointId,
        subject: EventId,
        now: Timestamp,
    ) -> Result<bool, DbError> {
        let mut batch = Batch::default();
        batch.add(Expect::ChangeAtMost(1), ASK_AGAIN_OF, params![queue, subject, now]);
        batch.add(Expect::ReturnOne, FIND_JOB_OF, params![queue, subject]);
        Ok(matches!(self.write(batch).await?, Written::Done(_)))
    }

    /// Asks for parked deliveries to an endpoint again that were queued since a time, at most
    /// `limit`. Answers how many.
    ///
    /// # Errors
    /// As every write.
    pub async fn retry_parked(
        &self,
        queue: EndpointId,
        since: Timestamp,
        now: Timestamp,
        limit: usize,
    ) -> Result<usize, DbError> {
        let limit = limit.min(PAGE_ROWS_MAX);
        let mut batch = Batch::default();
        let params = params![queue, since, now, limit];
        batch.add(Expect::ReturnAtMost(limit), ASK_PARKED_AGAIN, params);
        Ok(self.write_all(batch).await?.pop().unwrap_or_default().len())
    }

    /// Forgets jobs that ended before a time, at most `limit`. Answers how many.
    ///
    /// # Errors
    /// As every write.
    pub async fn prune_jobs(&self, before: Timestamp, limit: usize) -> Result<usize, DbError> {
        let limit = limit.min(PAGE_ROWS_MAX);
        let mut batch = Batch::default();
        batch.add(Expect::ReturnAtMost(limit), PRUNE_JOBS, params![before, limit]);
        Ok(self.write_all(batch).await?.pop().unwrap_or_default().len())
    }
}
