//! Creating a user, with the files that verify it.

use dossier_db::{DbError, NewUser, UserOutcome, WriteUser};
use dossier_domain::user::{Profile, UserPatch, VerificationStatus};
use dossier_domain::{AuditAction, AuditObject, Members, Timestamp, UserId};

use super::attach::Named;
use super::change::judge;
use super::stored::NextUser;
use super::{UserError, until_written};
use crate::outcome::find_outcome;
use crate::{App, Permit, UsersWrite};

/// Where the verification of a user stands of whom nothing is said.
const STATUS_FIRST: VerificationStatus = VerificationStatus::Missing;

/// A new user that keeps the rules, and its files.
struct Draft<'a> {
    user_id: UserId,
    registered_at: Timestamp,
    profile: Profile,
    patch: &'a UserPatch,
    named: &'a Named,
}

impl App {
    /// Creates a user of the caller's client from the members of a JSON object.
    ///
    /// # Errors
    /// [`UserError::Refused`], [`UserError::ExternalIdTaken`], [`UserError::StorageFull`],
    /// [`UserError::Unavailable`]
    pub async fn create_user(
        &self,
        permit: Permit<UsersWrite>,
        body: Members,
    ) -> Result<UserId, UserError> {
        let now = self.clock.now();
        let patch = UserPatch::read(body, now);
        let user_id = self.new_user_id(now);
        until_written(|| self.try_create(&permit, (user_id, now), &patch)).await?;
        Ok(user_id)
    }

    async fn try_create(
        &self,
        permit: &Permit<UsersWrite>,
        (user_id, registered_at): (UserId, Timestamp),
        patch: &UserPatch,
    ) -> Result<WriteUser, UserError> {
        let named = self.find_named(permit.client_id(), &patch.references).await?;
        let profile = judge(&Profile::default(), patch, &named, user_id)?;
        let draft = Draft { user_id, registered_at, profile, patch, named: &named };
        let new = self.new_user(permit, draft).await?;
        let written = self.insert_user(new).await?;
        self.webhooks.wake();
        Ok(written)
    }

    async fn new_user(
        &self,
        permit: &Permit<UsersWrite>,
        draft: Draft<'_>,
    ) -> Result<NewUser, UserError> {
        let Draft { user_id, registered_at, profile, patch, named } = draft;
        let client_id = permit.client_id();
        let attachment = self.attach((client_id, user_id), None, named).await?;
        let mut next = NextUser { key: attachment.key, ..NextUser::new(profile) };
        let step = next.change_verification(&patch.verification, named);
        let status = step.map_or(Ok(STATUS_FIRST), |step| STATUS_FIRST.after(step))?;
        let act = step.map(|step| next.act(step, permit.credential(), registered_at));
        let object = AuditObject::User(user_id);
        Ok(NewUser {
            client_id,
            user_id,
            registered_at,
            event: act.as_ref().map(|act| self.user_event((client_id, user_id), act, status)),
            change: act.map(|act| act.into_row(status)),
            state: next.into_state(status),
            claims: attachment.claims,
            entry: self.audit_entry(permit.into(), AuditAction::UserCreated, object),
        })
    }

    /// Writes a new user, and learns what became of it when the commit did not say.
    async fn insert_user(&self, new: NewUser) -> Result<WriteUser, UserError> {
        let (client_id, user_id) = (new.client_id, new.user_id);
        let unknown = match self.db.insert_user(new).await {
            Err(error @ DbError::OutcomeUnknown(_)) => error,
            known => return Ok(known?),
        };
        match find_outcome(|| self.db.find_user_outcome(client_id, user_id)).await {
            Some(UserOutcome::Committed) => Ok(WriteUser::Written),
            Some(UserOutcome::NotCommitted) | None => Err(unknown.into()),
        }
    }
}
