//! Changing a user: what is given replaces, null removes, the verification is replaced whole.

use dossier_db::WriteUser;
use dossier_domain::user::UserPatch;
use dossier_domain::{Members, Timestamp, UserId};

use super::change::judge;
use super::stored::NextUser;
use super::{MeantFor, UserError, until_written};
use crate::{App, Permit, UsersWrite};

impl App {
    /// Changes an active user of the caller's client.
    ///
    /// # Errors
    /// All of [`UserError`] but `NotPending` and `Cursor`.
    pub async fn patch_user(
        &self,
        permit: Permit<UsersWrite>,
        (user_id, meant_for): (UserId, MeantFor),
        body: Members,
    ) -> Result<(), UserError> {
        let now = self.clock.now();
        let patch = UserPatch::read(body, now);
        until_written(|| self.try_patch(&permit, (user_id, &meant_for), &patch, now)).await
    }

    async fn try_patch(
        &self,
        permit: &Permit<UsersWrite>,
        (user_id, meant_for): (UserId, &MeantFor),
        patch: &UserPatch,
        now: Timestamp,
    ) -> Result<WriteUser, UserError> {
        let stored = self.get_active_user(permit.client_id(), user_id, meant_for).await?;
        let named = self.find_named(permit.client_id(), &patch.references).await?;
        let profile = judge(&stored.profile, patch, &named, user_id)?;
        let attachment = self.attach(stored.ids(), stored.key.clone(), &named).await?;
        let mut next =
            NextUser { profile, key: attachment.key, claims: attachment.claims, ..stored.next() };
        let step = next.change_verification(&patch.verification, &named);
        let act = step.map(|step| next.act(step, permit.credential(), now));
        self.write_user(&stored, next, act, permit.into()).await
    }
}
