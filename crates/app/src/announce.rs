//! What is announced to clients, as the use cases commit it.

use dossier_db::{NewEvent, NewFile};
use dossier_domain::user::VerificationStatus;
use dossier_domain::{ClientId, EventKind, UserId};

use crate::App;
use crate::users::Act;

/// The state of a user that was made inactive.
pub(crate) const INACTIVE: &str = "inactive";

impl App {
    /// Says that a file is ready: for the commit that makes it so.
    pub(crate) fn file_ready(&self, file: &NewFile) -> NewEvent {
        NewEvent {
            event_id: self.new_event_id(),
            client_id: file.client_id,
            kind: EventKind::FileReady.name().to_owned(),
            state: file.status.clone(),
            file_id: Some(file.file_id),
            user_id: None,
            created_at: file.created_at,
        }
    }

    /// Says what an act makes of a verification.
    pub(crate) fn user_event(
        &self,
        (client_id, user_id): (ClientId, UserId),
        act: &Act,
        status: VerificationStatus,
    ) -> NewEvent {
        NewEvent {
            event_id: self.new_event_id(),
            client_id,
            kind: act.step.event().name().to_owned(),
            state: status.name().to_owned(),
            file_id: None,
            user_id: Some(user_id),
            created_at: act.at,
        }
    }

    /// Says that a user was made inactive.
    pub(crate) fn user_inactivated(&self, (client_id, user_id): (ClientId, UserId)) -> NewEvent {
        NewEvent {
            event_id: self.new_event_id(),
            client_id,
            kind: EventKind::UserInactivated.name().to_owned(),
            state: INACTIVE.to_owned(),
            file_id: None,
            user_id: Some(user_id),
            created_at: self.clock.now(),
        }
    }
}
