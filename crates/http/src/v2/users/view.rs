//! Users as clients see them: every member that was given, and what became of it.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use dossier_app::User;
use dossier_domain::user::{DocumentRequest, ReasonCode, reason_message};
use dossier_domain::{Json, JsonMembers, Language, Members, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::schema::{Date, Id, PurposeName, Reason};

/// The id of a user.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserIdView {
    /// A lower-case UUID.
    #[schema(value_type = Id)]
    id: String,
}

impl From<UserId> for UserIdView {
    fn from(id: UserId) -> Self {
        Self { id: id.to_string() }
    }
}

/// A reason of a reviewer.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReasonView {
    /// Its stable name.
    #[schema(value_type = Reason)]
    code: &'static str,
    /// A sentence for the person, in the language of `Accept-Language`.
    user_message: &'static str,
}

impl ReasonView {
    pub(crate) fn all(reasons: &[ReasonCode], language: Language) -> Vec<Self> {
        let view = |reason: &ReasonCode| Self {
            code: reason.name(),
            user_message: reason_message(*reason, language),
        };
        reasons.iter().map(view).collect()
    }
}

/// Documents that a reviewer waits for.
#[derive(Serialize, ToSchema)]
pub(crate) struct RequestView {
    /// The purposes that are still awaited.
    #[schema(value_type = Vec<PurposeName>)]
    purposes: Vec<&'static str>,
    /// Why.
    reasons: Vec<ReasonView>,
    /// The reviewer's note, not for the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// The last day on which they are awaited: `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Date>)]
    until: Option<String>,
}

impl RequestView {
    pub(crate) fn new(request: DocumentRequest, language: Language) -> Self {
        Self {
            purposes: request.purposes.iter().map(|purpose| purpose.name()).collect(),
            reasons: ReasonView::all(&request.reasons, language),
            note: request.note,
            until: request.until,
        }
    }
}

/// All members of a user.
pub(super) fn user(user: &User) -> Json {
    let mut members = vec![text("id", user.id.to_string())];
    members.extend(user.profile.members().iter().cloned());
    members.extend(user.verification.iter().map(|v| ("verification".to_owned(), v.to_json())));
    members.push(("verified".to_owned(), Json::Bool(user.status.verified())));
    members.push(("active".to_owned(), Json::Bool(user.active)));
    members.push(text("verification_status", user.status.name()));
    members.push(text("registered_at", user.registered_at.to_string()));
    Json::Object(members)
}

/// One member with a text.
pub(super) fn text(name: &str, value: impl Into<String>) -> (String, Json) {
    (name.to_owned(), Json::Text(value.into()))
}

/// An answer with `data`.
pub(super) fn data(data: Json) -> Response {
    answer(&vec![("data".to_owned(), data)])
}

/// An answer with one page.
pub(super) fn page(data: Vec<Json>, next: Option<String>) -> Response {
    let meta = next.into_iter().map(|next| text("next", next)).collect();
    let members =
        vec![("data".to_owned(), Json::List(data)), ("meta".to_owned(), Json::Object(meta))];
    answer(&members)
}

fn answer(members: &Members) -> Response {
    let json = [(header::CONTENT_TYPE, "application/json")];
    (StatusCode::OK, json, JsonMembers(members).to_string()).into_response()
}
