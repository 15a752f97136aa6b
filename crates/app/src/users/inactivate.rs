//! Making a user inactive, for good.

use dossier_db::InactivateUser;
use dossier_domain::UserId;

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
        let client_id = permit.client_id();
        let event = self.user_inactivated((client_id, user_id));
        match self.db.inactivate_user(client_id, user_id, event).await? {
            InactivateUser::Inactivated | InactivateUser::AlreadyInactive => Ok(()),
            InactivateUser::NotFound => Err(UserError::NotFound),
        }
    }
}
