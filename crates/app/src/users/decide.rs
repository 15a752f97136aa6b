//! Deciding a verification.

use dossier_db::WriteUser;
use dossier_domain::UserId;
use dossier_domain::user::{Decision, Members, NotPending, Outcome, VerificationStatus};

use super::stored::Act;
use super::{ATTEMPTS_MAX, UserError};
use crate::{App, Permit, ReviewsWrite};

impl App {
    /// Approves or rejects the pending verification of an active user.
    ///
    /// # Errors
    /// All of [`UserError`] but `ExternalIdTaken` and `Cursor`.
    pub async fn decide_verification(
        &self,
        permit: Permit<ReviewsWrite>,
        user_id: UserId,
        body: Members,
    ) -> Result<VerificationStatus, UserError> {
        let decision = Decision::read(body);
        for _ in 0..ATTEMPTS_MAX {
            let stored = self.get_active_user(permit.client_id(), user_id).await?;
            let decision = decision.as_ref().map_err(|v| UserError::Refused(v.clone()))?;
            let mut next = stored.next();
            next.status = next.status.after(decision.outcome.step())?;
            if decision.outcome == Outcome::Approved {
                next.request = None;
            }
            let status = next.status;
            let act = Act {
                at: self.clock.now(),
                by: permit.credential(),
                step: decision.outcome.step(),
                details: decision.to_json(),
            };
            match self.write_user(&stored, next, Some(act), (&permit).into()).await? {
                WriteUser::Written => return Ok(status),
                WriteUser::ExternalIdTaken | WriteUser::Stale => {}
            }
        }
        Err(UserError::contended())
    }
}

impl From<NotPending> for UserError {
    fn from(NotPending: NotPending) -> Self {
        Self::NotPending
    }
}
