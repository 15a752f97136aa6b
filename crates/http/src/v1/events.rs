//! `GET /v1/events`: what happened to the files and users of the caller's client, in order.

use axum::Json;
use axum::extract::{RawQuery, State};
use dossier_app::{Event, EventData, ListEvents, WebhooksWrite};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Api;
use crate::auth::Signed;
use crate::problem::{ApiError, Problem};
use crate::query::Query;
use crate::schema::{EventName, Id, Time, VerificationStatusName};

/// One page of events.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventPageView {
    /// The events, oldest first.
    data: Vec<EventView>,
    /// About the page.
    meta: EventPageMeta,
}

/// About a page of events.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventPageMeta {
    /// The cursor of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// The cursor behind this page, also at the end: keep it, and ask with it later for what
    /// happens from now on.
    resume: String,
}

/// Something that happened: the body of a webhook is the same.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventView {
    /// Its id, which is also the `webhook-id`.
    #[schema(value_type = Id)]
    id: String,
    /// What happened: `file.ready`, `file.rejected`, `user.verification.updated`, `user.verified`,
    /// `user.rejected`, `user.documents_requested` or `user.inactivated`.
    #[schema(value_type = EventName)]
    r#type: &'static str,
    /// When, RFC 3339.
    #[schema(value_type = Time)]
    created_at: String,
    /// To what: ids and states.
    data: EventDataView,
}

/// What an event happened to, and the state after it.
#[derive(Default, Serialize, ToSchema)]
pub(crate) struct EventDataView {
    /// The file.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Id>)]
    file_id: Option<String>,
    /// Where the file stands: `ready` or `rejected`.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    /// The user, or the user of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Id>)]
    user_id: Option<String>,
    /// Where the verification stands: `missing`, `pending`, `approved` or `rejected`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<VerificationStatusName>)]
    verification_status: Option<&'static str>,
    /// `false` when the user was made inactive.
    #[serde(skip_serializing_if = "Option::is_none")]
    active: Option<bool>,
}

/// List events, oldest first.
///
/// The pull form of webhooks. The order is that of the commits: whoever goes on from
/// `meta.resume` misses none. Events are kept for thirty days.
#[utoipa::path(
    get, path = "/v1/events", tag = "webhooks", operation_id = "listEvents",
    params(
        ("size" = Option<u8>, Query, minimum = 1, maximum = 100,
         description = "Events of a page: 1 to 100, 50 by default"),
        ("after" = Option<String>, Query, description = "`meta.next` or `meta.resume` of a page"),
    ),
    responses(
        (status = 200, description = "One page", body = EventPageView),
        (status = 400, description = "Malformed parameter or cursor", body = Problem),
        (status = 401, description = "No valid key", body = Problem),
        (status = 403, description = "Missing scope `webhooks:write`", body = Problem),
        (status = 429, description = "Too many requests", body = Problem),
        (status = 503, description = "A dependency is down", body = Problem),
    ),
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    Signed(permit): Signed<WebhooksWrite>,
    RawQuery(query): RawQuery,
) -> Result<Json<EventPageView>, ApiError> {
    let query = Query::parse(query.as_deref(), &["size", "after"])?;
    let list = ListEvents { size: query.size()?, after: query.after()? };
    let page = api.app.list_events(permit, &list).await?;
    let data = page.events.into_iter().map(EventView::from).collect();
    let meta = EventPageMeta { next: page.next, resume: page.resume };
    Ok(Json(EventPageView { data, meta }))
}

impl From<Event> for EventView {
    fn from(event: Event) -> Self {
        let data = match event.data {
            EventData::File { file_id, status, user_id } => EventDataView {
                file_id: Some(file_id.to_string()),
                status: Some(status.name()),
                user_id: user_id.map(|id| id.to_string()),
                ..EventDataView::default()
            },
            EventData::User { user_id, status } => EventDataView {
                user_id: Some(user_id.to_string()),
                verification_status: Some(status.name()),
                ..EventDataView::default()
            },
            EventData::Inactive { user_id } => EventDataView {
                user_id: Some(user_id.to_string()),
                active: Some(false),
                ..EventDataView::default()
            },
        };
        Self {
            id: event.id.to_string(),
            r#type: event.kind.name(),
            created_at: event.created_at.to_string(),
            data,
        }
    }
}
