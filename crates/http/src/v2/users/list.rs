//! `GET /v2/users`: the users of the caller's client, page by page.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use dossier_app::{ListUsers, UserFilter, UsersRead};

use super::schema::UserView;
use super::view;
use crate::Api;
use crate::auth::Signed;
use crate::problem::{ApiError, Problem};
use crate::query::Query;
use crate::schema::{OrderName, Time};
use crate::view::Page;

const PARAMETERS: [&str; 8] = [
    "external_id",
    "verified",
    "active",
    "registered_after",
    "registered_before",
    "size",
    "after",
    "order",
];

/// List users, newest first.
///
/// A page may hold fewer users than asked for; it is the last one when `meta.next` is absent.
#[utoipa::path(
    get, path = "/v2/users", tag = "users", operation_id = "listUsers",
    params(
        ("external_id" = Option<String>, Query, description = "Only this one, whatever its case"),
        ("verified" = Option<bool>, Query, description = "Only verified ones, or only others"),
        ("active" = Option<bool>, Query, description = "Only active ones, or only others"),
        ("registered_after" = inline(Option<Time>), Query,
         description = "Made after this, RFC 3339"),
        ("registered_before" = inline(Option<Time>), Query,
         description = "Made before this, RFC 3339"),
        ("size" = Option<u8>, Query, minimum = 1, maximum = 100,
         description = "Users of a page: 1 to 100, 50 by default"),
        ("after" = Option<String>, Query, description = "`meta.next` of the page before"),
        ("order" = inline(Option<OrderName>), Query, description = "`desc` (default) or `asc`"),
    ),
    responses(
        (status = 200, description = "One page", body = Page<UserView>),
        (status = 400, description = "Malformed parameter or cursor", body = Problem),
        (status = 401, description = "No valid key", body = Problem),
        (status = 403, description = "Missing scope `users:read`", body = Problem),
        (status = 429, description = "Too many requests", body = Problem),
        (status = 503, description = "A dependency is down", body = Problem),
    ),
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    Signed(permit): Signed<UsersRead>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let list = list(&Query::parse(query.as_deref(), &PARAMETERS)?)?;
    let page = api.app.list_users(permit, &list).await?;
    Ok(view::page(page.users.iter().map(view::UserText), page.next))
}

fn list(query: &Query) -> Result<ListUsers, ApiError> {
    let filter = UserFilter {
        external_id: query.take("external_id", "text", |v| Some(v.into()))?,
        verified: query.flag("verified")?,
        active: query.flag("active")?,
        registered_after: query.time_after("registered_after")?,
        registered_before: query.time_before("registered_before")?,
    };
    let (order, size, after) = (query.order()?, query.size()?, query.after()?);
    Ok(ListUsers { filter, order, size, after })
}
