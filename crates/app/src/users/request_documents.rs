//! Asking a user for documents.

use dossier_db::WriteUser;
use dossier_domain::user::{DocumentRequest, VerificationStep};
use dossier_domain::{Members, Timestamp, UserId, Violations};

use super::stored::{Act, NextUser};
use super::{MeantFor, UserError, until_written};
use crate::{App, Permit, ReviewsWrite};

impl App {
    /// Asks an active user for documents; what was asked for before is forgotten.
    ///
    /// # Errors
    /// All of [`UserError`] but `ExternalIdTaken`, `NotPending` and `Cursor`.
    pub async fn request_documents(
        &self,
        permit: Permit<ReviewsWrite>,
        (user_id, meant_for): (UserId, MeantFor),
        body: Members,
    ) -> Result<DocumentRequest, UserError> {
        let now = self.clock.now();
        let request = DocumentRequest::read(body, now);
        until_written(|| self.try_request(&permit, (user_id, &meant_for), &request, now)).await?;
        request.map_err(UserError::Refused)
    }

    async fn try_request(
        &self,
        permit: &Permit<ReviewsWrite>,
        (user_id, meant_for): (UserId, &MeantFor),
        request: &Result<DocumentRequest, Violations>,
        now: Timestamp,
    ) -> Result<WriteUser, UserError> {
        let stored = self.get_active_user(permit.client_id(), user_id, meant_for).await?;
        let request = request.as_ref().map_err(|v| UserError::Refused(v.clone()))?;
        let act = Act {
            at: now,
            by: permit.credential(),
            step: VerificationStep::DocumentsRequested,
            details: request.to_json(),
        };
        let next = NextUser { request: Some(request.clone()), ..stored.next() };
        self.write_user(&stored, next, Some(act), permit.into()).await
    }
}
