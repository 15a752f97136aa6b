//! Making and changing users, and attaching files to them: one commit each.

use dossier_domain::{ClientId, FileId, Timestamp, UserId};

use crate::audit::{self, NewAuditEntry};
use crate::batch::{Batch, Expect, StepIndex, Written};
use crate::engine::Db;
use crate::error::DbError;
use crate::event::{NewEvent, add_event};
use crate::user::UserKey;
use crate::value::params;
use crate::verification_change::{NewVerificationChange, add_change};

/// What a write makes of a user.
#[derive(Clone, PartialEq, Eq)]
pub struct UserState {
    /// The form of its external id in which external ids are compared.
    pub external_id_folded: Option<String>,
    /// `missing`, `pending`, `approved` or `rejected`.
    pub verification_status: String,
    /// Whether the status is `approved`.
    pub verified: bool,
    /// What is said of the person, in the form the reader of the row understands.
    pub profile: String,
    /// The verification, in the same way.
    pub verification: Option<String>,
    /// What a reviewer still waits for, in the same way.
    pub request: Option<String>,
    /// The key of its files. A user keeps the first it was given.
    pub key: Option<UserKey>,
}

/// A file to attach, and its key under the user's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimFile {
    /// The file: of the same client, of no user, and not rejected.
    pub file_id: FileId,
    /// The wrapped key that it must have until then.
    pub wrapped_key_before: Vec<u8>,
    /// The same key, wrapped by the user's.
    pub wrapped_key: Vec<u8>,
    /// Which key wraps it.
    pub key_holder: String,
}

/// A user to make.
#[derive(Clone, PartialEq, Eq)]
pub struct NewUser {
    /// Whose user.
    pub client_id: ClientId,
    /// Its id: a UUID of version 7, so that ids follow time.
    pub user_id: UserId,
    /// When it is made.
    pub registered_at: Timestamp,
    /// What it is.
    pub state: UserState,
    /// The files to attach.
    pub claims: Vec<ClaimFile>,
    /// What is kept of it in the history of its verification.
    pub change: Option<NewVerificationChange>,
    /// What is announced of it.
    pub event: Option<NewEvent>,
    /// What the audit says of it.
    pub entry: NewAuditEntry,
}

/// A change of an active user.
#[derive(Clone, PartialEq, Eq)]
pub struct UserUpdate {
    /// Whose user.
    pub client_id: ClientId,
    /// Which.
    pub user_id: UserId,
    /// The revision it must have until then.
    pub revision: i64,
    /// The folded external id of that revision.
    pub external_id_folded_before: Option<String>,
    /// What it becomes.
    pub state: UserState,
    /// The files to attach.
    pub claims: Vec<ClaimFile>,
    /// What is kept of it in the history of its verification.
    pub change: Option<NewVerificationChange>,
    /// What is announced of it.
    pub event: Option<NewEvent>,
    /// What the audit says of it.
    pub entry: NewAuditEntry,
}

/// What came of writing a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteUser {
    /// Everything was written.
    Written,
    /// Another user of this client has the external id; nothing was changed.
    ExternalIdTaken,
    /// The user, or a file to attach, is no longer what it was; nothing was changed. Read again.
    Stale,
}

/// What came of inactivating a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InactivateUser {
    /// It was active and is not any more.
    Inactivated,
    /// It was inactive before; nothing was changed.
    AlreadyInactive,
    /// This client has no such user.
    NotFound,
}

const INSERT_EXTERNAL_ID: &str = "\
    insert into user_external_ids (client_id, external_id_folded, user_id) values (?1, ?2, ?3) \
    on conflict do nothing";
const DELETE_EXTERNAL_ID: &str = "\
    delete from user_external_ids \
    where client_id = ?1 and external_id_folded = ?2 and user_id = ?3";
const INSERT_USER: &str = "\
    insert into users (client_id, user_id, registered_at, revision, active, verification_status, \
    verified, profile, verification, request, wrapped_key, key_holder) \
    values (?1, ?2, ?3, 1, 1, ?4, ?5, ?6, ?7, ?8, ?9, ?10) on conflict do nothing";
const UPDATE_USER: &str = "\
    update users set revision = revision + 1, verification_status = ?4, verified = ?5, \
    profile = ?6, verification = ?7, request = ?8, wrapped_key = coalesce(wrapped_key, ?9), \
    key_holder = coalesce(key_holder, ?10) \
    where client_id = ?1 and user_id = ?2 and revision = ?3 and active = 1";
const INACTIVATE_USER: &str = "\
    update users set revision = revision + 1, active = 0 \
    where client_id = ?1 and user_id = ?2 and active = 1";
/// Who attached the file first has it: a second one finds `user_id` set.
const CLAIM_FILE: &str = "\
    update files set user_id = ?3, wrapped_key = ?4, key_holder = ?5 \
    where file_id = ?2 and client_id = ?1 and user_id is null and status <> 'rejected' \
    and wrapped_key = ?6";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[
    INSERT_EXTERNAL_ID,
    DELETE_EXTERNAL_ID,
    INSERT_USER,
    UPDATE_USER,
    INACTIVATE_USER,
    CLAIM_FILE,
];

