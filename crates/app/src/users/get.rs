//! Reading one user.

use dossier_db::UserRow;
use dossier_domain::{ClientId, UserId};

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
        self.get_user_row(permit.client_id(), user_id).await?.try_into()
    }

    /// The row of a user of this client.
    pub(super) async fn get_user_row(
        &self,
        client_id: ClientId,
        user_id: UserId,
    ) -> Result<UserRow, UserError> {
        self.db.find_user(client_id, user_id).await?.ok_or(UserError::NotFound)
    }
}
