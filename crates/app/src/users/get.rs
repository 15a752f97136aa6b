//! Reading one user.

use dossier_domain::UserId;

use super::{User, UserError};
use crate::{App, Permit, UsersRead};

impl App {
    /// One user of the caller's client.
    ///
    /// # Errors
    /// [`UserError::NotFound`], [`UserError::Unavailable`]
    pub async fn get_user(
        &self,
        permit: Permit<UsersRead>,
        user_id: UserId,
    ) -> Result<User, UserError> {
        Ok(self.get_stored_user(permit.client_id(), user_id).await?.user)
    }
}
