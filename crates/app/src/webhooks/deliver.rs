//! One round for one endpoint: its new events are queued, and what is due is sent.

use std::time::Duration;

use dossier_db::{
    ClaimJobs, DbError, EndpointRow, EventRow, JobEnd, JobHold, JobRow, LeaseId, LeaseState,
    NewJob, QueueDeliveries, QueuedDeliveries,
};
use dossier_domain::{ClientId, EndpointId, Timestamp};
use dossier_seal::WebhookSecret;
use dossier_webhooks::{Attempt, Target};
use futures_util::future::join_all;

use super::retry::{pause_after, with_jitter};
use super::{DELIVERY, WebhookError};
use crate::client_keys::EnvelopeError;
use crate::event::Event;
use crate::{App, Operator};

/// Events that are queued in one commit.
const PAGE: usize = 100;
/// Attempts at one endpoint at a time.
const ATTEMPTS_AT_ONCE: usize = 4;
/// How long nobody else takes a job: longer than any attempt.
const LEASE: Duration = Duration::from_secs(60);
/// Endpoints of one look for work.
const ENDPOINTS_PAGE: usize = 100;

/// An endpoint for which there is something to do.
#[derive(Clone, Debug)]
pub struct EndpointWork(EndpointRow);

impl EndpointWork {
    /// The endpoint.
    #[must_use]
    pub const fn id(&self) -> EndpointId {
        self.0.endpoint_id
    }

    /// Whose endpoint.
    pub(super) const fn client_id(&self) -> ClientId {
        self.0.client_id
    }
}

/// What an attempt needs to know of its endpoint.
struct Receiver {
    target: Target,
    secrets: Vec<WebhookSecret>,
}

