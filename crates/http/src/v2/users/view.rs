//! Users as clients see them: every member that was given, and what became of it.

use std::fmt::{self, Write as _};

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

/// All members of a user: what is stored stands in it as it is.
pub(super) struct UserText<'a>(pub(super) &'a User);

impl fmt::Display for UserText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let User { id, profile, verification, status, active, registered_at, revision: _ } = self.0;
        write!(f, "{{\"id\":\"{id}\",")?;
        if !profile.members().is_empty() {
            write!(f, "{},", profile.members())?;
        }
        if let Some(verification) = verification {
            write!(f, "\"verification\":{verification},")?;
        }
        write!(f, "\"verified\":{},\"active\":{active},", status.verified())?;
        write!(f, "\"verification_status\":\"{}\",", status.name())?;
        write!(f, "\"registered_at\":\"{registered_at}\"}}")
    }
}

/// One member with a text.
pub(super) fn text(name: &str, value: impl Into<String>) -> (String, Json) {
    (name.to_owned(), Json::Text(value.into()))
}

/// An answer with `data`, the text of a JSON value.
pub(super) fn data(data: impl fmt::Display) -> Response {
    answer(format!("{{\"data\":{data}}}"))
}

/// An answer with one page, each item the text of a JSON value.
pub(super) fn page(items: impl Iterator<Item: fmt::Display>, next: Option<String>) -> Response {
    let mut body = "{\"data\":[".to_owned();
    for (index, item) in items.enumerate() {
        body.push_str(if index == 0 { "" } else { "," });
        write!(body, "{item}").expect("a string takes every text");
    }
    let meta: Members = next.into_iter().map(|next| text("next", next)).collect();
    write!(body, "],\"meta\":{}}}", JsonMembers(&meta)).expect("a string takes every text");
    answer(body)
}

fn answer(body: String) -> Response {
    (StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}