impl Db {
    /// Makes a user, takes its external id, attaches its files, keeps the change and announces it:
    /// one commit.
    ///
    /// After `OutcomeUnknown` ask [`Db::find_user_outcome`].
    ///
    /// # Errors
    /// As every write.
    pub async fn insert_user(&self, user: NewUser) -> Result<WriteUser, DbError> {
        let NewUser { client_id, user_id, registered_at, state, claims, change, event, entry } =
            user;
        let mut batch = Batch::default();
        let external_id = state.external_id_folded.map(|folded| {
            let params = params![client_id, folded, user_id];
            batch.add(Expect::ChangeOne, INSERT_EXTERNAL_ID, params)
        });
        let (wrapped_key, key_holder) = columns(state.key);
        let params = params![
            client_id,
            user_id,
            registered_at,
            state.verification_status,
            i64::from(state.verified),
            state.profile,
            state.verification,
            state.request,
            wrapped_key,
            key_holder,
        ];
        batch.add(Expect::ChangeOne, INSERT_USER, params);
        add_claims(&mut batch, (client_id, user_id), claims);
        if let Some(change) = change {
            add_change(&mut batch, user_id, 1, change);
        }
        if let Some(event) = event {
            add_event(&mut batch, event);
        }
        audit::add(&mut batch, client_id, entry);
        self.write_user(batch, external_id).await
    }

    /// Changes an active user of a known revision, moves its external id, attaches its files, keeps
    /// the change and announces it: one commit.
    ///
    /// # Errors
    /// As every write.
    pub async fn update_user(&self, update: UserUpdate) -> Result<WriteUser, DbError> {
        let UserUpdate {
            client_id, user_id, revision, state, claims, change, event, entry, ..
        } = update;
        let (before, after) = (update.external_id_folded_before, state.external_id_folded);
        let mut batch = Batch::default();
        let (wrapped_key, key_holder) = columns(state.key);
        let params = params![
            client_id,
            user_id,
            revision,
            state.verification_status,
            i64::from(state.verified),
            state.profile,
            state.verification,
            state.request,
            wrapped_key,
            key_holder,
        ];
        batch.add(Expect::ChangeOne, UPDATE_USER, params);
        let mut external_id = None;
        if before != after {
            if let Some(folded) = before {
                let params = params![client_id, folded, user_id];
                batch.add(Expect::ChangeOne, DELETE_EXTERNAL_ID, params);
            }
            external_id = after.map(|folded| {
                let params = params![client_id, folded, user_id];
                batch.add(Expect::ChangeOne, INSERT_EXTERNAL_ID, params)
            });
        }
        add_claims(&mut batch, (client_id, user_id), claims);
        if let Some(change) = change {
            add_change(&mut batch, user_id, revision + 1, change);
        }
        if let Some(event) = event {
            add_event(&mut batch, event);
        }
        audit::add(&mut batch, client_id, entry);
        self.write_user(batch, external_id).await
    }

    /// Makes a user inactive, for good, and announces it: one commit.
    ///
    /// # Errors
    /// As every write.
    pub async fn inactivate_user(
        &self,
        client_id: ClientId,
        user_id: UserId,
        event: NewEvent,
        entry: NewAuditEntry,
    ) -> Result<InactivateUser, DbError> {
        let mut batch = Batch::default();
        batch.add(Expect::ChangeOne, INACTIVATE_USER, params![client_id, user_id]);
        add_event(&mut batch, event);
        audit::add(&mut batch, client_id, entry);
        if let Written::Done(_) = self.write(batch).await? {
            return Ok(InactivateUser::Inactivated);
        }
        // An inactive user stays inactive and a user never goes: this cannot be overtaken.
        let known = self.find_user(client_id, user_id).await?.is_some();
        Ok(if known { InactivateUser::AlreadyInactive } else { InactivateUser::NotFound })
    }

    async fn write_user(
        &self,
        batch: Batch,
        external_id: Option<StepIndex>,
    ) -> Result<WriteUser, DbError> {
        Ok(match self.write(batch).await? {
            Written::Done(_) => WriteUser::Written,
            Written::Missed(step) if Some(step) == external_id => WriteUser::ExternalIdTaken,
            Written::Missed(_) => WriteUser::Stale,
        })
    }
}

/// Adds the steps that attach files, in the order of their ids: two writers that meet never wait
/// for each other in a circle.
fn add_claims(batch: &mut Batch, owner: (ClientId, UserId), mut claims: Vec<ClaimFile>) {
    let (client_id, user_id) = owner;
    claims.sort_by_key(|claim| claim.file_id);
    for claim in claims {
        let params = params![
            client_id,
            claim.file_id,
            user_id,
            claim.wrapped_key,
            claim.key_holder,
            claim.wrapped_key_before,
        ];
        batch.add(Expect::ChangeOne, CLAIM_FILE, params);
    }
}

fn columns(key: Option<UserKey>) -> (Option<Vec<u8>>, Option<String>) {
    key.map_or((None, None), |key| (Some(key.wrapped_key), Some(key.key_holder)))
}
