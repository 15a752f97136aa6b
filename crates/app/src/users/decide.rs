//! Deciding a verification.

use dossier_db::WriteUser;
use dossier_domain::user::{Decision, NotPending, Outcome, VerificationStatus};
use dossier_domain::{Members, UserId, Violations};

use super::stored::Act;
use super::{MeantFor, UserError, until_written};
use crate::{App, Permit, ReviewsWrite};

impl App {
    /// Approves or rejects the pending verification of an active user.
    ///
    /// # Errors
    /// All of [`UserError`] but `ExternalIdTaken` and `Cursor`.
    pub async fn decide_verification(
        &self,
        permit: Permit<ReviewsWrite>,
        (user_id, meant_for): (UserId, MeantFor),
        body: Members,
    ) -> Result<VerificationStatus, UserError> {
        let decision = Decision::read(body);
        until_written(|| self.try_decide(&permit, (user_id, &meant_for), &decision)).await?;
        let step = decision.map_err(UserError::Refused)?.outcome.step();
        Ok(VerificationStatus::Pending.after(step)?)
    }

    async fn try_decide(
        &self,
        permit: &Permit<ReviewsWrite>,
        (user_id, meant_for): (UserId, &MeantFor),
        decision: &Result<Decision, Violations>,
    ) -> Result<WriteUser, UserError> {
        let stored = self.get_active_user(permit.client_id(), user_id, meant_for).await?;
        let decision = decision.as_ref().map_err(|v| UserError::Refused(v.clone()))?;
        let mut next = stored.next();
        if decision.outcome == Outcome::Approved {
            next.request = None;
        }
        let act = Act {
            at: self.clock.now(),
            by: permit.credential(),
            step: decision.outcome.step(),
            details: decision.to_json(),
        };
        self.write_user(&stored, next, Some(act), permit.into()).await
    }
}

impl From<NotPending> for UserError {
    fn from(NotPending: NotPending) -> Self {
        Self::NotPending
    }
}
