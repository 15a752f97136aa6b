//! Creating a user, with the files that verify it.

use dossier_db::{DbError, NewUser, UserOutcome, WriteUser};
use dossier_domain::user::{
    Change, Members, Profile, UserPatch, VerificationStatus, VerificationStep, judge_references,
};
use dossier_domain::{AuditAction, AuditObject, UserId, Violations};

use super::attach::{Named, files_json};
use super::stored::{Act, NextUser};
use super::{ATTEMPTS_MAX, UserError};
use crate::{App, Permit, UsersWrite};

/// How often the outcome of a commit is asked for.
const OUTCOME_TRIES: u32 = 3;

/// A new user that keeps the rules, and its files.
struct Draft<'a> {
    user_id: UserId,
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
        let patch = UserPatch::read(body, self.clock.now());
        let user_id = self.new_user_id();
        for _ in 0..ATTEMPTS_MAX {
            let named = self.find_named(permit.client_id(), &patch.references).await?;
            let profile = judge(&Profile::default(), &patch, &named, user_id)?;
            let draft = Draft { user_id, profile, patch: &patch, named: &named };
            let new = self.new_user(&permit, draft).await?;
            match self.insert_user(new).await? {
                WriteUser::Written => {
                    self.webhooks.wake();
                    return Ok(user_id);
                }
                WriteUser::ExternalIdTaken => return Err(UserError::ExternalIdTaken),
                WriteUser::Stale => {}
            }
        }
        Err(UserError::contended())
    }

    async fn new_user(
        &self,
        permit: &Permit<UsersWrite>,
        draft: Draft<'_>,
    ) -> Result<NewUser, UserError> {
        let Draft { user_id, profile, patch, named } = draft;
        let (client_id, now) = (permit.client_id(), self.clock.now());
        let attachment = self.attach((client_id, user_id), None, named).await?;
        let (verification, status, act) = match &patch.verification {
            Change::Keep | Change::Remove => (None, VerificationStatus::Missing, None),
            Change::Replace(verification) => {
                let details = files_json(verification.file_ids());
                let (by, step) = (permit.credential(), VerificationStep::Submitted);
                let act = Act { at: now, by, step, details };
                (Some(verification.clone()), VerificationStatus::Pending, Some(act))
            }
        };
        let (key, claims) = (attachment.key, Vec::new());
        let next = NextUser { profile, verification, status, request: None, key, claims };
        let object = AuditObject::User(user_id);
        Ok(NewUser {
            client_id,
            user_id,
            registered_at: now,
            event: act.as_ref().map(|act| self.user_event((client_id, user_id), act, status)),
            change: act.map(|act| act.into_row(status)),
            state: next.into_state(),
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
        for _ in 0..OUTCOME_TRIES {
            match self.db.find_user_outcome(client_id, user_id).await {
                Ok(UserOutcome::Committed) => return Ok(WriteUser::Written),
                Ok(UserOutcome::NotCommitted) => return Err(unknown.into()),
                Err(error) => tracing::warn!(%error, "the outcome of a commit is not known yet"),
            }
        }
        Err(unknown.into())
    }
}

/// Every broken rule of a patch and its files, or the profile after it.
pub(super) fn judge(
    before: &Profile,
    patch: &UserPatch,
    named: &Named,
    user_id: UserId,
) -> Result<Profile, UserError> {
    let patched = before.patched(patch);
    let mut violations = patch.violations.clone();
    violations.extend(patched.as_ref().err().into_iter().flat_map(Violations::iter).cloned());
    violations.extend(judge_references(&patch.references, &named.files, user_id));
    match (Violations::of(violations), patched) {
        (None, Ok(profile)) => Ok(profile),
        (Some(violations), _) | (None, Err(violations)) => Err(UserError::Refused(violations)),
    }
}
