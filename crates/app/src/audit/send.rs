//! Sends checkpoints to a receiver that the operator names, outside the database and the machine.

use std::time::Duration;

use dossier_domain::Json;
use dossier_seal::WebhookSecret;
use dossier_webhooks::{Attempt, Failure, NotAWebhookSecret, Target, parse_secret};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::event::object;
use crate::{App, Operator};

/// What the body says it is.
const CHECKPOINT: &str = "audit.checkpoint";
/// The pause after the first attempt; each later one is twice as long as the one before.
const PAUSE_MIN: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(5 * 60);

/// Where the operator wants checkpoints sent.
#[derive(Clone, Debug)]
pub struct CheckpointReceiver {
    target: Target,
    secret: WebhookSecret,
}

impl CheckpointReceiver {
    /// A receiver that knows this secret, `whsec_` and base64.
    ///
    /// # Errors
    /// [`NotAWebhookSecret`]
    pub fn new(target: Target, secret: &str) -> Result<Self, NotAWebhookSecret> {
        Ok(Self { target, secret: parse_secret(secret)? })
    }
}

/// A checkpoint that its receiver has not acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{failure}, after {attempts} attempts")]
pub struct Undelivered {
    /// How often it was tried.
    pub attempts: u32,
    /// What came of the last attempt.
    pub failure: Failure,
}

impl App {
    /// Sends a checkpoint until it is acknowledged, for so long at the most. The operator may name
    /// any address; redirects are not followed.
    ///
    /// # Errors
    /// [`Undelivered`], as soon as there is no time for another attempt.
    pub async fn send_checkpoint(
        &self,
        _: Operator,
        receiver: &CheckpointReceiver,
        line: &str,
        time_max: Duration,
    ) -> Result<(), Undelivered> {
        let deadline = Instant::now() + time_max;
        let id = self.new_event_id().to_string();
        let body = self.checkpoint_body(&id, line);
        let (mut attempts, mut pause) = (0, PAUSE_MIN);
        loop {
            let attempt = Attempt {
                target: &receiver.target,
                id: &id,
                timestamp: self.clock.now().micros().div_euclid(1_000_000),
                secrets: std::slice::from_ref(&receiver.secret),
                body: body.clone(),
            };
            let failure = match timeout_at(deadline, self.checkpoint_sender.send(attempt)).await {
                Ok(Ok(_)) => return Ok(()),
                Ok(Err(failure)) => failure,
                Err(_) => Failure::Timeout,
            };
            attempts += 1;
            let again = Instant::now() + pause;
            if again >= deadline {
                return Err(Undelivered { attempts, failure });
            }
            // Said once and at once: the last word may be hours away.
            if attempts == 1 {
                tracing::warn!(%failure, "a checkpoint of the audit is sent again");
            }
            sleep_until(again).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    fn checkpoint_body(&self, id: &str, line: &str) -> String {
        let body = object([
            ("id", Json::Text(id.to_owned())),
            ("type", CHECKPOINT.into()),
            ("created_at", Json::Text(self.clock.now().to_string())),
            ("data", object([("checkpoint", line.into())])),
        ]);
        body.to_string()
    }
}
