//! New ids, from the clock and the randomness that are handed in.

use dossier_domain::{
    AuditEntryId, BlobId, EndpointId, EventId, FileId, JobId, KeyId, RequestId, Timestamp, UserId,
};
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
    /// They hold the very time of the file, so that a list finds a time among them.
    pub(crate) fn new_file_id(&self, created_at: Timestamp) -> FileId {
        v7(created_at, &self.random_of_v7()).into()
    }

    /// Ids of users hold their time for the same reasons.
    pub(crate) fn new_user_id(&self, registered_at: Timestamp) -> UserId {
        v7(registered_at, &self.random_of_v7()).into()
    }

    pub(crate) fn new_event_id(&self) -> EventId {
        self.uuid_v7().into()
    }

    pub(crate) fn new_endpoint_id(&self) -> EndpointId {
        self.uuid_v7().into()
    }

    pub(crate) fn new_job_id(&self) -> JobId {
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

    /// A version 7 UUID whose next 12 bits are the fraction of the millisecond (RFC 9562, section
    /// 6.2, method 3): what one request does stands in its order.
    pub(crate) fn new_audit_entry_id(&self, at: Timestamp) -> AuditEntryId {
        let mut random = self.random_of_v7();
        let fraction = at.micros().rem_euclid(1000) * 4096 / 1000;
        let [first, second, ..] = &mut random;
        [.., *first, *second] = fraction.to_be_bytes();
        v7(at, &random).into()
    }

    pub(crate) fn uuid_v7(&self) -> Uuid {
        v7(self.clock.now(), &self.random_of_v7())
    }

    fn random_of_v7(&self) -> [u8; 10] {
        let mut random = [0; 10];
        self.entropy.fill(&mut random);
        random
    }

    pub(crate) fn uuid_v4(&self) -> Uuid {
        let mut random = [0; 16];
        self.entropy.fill(&mut random);
        Builder::from_random_bytes(random).into_uuid()
    }
}

fn v7(time: Timestamp, random: &[u8; 10]) -> Uuid {
    let millis = u64::try_from(time.micros() / 1000).expect("no clock stands before 1970");
    Builder::from_unix_timestamp_millis(millis, random).into_uuid()
}