impl App {
    /// Endpoints that have events to queue or deliveries that are due, in the order of their ids,
    /// after `after`: at most a hundred.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn list_endpoints_with_work(
        &self,
        _: Operator,
        after: Option<EndpointId>,
    ) -> Result<Vec<EndpointWork>, DbError> {
        let now = self.clock.now();
        let rows = self.db.list_endpoints_with_work(after, now, ENDPOINTS_PAGE).await?;
        Ok(rows.into_iter().map(EndpointWork).collect())
    }

    /// Queues a page of events, then makes a few attempts. An endpoint that still has work is
    /// listed again: whoever calls gives the others their turn first.
    ///
    /// # Errors
    /// [`WebhookError::StorageFull`], [`WebhookError::Unavailable`]. What was taken and not ended
    /// comes back when its lease ends.
    pub async fn work_for_endpoint(
        &self,
        _: Operator,
        EndpointWork(endpoint): EndpointWork,
    ) -> Result<(), WebhookError> {
        self.queue_deliveries(&endpoint).await?;
        let now = self.clock.now();
        let receiver = self.find_receiver(&endpoint, now).await?;
        let lease_id = LeaseId::from_bytes(*self.uuid_v4().as_bytes());
        let claim = ClaimJobs {
            queue: endpoint.endpoint_id,
            lease_id,
            now,
            lease_until: now.plus(LEASE),
            limit: ATTEMPTS_AT_ONCE,
        };
        let jobs = self.db.claim_jobs(claim).await?;
        let attempts = jobs.iter().map(|job| self.attempt(&receiver, job, lease_id));
        join_all(attempts).await.into_iter().collect()
    }

    /// What attempts need to know of an endpoint, or why its row does not say it: nothing that the
    /// next look would mend.
    async fn find_receiver(
        &self,
        endpoint: &EndpointRow,
        now: Timestamp,
    ) -> Result<Result<Receiver, String>, DbError> {
        let target = match Target::parse(&endpoint.url) {
            Ok(target) => target,
            Err(fault) => return Ok(Err(format!("the URL {fault}"))),
        };
        match self.live_secrets(endpoint, now).await {
            Ok(secrets) => Ok(Ok(Receiver { target, secrets })),
            Err(EnvelopeError::Db(error)) => Err(error),
            Err(error @ (EnvelopeError::Unwrap | EnvelopeError::Missing)) => {
                Ok(Err(format!("a secret cannot be read: {error}")))
            }
        }
    }

    /// Queues the deliveries of the next events, if there are any.
    async fn queue_deliveries(&self, endpoint: &EndpointRow) -> Result<(), WebhookError> {
        let events = self.db.list_events(endpoint.client_id, endpoint.queued_to, PAGE).await?;
        let Some(last) = events.last() else { return Ok(()) };
        // By their names, since a newer version may have written the event, the endpoint or both:
        // the job is parked until that is back.
        let wanted = |event: &&EventRow| {
            endpoint.events.split_whitespace().any(|name| name == "*" || name == event.kind)
        };
        let page = QueueDeliveries {
            endpoint_id: endpoint.endpoint_id,
            queued_to_before: endpoint.queued_to,
            queued_to: last.position,
            jobs: events.iter().filter(wanted).map(|event| self.job(endpoint, event)).collect(),
        };
        match self.db.queue_deliveries(page).await? {
            QueuedDeliveries::Queued | QueuedDeliveries::Stale => Ok(()),
        }
    }

    fn job(&self, endpoint: &EndpointRow, event: &EventRow) -> NewJob {
        NewJob {
            job_id: self.new_job_id(),
            kind: DELIVERY.to_owned(),
            client_id: endpoint.client_id,
            queue: endpoint.endpoint_id,
            lane: event.user_id,
            place: event.position,
            subject: event.event_id,
            queued_at: self.clock.now(),
        }
    }

    /// One attempt, and what becomes of the job.
    async fn attempt(
        &self,
        receiver: &Result<Receiver, String>,
        job: &JobRow,
        lease_id: LeaseId,
    ) -> Result<(), WebhookError> {
        let row = self.find_queued_event(job).await?;
        let (end, outcome) = match (row.as_ref().map(Event::from_row), receiver) {
            (Some(Ok(event)), Ok(receiver)) => self.send(receiver, job, event).await,
            (Some(Ok(event)), Err(strange)) => {
                tracing::error!(
                    endpoint = %job.queue, event = %event.id, %strange,
                    "a webhook is parked: its endpoint cannot be read"
                );
                (JobEnd::Parked, strange.clone())
            }
            (Some(Err(strange)), _) => {
                tracing::error!(
                    endpoint = %job.queue, event = %job.subject, %strange,
                    "a webhook is parked: a newer version wrote its event, and can send it"
                );
                (JobEnd::Parked, strange.to_string())
            }
            (None, _) => (JobEnd::Parked, "the event is forgotten".to_owned()),
        };
        let hold = JobHold { job_id: job.job_id, lease_id };
        match self.db.release_job(hold, end, outcome, self.clock.now()).await? {
            LeaseState::Held => {}
            LeaseState::Lost => tracing::warn!(job = %job.job_id, "a delivery outlived its lease"),
        }
        Ok(())
    }

    /// The event of a job. In a database from a backup its place may be another one's.
    async fn find_queued_event(&self, job: &JobRow) -> Result<Option<EventRow>, DbError> {
        let row = self.db.find_event(job.place).await?;
        Ok(row.filter(|row| row.event_id == job.subject))
    }

    async fn send(&self, receiver: &Receiver, job: &JobRow, event: Event) -> (JobEnd, String) {
        let attempt = Attempt {
            target: &receiver.target,
            id: &event.id.to_string(),
            timestamp: self.clock.now().micros().div_euclid(1_000_000),
            secrets: &receiver.secrets,
            body: event.to_json().to_string(),
        };
        match self.webhooks.sender.send(attempt).await {
            Ok(status) => (JobEnd::Done, format!("status {status}")),
            Err(failure) => match pause_after(job.attempts) {
                Some(pause) => {
                    let mut random = [0; 2];
                    self.entropy.fill(&mut random);
                    let at = self.clock.now().plus(with_jitter(pause, random));
                    (JobEnd::Again(at), failure.to_string())
                }
                None => {
                    tracing::warn!(
                        endpoint = %job.queue, event = %event.id, %failure, "a webhook is parked"
                    );
                    (JobEnd::Parked, failure.to_string())
                }
            },
        }
    }
}
