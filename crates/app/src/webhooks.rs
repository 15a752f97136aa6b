//! Webhooks: endpoints and their secrets, and the deliveries of events to them.

mod courier;
mod deliver;
mod endpoints;
mod operate;
mod places;
mod replay;
mod retry;
mod secrets;
mod test_places;

use dossier_db::{DbError, EndpointRow};
use dossier_domain::{EndpointId, EventFilter, Timestamp, Violations};
use dossier_webhooks::Sender;
use tokio::sync::Notify;

use self::test_places::TestPlaces;
use crate::client_keys::EnvelopeError;

pub use deliver::EndpointWork;
pub use dossier_db::OpenJobs;
pub use endpoints::{NewEndpoint, RotatedSecret};
pub use operate::{Job, JobPage, OwnedEndpoint};
pub use replay::{Replay, TestReport};

/// What is queued for an event and an endpoint.
const DELIVERY: &str = "webhook.delivery";

/// What deliveries share in this process.
pub(crate) struct Webhooks {
    sender: Sender,
    tests: TestPlaces,
    /// Somebody committed an event.
    committed: Notify,
}

impl Webhooks {
    pub(crate) fn new(sender: Sender) -> Self {
        Self { sender, tests: TestPlaces::default(), committed: Notify::new() }
    }

    /// Says that an event was committed, so that nobody has to wait for the next look.
    pub(crate) fn wake(&self) {
        self.committed.notify_one();
    }
}

/// Where a client wants its events sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Its id.
    pub id: EndpointId,
    /// The URL, as it was given.
    pub url: String,
    /// Which events.
    pub events: EventFilter,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when the secret before the newest signs too, if it still does.
    pub previous_secret_ends_at: Option<Timestamp>,
}

impl Endpoint {
    fn from_row(row: EndpointRow, now: Timestamp) -> Result<Self, WebhookError> {
        Ok(Self {
            id: row.endpoint_id,
            events: filter_of(&row).ok_or_else(strange_row)?,
            url: row.url,
            created_at: row.created_at,
            previous_secret_ends_at: row.secret_before_ends_at.filter(|end| *end > now),
        })
    }
}

/// The events of a row: names, separated by spaces.
fn filter_of(row: &EndpointRow) -> Option<EventFilter> {
    EventFilter::parse(row.events.split_whitespace()).ok()
}

fn words_of(filter: &EventFilter) -> String {
    filter.names().join(" ")
}

fn strange_row() -> WebhookError {
    WebhookError::Unavailable("an endpoint row holds an unknown event".into())
}

/// Why something about an endpoint is not done.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// Rules were broken; all that are known.
    #[error("rules were broken")]
    Refused(Violations),
    /// Unknown or another client's: all the same.
    #[error("no such endpoint")]
    NotFound,
    /// The event was never queued for the endpoint, or forgotten since.
    #[error("no such event")]
    EventNotFound,
    /// The client has so many endpoints already.
    #[error("a client has at most {0} endpoints")]
    TooMany(usize),
    /// So many tests of the client's endpoints run already.
    #[error("at most {0} tests of the endpoints of a client run at a time")]
    TooManyTests(usize),
    /// No room for the row.
    #[error("storage is full")]
    StorageFull,
    /// Rows cannot be read or written now; the text is for the log.
    #[error("rows cannot be read or written: {0}")]
    Unavailable(String),
}

impl From<DbError> for WebhookError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Full => Self::StorageFull,
            error @ (DbError::Unavailable(_) | DbError::OutcomeUnknown(_) | DbError::Broken(_)) => {
                Self::Unavailable(error.to_string())
            }
        }
    }
}

impl From<EnvelopeError> for WebhookError {
    fn from(error: EnvelopeError) -> Self {
        match error {
            EnvelopeError::Db(error) => error.into(),
            error @ (EnvelopeError::Unwrap | EnvelopeError::Missing) => {
                Self::Unavailable(error.to_string())
            }
        }
    }
}
