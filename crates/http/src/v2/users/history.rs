//! `GET /v2/users/{id}/verification/history`: what happened to the verification of a user.

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use dossier_app::{UsersRead, VerificationChange};
use dossier_domain::user::reason_message;
use dossier_domain::{Json, Language, UserId};

use super::schema::ChangeView;
use super::view;
use crate::Api;
use crate::auth::Signed;
use crate::exchange::language;
use crate::path::IdInPath;
use crate::problem::{ApiError, Problem};
use crate::query::Query;
use crate::schema::Id;
use crate::view::Page;

/// Read what happened to a verification, newest first.
#[utoipa::path(
    get, path = "/v2/users/{id}/verification/history", tag = "users",
    operation_id = "listVerificationHistory",
    params(
        ("id" = inline(Id), Path, description = "The user's id"),
        ("size" = Option<u8>, Query, minimum = 1, maximum = 100,
         description = "Changes of a page: 1 to 100, 50 by default"),
        ("after" = Option<String>, Query, description = "`meta.next` of the page before"),
    ),
    responses(
        (status = 200, description = "One page", body = Page<ChangeView>),
        (status = 400, description = "Malformed parameter or cursor", body = Problem),
        (status = 401, description = "No valid key", body = Problem),
        (status = 403, description = "Missing scope `users:read`", body = Problem),
        (status = 404, description = "No such user", body = Problem),
        (status = 429, description = "Too many requests", body = Problem),
        (status = 503, description = "A dependency is down", body = Problem),
    ),
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    Signed(permit): Signed<UsersRead>,
    id: IdInPath<UserId>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let query = Query::parse(query.as_deref(), &["size", "after"])?;
    let (size, after) = (query.size()?, query.after()?);
    let id = id.get()?;
    let page = api.app.list_verification_history(permit, id, size, after.as_deref()).await?;
    let language = language(&headers);
    let changes = page.changes.into_iter().map(|change| entry(change, language));
    Ok(view::page(changes, page.next))
}

fn entry(change: VerificationChange, language: Language) -> Json {
    let mut members = vec![
        view::text("at", change.at.to_string()),
        view::text("by", change.by),
        view::text("step", change.step.name()),
        view::text("verification_status", change.status.name()),
    ];
    members.extend(change.details);
    if !change.reasons.is_empty() {
        let messages = change.reasons.iter().map(|reason| reason_message(*reason, language));
        let messages = messages.map(Json::from).collect();
        members.push(("user_messages".to_owned(), Json::List(messages)));
    }
    Json::Object(members)
}
