//! What the operator sees of webhooks and jobs, and does about them.

use std::time::Duration;

use dossier_db::{DbError, JobRow, OpenJobs};
use dossier_domain::{ClientId, EndpointId, EventId, JobId, Timestamp};

use super::{Endpoint, WebhookError};
use crate::{App, Operator};

/// Rows of one read.
const PAGE: usize = 1000;
/// How long events, and jobs that have ended, are kept.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// An endpoint, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedEndpoint {
    /// The client.
    pub client_id: ClientId,
    /// The endpoint.
    pub endpoint: Endpoint,
}

/// A job that is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What is to be done.
    pub kind: String,
    /// For whom.
    pub client_id: ClientId,
    /// The endpoint.
    pub endpoint_id: EndpointId,
    /// The event.
    pub event_id: EventId,
    /// `pending` or `parked`.
    pub state: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was queued, or last asked for again.
    pub queued_at: Timestamp,
    /// When it may be tried next.
    pub next_at: Timestamp,
    /// What came of the last attempt.
    pub outcome: Option<String>,
}

/// Some of the jobs that are not done.
#[derive(Clone, Debug)]
pub struct JobPage {
    /// The jobs, oldest first.
    pub jobs: Vec<Job>,
    /// Where the next page starts.
    pub next: Option<JobId>,
}

impl App {
    /// The endpoints of all clients after `after`: at most a thousand.
    ///
    /// # Errors
    /// [`WebhookError::Unavailable`]
    pub async fn list_all_endpoints(
        &self,
        _: Operator,
        after: Option<EndpointId>,
    ) -> Result<Vec<OwnedEndpoint>, WebhookError> {
        let now = self.clock.now();
        let rows = self.db.list_all_endpoints(after, PAGE).await?;
        let owned = rows.into_iter().map(|row| {
            let client_id = row.client_id;
            Ok(OwnedEndpoint { client_id, endpoint: Endpoint::from_row(row, now)? })
        });
        owned.collect()
    }

    /// Jobs that are not done.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn list_jobs(
        &self,
        _: Operator,
        which: OpenJobs,
        after: Option<JobId>,
    ) -> Result<JobPage, DbError> {
        let rows = self.db.list_open_jobs(which, after, PAGE).await?;
        let next = rows.last().map(|row| row.job_id).filter(|_| rows.len() == PAGE);
        Ok(JobPage { jobs: rows.into_iter().map(Job::from).collect(), next })
    }

    /// Asks for a job again, whatever became of it. Answers whether it is known.
    ///
    /// # Errors
    /// As every write.
    pub async fn retry_job(&self, _: Operator, id: JobId) -> Result<bool, DbError> {
        self.db.retry_job(id, self.clock.now()).await
    }

    /// For how long the oldest job has waited that is not done or parked.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn oldest_job_age(&self, _: Operator) -> Result<Option<Duration>, DbError> {
        let oldest = self.db.find_oldest_pending_job().await?;
        let micros = |since: Timestamp| self.clock.now().micros().saturating_sub(since.micros());
        let age = oldest.map(|since| u64::try_from(micros(since)).unwrap_or(0));
        Ok(age.map(Duration::from_micros))
    }

    /// Forgets events and ended jobs that are older than a month.
    pub(crate) async fn forget_events(&self) -> Result<u64, DbError> {
        let before = self.clock.now().minus(KEPT);
        let mut forgotten = 0;
        loop {
            let jobs = self.db.prune_jobs(before, PAGE).await?;
            let events = self.db.prune_events(before, PAGE).await?;
            forgotten += (jobs + events) as u64;
            if jobs.max(events) < PAGE {
                return Ok(forgotten);
            }
        }
    }
}

impl From<JobRow> for Job {
    fn from(row: JobRow) -> Self {
        Self {
            id: row.job_id,
            kind: row.kind,
            client_id: row.client_id,
            endpoint_id: row.queue,
            event_id: row.subject,
            state: row.state,
            attempts: row.attempts,
            queued_at: row.queued_at,
            next_at: row.next_at,
            outcome: row.outcome,
        }
    }
}
