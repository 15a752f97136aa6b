//! Asking a user for documents.

use dossier_db::WriteUser;
use dossier_domain::UserId;
use dossier_domain::user::{DocumentRequest, Members, VerificationStep};

use super::stored::Act;
use super::{ATTEMPTS_MAX, UserError};
use crate::{App, Permit, ReviewsWrite};

impl App {
    /// Asks an active user for documents; what was asked for before is forgotten.
    ///
    /// # Errors
    /// All of [`UserError`] but `ExternalIdTaken`, `NotPending` and `Cursor`.
    pub async fn request_documents(
        &self,
        permit: Permit<ReviewsWrite>,
        user_id: UserId,
        body: Members,
    ) -> Result<DocumentRequest, UserError> {
        let now = self.clock.now();
        let request = DocumentRequest::read(body, now);
        for _ in 0..ATTEMPTS_MAX {
            let stored = self.get_active_user(permit.client_id(), user_id).await?;
            let request = request.as_ref().map_err(|v| UserError::Refused(v.clone()))?;
            let mut next = stored.next();
            next.request = Some(request.clone());
            let act = Act {
                at: now,
                by: permit.credential(),
                step: VerificationStep::DocumentsRequested,
                details: request.to_json(),
            };
            match self.write_user(&stored, next, Some(act), (&permit).into()).await? {
                WriteUser::Written => return Ok(request.clone()),
                WriteUser::ExternalIdTaken | WriteUser::Stale => {}
            }
        }
        Err(UserError::contended())
    }
}
