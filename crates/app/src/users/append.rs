//! Adding files to the verification of a user.

use dossier_db::WriteUser;
use dossier_domain::user::{Files, VerificationStep, judge_references, read_files};
use dossier_domain::{FileId, Members, UserId, Violations};

use super::attach::files_json;
use super::stored::Act;
use super::{MeantFor, UserError, until_written};
use crate::{App, Permit, UsersWrite};

impl App {
    /// Adds files to the verification of an active user; it is made when there is none. Files
    /// that are there already stay as they are.
    ///
    /// # Errors
    /// All of [`UserError`] but `ExternalIdTaken`, `NotPending` and `Cursor`.
    pub async fn append_files(
        &self,
        permit: Permit<UsersWrite>,
        (user_id, meant_for): (UserId, MeantFor),
        body: Members,
    ) -> Result<(), UserError> {
        let files = read_files(body);
        until_written(|| self.try_append(&permit, (user_id, &meant_for), &files)).await
    }

    async fn try_append(
        &self,
        permit: &Permit<UsersWrite>,
        (user_id, meant_for): (UserId, &MeantFor),
        files: &Files,
    ) -> Result<WriteUser, UserError> {
        let stored = self.get_active_user(permit.client_id(), user_id, meant_for).await?;
        let before = stored.verification.clone().unwrap_or_default();
        let mut named = self.find_named(permit.client_id(), &files.references).await?;
        for id in before.files() {
            // It is there already: whatever became of it since changes nothing.
            named.files.entry(*id).and_modify(|file| file.rejected = false);
        }
        let references = judge_references(&files.references, &named.files, user_id);
        let appended = before.appended(&files.ids);
        let appended = Violations::join(files.violations.clone(), appended, references);
        let appended = appended.map_err(UserError::Refused)?;
        let Some(verification) = appended else {
            return self.write_user(&stored, stored.next(), None, permit.into()).await;
        };

        let attachment = self.attach(stored.ids(), stored.key.clone(), &named).await?;
        let is_new = |id: &FileId| !before.files().contains(id);
        let new: Vec<_> = files.ids.iter().copied().filter(is_new).collect();
        let mut next = stored.next();
        next.key = attachment.key;
        next.claims = attachment.claims;
        next.verification = Some(verification);
        next.fulfil_request(&named, &new);
        let act = Act {
            at: self.clock.now(),
            by: permit.credential(),
            step: VerificationStep::Appended,
            details: files_json(new.into_iter()),
        };
        self.write_user(&stored, next, Some(act), permit.into()).await
    }
}
