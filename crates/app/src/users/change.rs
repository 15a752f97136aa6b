//! What a patch makes of a user, an old one or one that is new: what it breaks, and what becomes of
//! the verification.

use dossier_domain::user::{
    Change, Profile, UserPatch, Verification, VerificationStep, judge_references,
};
use dossier_domain::{Credential, FileId, Timestamp, UserId, Violations};

use super::UserError;
use super::attach::{Named, files_json};
use super::stored::{Act, NextUser};

/// Every broken rule of a patch and its files, or the profile after it.
pub(super) fn judge(
    before: &Profile,
    patch: &UserPatch,
    named: &Named,
    user_id: UserId,
) -> Result<Profile, UserError> {
    let references = judge_references(&patch.references, &named.files, user_id);
    let patched = before.patched(patch);
    Violations::join(patch.violations.clone(), patched, references).map_err(UserError::Refused)
}

impl NextUser {
    /// Does to the verification what a patch says; answers the step that this is, if it is one.
    pub(super) fn change_verification(
        &mut self,
        change: &Change<Verification>,
        named: &Named,
    ) -> Option<VerificationStep> {
        match change {
            Change::Keep => None,
            Change::Remove => self.verification.take().map(|_| VerificationStep::Removed),
            Change::Replace(verification) => {
                let before = self.verification.replace(verification.clone()).unwrap_or_default();
                let before: Vec<FileId> = before.file_ids().collect();
                let is_new = |id: &FileId| !before.contains(id);
                let new: Vec<_> = verification.file_ids().filter(is_new).collect();
                self.fulfil_request(named, &new);
                Some(VerificationStep::Submitted)
            }
        }
    }

    /// The act that such a step is: the history keeps every file that the verification names.
    pub(super) fn act(&self, step: VerificationStep, by: Credential, at: Timestamp) -> Act {
        let files = self.verification.iter().flat_map(|v| v.file_ids());
        Act { at, by, step, details: files_json(files) }
    }

    /// Takes what these files are from what a reviewer waits for.
    pub(super) fn fulfil_request(&mut self, named: &Named, files: &[FileId]) {
        self.request = self.request.take().and_then(|wanted| wanted.after(&named.purposes(files)));
    }
}
