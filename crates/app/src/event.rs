//! Events as clients see them: the pull form, and the body of a webhook.

use dossier_db::{EventPosition, EventRow};
use dossier_domain::user::VerificationStatus;
use dossier_domain::{ClientId, EventId, EventKind, FileId, Json, Timestamp, UserId};

use crate::announce::INACTIVE;
use crate::{App, FileStatus, ListError, PageSize, Permit, WebhooksWrite};

/// Something that happened to a file or a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its id, the same however often and in whatever form it is told.
    pub id: EventId,
    /// What happened.
    pub kind: EventKind,
    /// When.
    pub created_at: Timestamp,
    /// To what: ids and states, nothing that is said of a person.
    pub data: EventData,
}

/// What an event happened to, and the state after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventData {
    /// A file.
    File {
        /// Which.
        file_id: FileId,
        /// Where it stands.
        status: FileStatus,
        /// The user it belonged to by then.
        user_id: Option<UserId>,
    },
    /// The verification of a user.
    User {
        /// Whose.
        user_id: UserId,
        /// Where it stands.
        status: VerificationStatus,
    },
    /// A user that was made inactive.
    Inactive {
        /// Which.
        user_id: UserId,
    },
}

/// A request for one page of events.
#[derive(Clone, Debug, Default)]
pub struct ListEvents {
    /// How many at the most.
    pub size: PageSize,
    /// The cursor of the page before.
    pub after: Option<String>,
}

/// One page of events, oldest first.
#[derive(Clone, Debug)]
pub struct EventPage {
    /// The events.
    pub events: Vec<Event>,
    /// The cursor of the next page; `None` when there is none yet.
    pub next: Option<String>,
    /// The cursor behind the last of them, for what happens later.
    pub resume: String,
}

/// A row that this version cannot read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event row holds an unknown {0}")]
pub(crate) struct StrangeEvent(&'static str);

impl App {
    /// One page of the events of the caller's client, in the order of their commits: whoever
    /// reads on from the last cursor misses none. Events are kept for thirty days.
    ///
    /// # Errors
    /// [`ListError`]
    pub async fn list_events(
        &self,
        permit: Permit<WebhooksWrite>,
        list: &ListEvents,
    ) -> Result<EventPage, ListError> {
        let cursors = self.cursors(cursor_name(permit.client_id()));
        let after = match cursors.read(list.after.as_deref())? {
            None => Place::default(),
            Some(place) => Place::from_bytes(place).ok_or(ListError::Cursor)?,
        };
        // In a database from a backup another event may have come to stand there.
        let found = self.db.find_event(after.position).await?;
        if found.is_some_and(|row| Place::of(&row) != after) {
            return Err(ListError::Cursor);
        }
        let size = list.size.get();
        let mut rows = self.db.list_events(permit.client_id(), after.position, size + 1).await?;
        let more = rows.len() > size;
        rows.truncate(size);
        let resume = cursors.write(rows.last().map_or(after, Place::of).to_bytes());
        Ok(EventPage {
            events: rows.iter().filter_map(readable).collect(),
            next: more.then(|| resume.clone()),
            resume,
        })
    }
}

/// Where a page of events ended: the position, and half of the id of the event that stands there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Place {
    position: EventPosition,
    half_id: [u8; 8],
}

impl Place {
    fn of(row: &EventRow) -> Self {
        let [.., a, b, c, d, e, f, g, h] = row.event_id.to_bytes();
        Self { position: row.position, half_id: [a, b, c, d, e, f, g, h] }
    }

    fn to_bytes(self) -> [u8; 16] {
        let bits = u128::from(self.position.0.unsigned_abs()) << 64;
        (bits | u128::from(u64::from_be_bytes(self.half_id))).to_be_bytes()
    }

    fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        let (position, half_id) = bytes.split_first_chunk::<8>()?;
        let position = i64::try_from(u64::from_be_bytes(*position)).ok()?;
        Some(Self { position: EventPosition(position), half_id: half_id.try_into().ok()? })
    }
}

/// The event of a row. One that a newer version wrote is passed over, or nobody could read on
/// behind it.
fn readable(row: &EventRow) -> Option<Event> {
    let event = Event::from_row(row).inspect_err(|strange| {
        tracing::error!(event = %row.event_id, %strange, "an event is left out of a page");
    });
    event.ok()
}

/// What a cursor of this list is good for.
fn cursor_name(client: ClientId) -> String {
    format!("events {client}")
}

impl Event {
    /// Reads a row.
    pub(crate) fn from_row(row: &EventRow) -> Result<Self, StrangeEvent> {
        let kind = row.kind.parse().map_err(|_| StrangeEvent("kind"))?;
        let file_id = row.file_id.ok_or(StrangeEvent("file"));
        let user_id = row.user_id.ok_or(StrangeEvent("user"));
        let data = match kind {
            EventKind::FileReady | EventKind::FileRejected => {
                let status = FileStatus::from_name(&row.state);
                let status = status.ok_or(StrangeEvent("status"))?;
                EventData::File { file_id: file_id?, status, user_id: row.user_id }
            }
            EventKind::UserVerificationUpdated
            | EventKind::UserVerified
            | EventKind::UserRejected
            | EventKind::UserDocumentsRequested => {
                let status = VerificationStatus::from_name(&row.state);
                let status = status.ok_or(StrangeEvent("status"))?;
                EventData::User { user_id: user_id?, status }
            }
            EventKind::UserInactivated if row.state == INACTIVE => {
                EventData::Inactive { user_id: user_id? }
            }
            EventKind::UserInactivated => return Err(StrangeEvent("status")),
        };
        Ok(Self { id: row.event_id, kind, created_at: row.created_at, data })
    }

    /// The body of a webhook.
    pub(crate) fn to_json(self) -> Json {
        let text = |text: String| Json::Text(text);
        object([
            ("id", text(self.id.to_string())),
            ("type", text(self.kind.name().to_owned())),
            ("created_at", text(self.created_at.to_string())),
            ("data", self.data.to_json()),
        ])
    }
}

impl EventData {
    /// The members of `data`.
    #[must_use]
    pub fn to_json(self) -> Json {
        let id = |id: String| Json::Text(id);
        match self {
            Self::File { file_id, status, user_id } => {
                let user_id = user_id.map(|user| ("user_id", id(user.to_string())));
                let file = [("file_id", id(file_id.to_string())), ("status", status.name().into())];
                object(file.into_iter().chain(user_id))
            }
            Self::User { user_id, status } => object([
                ("user_id", id(user_id.to_string())),
                ("verification_status", status.name().into()),
            ]),
            Self::Inactive { user_id } => {
                object([("user_id", id(user_id.to_string())), ("active", Json::Bool(false))])
            }
        }
    }
}

pub(crate) fn object(members: impl IntoIterator<Item = (&'static str, Json)>) -> Json {
    Json::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}
