//! Listing users.

use dossier_db::{UserList, UserRows};
use dossier_domain::user::ExternalId;
use dossier_domain::{ClientId, Timestamp, UserId};

use super::{User, UserError};
use crate::{App, Order, PageSize, Permit, UsersRead};

/// A page that holds so many bytes ends, whatever its size: one user may be a mebibyte and more.
const PAGE_BYTES: usize = 4 << 20;

/// Which users a list holds; every member given must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserFilter {
    /// With this external id, whatever its case.
    pub external_id: Option<ExternalId>,
    /// Verified, or not.
    pub verified: Option<bool>,
    /// Active, or not.
    pub active: Option<bool>,
    /// Registered after this time.
    pub registered_after: Option<Timestamp>,
    /// Registered before this time.
    pub registered_before: Option<Timestamp>,
}

/// A request for one page.
#[derive(Clone, Debug, Default)]
pub struct ListUsers {
    /// Which users.
    pub filter: UserFilter,
    /// From which end.
    pub order: Order,
    /// How many at the most.
    pub size: PageSize,
    /// The cursor of the page before.
    pub after: Option<String>,
}

/// One page.
#[derive(Clone, Debug)]
pub struct UserPage {
    /// The users.
    pub users: Vec<User>,
    /// The cursor of the next page; `None` at the end. Safe in a URL as it stands.
    pub next: Option<String>,
}

impl App {
    /// One page of the users of the caller's client.
    ///
    /// # Errors
    /// [`UserError::Cursor`], [`UserError::Unavailable`]
    pub async fn list_users(
        &self,
        permit: Permit<UsersRead>,
        list: &ListUsers,
    ) -> Result<UserPage, UserError> {
        let cursors = self.cursors(name_of(permit.client_id(), list));
        let after = cursors.read(list.after.as_deref())?.map(UserId::from_bytes);
        let query = UserList {
            client_id: permit.client_id(),
            filter: rows_of(&list.filter),
            order: list.order.of_rows(),
            after,
            limit: list.size.get(),
            bytes_max: PAGE_BYTES,
        };
        let UserRows { users, more } = self.db.list_users(query).await?;
        let last = users.last().map(|row| row.user_id).filter(|_| more);
        Ok(UserPage {
            users: users.into_iter().map(User::try_from).collect::<Result<_, _>>()?,
            next: last.map(|id| cursors.write(id.to_bytes())),
        })
    }
}

/// What a cursor of this list is good for.
fn name_of(client: ClientId, list: &ListUsers) -> String {
    let UserFilter { external_id, verified, active, registered_after, registered_before } =
        &list.filter;
    let flag = |flag: &Option<bool>| flag.map_or("-".to_owned(), |flag| flag.to_string());
    let time = |time: &Option<Timestamp>| time.map_or("-".to_owned(), |t| t.micros().to_string());
    format!(
        "users {client} {} {} {} {} {} {}",
        list.order.name(),
        flag(verified),
        flag(active),
        time(registered_after),
        time(registered_before),
        external_id.as_ref().map_or("-".to_owned(), |id| format!("={}", id.folded())),
    )
}

fn rows_of(filter: &UserFilter) -> dossier_db::UserFilter {
    dossier_db::UserFilter {
        external_id_folded: filter.external_id.as_ref().map(ExternalId::folded),
        verified: filter.verified,
        active: filter.active,
        registered_after: filter.registered_after,
        registered_before: filter.registered_before,
    }
}
