//! What is announced to clients.

use dossier_db::{NewEvent, NewFile};
use dossier_domain::EventKind;

use crate::App;

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
}
