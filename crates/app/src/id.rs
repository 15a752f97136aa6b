//! New ids, from the clock and the randomness that are handed in.

use dossier_domain::{BlobId, EventId, FileId, KeyId, RequestId, UserId};
use uuid::{Builder, Uuid};

use crate::App;

impl App {
    /// A fresh random id, for requests that bring none.
    #[must_use]
    pub fn random_id(&self) -> RequestId {
        let id = self.uuid_v4().hyphenated().to_string();
        RequestId::parse(&id).expect("a UUID is short and visible ASCII")
    }

    /// A version 7 UUID (RFC 9562, section 5.7): ids of files follow time, which keeps the
    /// index's inserts at its end.
    pub(crate) fn new_file_id(&self) -> FileId {
        self.uuid_v7().into()
    }

    /// Ids of users follow time for the same reason.
    pub(crate) fn new_user_id(&self) -> UserId {
        self.uuid_v7().into()
    }

    pub(crate) fn new_event_id(&self) -> EventId {
        self.uuid_v7().into()
    }

    pub(crate) fn new_key_id(&self) -> KeyId {
        self.uuid_v7().into()
    }

    /// A version 7 UUID too, for the same reason: all that it tells, and cannot be guessed from,
    /// is the time that the store keeps beside the name anyway.
    pub(crate) fn new_blob_id(&self) -> BlobId {
        self.uuid_v7().into()
    }

    pub(crate) fn uuid_v7(&self) -> Uuid {
        let mut random = [0; 10];
        self.entropy.fill(&mut random);
        let millis = u64::try_from(self.clock.now().micros() / 1000).unwrap_or_default();
        Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    pub(crate) fn uuid_v4(&self) -> Uuid {
        let mut random = [0; 16];
        self.entropy.fill(&mut random);
        Builder::from_random_bytes(random).into_uuid()
    }
}
