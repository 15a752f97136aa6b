//! Making a user inactive, for good.

use dossier_db::InactivateUser;
use dossier_domain::{AuditAction, AuditObject, UserId};

use super::UserError;
use crate::{App, Permit, UsersWrite};

impl App {
    /// Makes a user of the caller's client inactive. Doing it again changes nothing.
    ///
    /// # Errors
    /// [`UserError::NotFound`], [`UserError::StorageFull`], [`UserError::Unavailable`]
    pub async fn inactivate_user(
        &self,
        permit: Permit<UsersWrite>,
        user_id: UserId,
    ) -> Result<(), UserError> {
        let (client_id, object) = (permit.client_id(), AuditObject::User(user_id));
        let event = self.user_inactivated((client_id, user_id));
        let entry = self.audit_entry((&permit).into(), AuditAction::UserInactivated, object);
        match self.db.inactivate_user(client_id, user_id, event, entry).await? {
            InactivateUser::Inactivated => {
                self.webhooks.wake();
                Ok(())
            }
            InactivateUser::AlreadyInactive => Ok(()),
            InactivateUser::NotFound => Err(UserError::NotFound),
        }
    }
}
