//! Changing a user: what is given replaces, null removes, the verification is replaced whole.

use dossier_db::WriteUser;
use dossier_domain::user::{Change, Members, UserPatch, VerificationStatus, VerificationStep};
use dossier_domain::{FileId, Timestamp, UserId};

use super::attach::{Named, files_json};
use super::create::judge;
use super::stored::{Act, NextUser, StoredUser};
use super::{ATTEMPTS_MAX, UserError};
use crate::{App, Permit, UsersWrite};

impl App {
    /// Changes an active user of the caller's client.
    ///
    /// # Errors
    /// All of [`UserError`] but `NotPending` and `Cursor`.
    pub async fn patch_user(
        &self,
        permit: Permit<UsersWrite>,
        user_id: UserId,
        body: Members,
    ) -> Result<(), UserError> {
        let now = self.clock.now();
        let patch = UserPatch::read(body, now);
        for _ in 0..ATTEMPTS_MAX {
            match self.try_patch(&permit, user_id, &patch, now).await? {
                WriteUser::Written => return Ok(()),
                WriteUser::ExternalIdTaken => return Err(UserError::ExternalIdTaken),
                WriteUser::Stale => {}
            }
        }
        Err(UserError::contended())
    }

    async fn try_patch(
        &self,
        permit: &Permit<UsersWrite>,
        user_id: UserId,
        patch: &UserPatch,
        now: Timestamp,
    ) -> Result<WriteUser, UserError> {
        let stored = self.get_active_user(permit.client_id(), user_id).await?;
        let named = self.find_named(permit.client_id(), &patch.references).await?;
        let profile = judge(&stored.user.profile, patch, &named, user_id)?;
        if patch.is_empty() {
            return Ok(WriteUser::Written);
        }
        let attachment = self.attach(stored.ids(), stored.key.clone(), &named).await?;
        let mut next =
            NextUser { profile, key: attachment.key, claims: attachment.claims, ..stored.next() };
        let step = step(&stored, patch, &named, &mut next);
        let act = step.map(|step| {
            let files = next.verification.iter().flat_map(|v| v.file_ids());
            Act { at: now, by: permit.credential(), step, details: files_json(files) }
        });
        self.write_user(&stored, next, act, permit.into()).await
    }
}

/// What the patch does to the verification, if anything.
fn step(
    stored: &StoredUser,
    patch: &UserPatch,
    named: &Named,
    next: &mut NextUser,
) -> Option<VerificationStep> {
    match &patch.verification {
        Change::Keep => None,
        Change::Remove => {
            next.verification = None;
            next.status = VerificationStatus::Missing;
            stored.user.verification.is_some().then_some(VerificationStep::Removed)
        }
        Change::Replace(verification) => {
            let before: Vec<FileId> =
                stored.user.verification.iter().flat_map(|v| v.file_ids()).collect();
            let new: Vec<_> = verification.file_ids().filter(|id| !before.contains(id)).collect();
            next.request = next.request.take().and_then(|r| r.after(&named.purposes(&new)));
            next.verification = Some(verification.clone());
            next.status = VerificationStatus::Pending;
            Some(VerificationStep::Submitted)
        }
    }
}
