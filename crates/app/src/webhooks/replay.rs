//! Sending again what was sent before, and trying an endpoint out.

use dossier_db::EndpointRow;
use dossier_domain::{EndpointId, EventId, Json, Timestamp};
use dossier_webhooks::{Attempt, Target};

use super::WebhookError;
use crate::event::object;
use crate::{App, Operator, Permit, WebhooksWrite};

/// What the body of a test says it is.
const TEST: &str = "webhook.test";
/// Deliveries that are asked for again in one commit.
const PAGE: usize = 1000;

/// What to send again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replay {
    /// One event, whatever became of it.
    Event(EventId),
    /// Everything that was parked and had been queued since this time.
    ParkedSince(Timestamp),
}

/// What came of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestReport {
    /// Whether the endpoint acknowledged.
    pub acknowledged: bool,
    /// The status, or why there was none.
    pub outcome: String,
}

impl App {
    /// Queues deliveries to an endpoint of the caller's client again. Answers how many.
    ///
    /// # Errors
    /// [`WebhookError::NotFound`], [`WebhookError::EventNotFound`],
    /// [`WebhookError::StorageFull`], [`WebhookError::Unavailable`]
    pub async fn replay_webhooks(
        &self,
        permit: Permit<WebhooksWrite>,
        id: EndpointId,
        replay: Replay,
    ) -> Result<u64, WebhookError> {
        let row = self.db.find_endpoint(permit.client_id(), id).await?;
        self.replay(&row.ok_or(WebhookError::NotFound)?, replay).await
    }

    /// The same for an endpoint of whatever client.
    ///
    /// # Errors
    /// As [`App::replay_webhooks`].
    pub async fn replay_any_webhooks(
        &self,
        _: Operator,
        id: EndpointId,
        replay: Replay,
    ) -> Result<u64, WebhookError> {
        let row = self.db.find_any_endpoint(id).await?;
        self.replay(&row.ok_or(WebhookError::NotFound)?, replay).await
    }

    /// Sends an endpoint of the caller's client a test, once and now.
    ///
    /// # Errors
    /// [`WebhookError::NotFound`], [`WebhookError::TooManyTests`], [`WebhookError::Unavailable`]
    pub async fn test_endpoint(
        &self,
        permit: Permit<WebhooksWrite>,
        id: EndpointId,
    ) -> Result<TestReport, WebhookError> {
        let row = self.db.find_endpoint(permit.client_id(), id).await?;
        self.test(&row.ok_or(WebhookError::NotFound)?).await
    }

    /// The same for an endpoint of whatever client.
    ///
    /// # Errors
    /// As [`App::test_endpoint`].
    pub async fn test_any_endpoint(
        &self,
        _: Operator,
        id: EndpointId,
    ) -> Result<TestReport, WebhookError> {
        let row = self.db.find_any_endpoint(id).await?;
        self.test(&row.ok_or(WebhookError::NotFound)?).await
    }

    async fn replay(&self, endpoint: &EndpointRow, replay: Replay) -> Result<u64, WebhookError> {
        let (id, now) = (endpoint.endpoint_id, self.clock.now());
        let mut replayed = 0;
        match replay {
            Replay::Event(event) => {
                if !self.db.retry_delivery(id, event, now).await? {
                    return Err(WebhookError::EventNotFound);
                }
                replayed = 1;
            }
            // What is queued again is parked no more, so that this ends.
            Replay::ParkedSince(since) => loop {
                let page = self.db.retry_parked(id, since, now, PAGE).await?;
                replayed += page as u64;
                if page < PAGE {
                    break;
                }
            },
        }
        self.webhooks.wake();
        Ok(replayed)
    }

    async fn test(&self, endpoint: &EndpointRow) -> Result<TestReport, WebhookError> {
        let _place = self.webhooks.tests.take(endpoint.client_id)?;
        let target = Target::parse(&endpoint.url);
        let target = target.map_err(|fault| WebhookError::Unavailable(fault.to_string()))?;
        let now = self.clock.now();
        let secrets = self.live_secrets(endpoint, now).await?;
        let id = self.new_event_id().to_string();
        let of = [("endpoint_id", Json::Text(endpoint.endpoint_id.to_string()))];
        let body = object([
            ("id", Json::Text(id.clone())),
            ("type", TEST.into()),
            ("created_at", Json::Text(now.to_string())),
            ("data", object(of)),
        ]);
        let attempt = Attempt {
            target: &target,
            id: &id,
            timestamp: now.micros().div_euclid(1_000_000),
            secrets: &secrets,
            body: body.to_string(),
        };
        Ok(match self.webhooks.sender.send(attempt).await {
            Ok(status) => TestReport { acknowledged: true, outcome: format!("status {status}") },
            Err(failure) => TestReport { acknowledged: false, outcome: failure.to_string() },
        })
    }
}
