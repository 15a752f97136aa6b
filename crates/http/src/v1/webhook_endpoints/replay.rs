//! `POST /v1/webhook_endpoints/{id}/replay`: sends again what was sent before.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use dossier_app::{Replay, WebhooksWrite};
use dossier_domain::{EndpointId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::BODY_MAX;
use crate::Api;
use crate::auth::Signed;
use crate::object::{Object, ObjectBody};
use crate::path::IdInPath;
use crate::problem::{ApiError, Problem};
use crate::schema::{Id, Nothing, Time};
use crate::view::Data;

/// What to send again.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes the body for the OpenAPI document")]
pub(crate) enum ReplayBody {
    /// One event.
    Event(ReplayEventBody),
    /// What was given up.
    Parked(ReplayParkedBody),
}

/// One event to send again.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the body for the OpenAPI document")]
pub(crate) struct ReplayEventBody {
    /// One event, whatever became of it.
    event_id: Id,
    /// Not together with `event_id`.
    #[schema(required = false)]
    parked_since: Nothing,
}

/// What was given up, to send again.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the body for the OpenAPI document")]
pub(crate) struct ReplayParkedBody {
    /// Everything that was given up and had been queued since this time, RFC 3339.
    parked_since: Time,
    /// Not together with `parked_since`.
    #[schema(required = false)]
    event_id: Nothing,
}

/// What was queued.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReplayView {
    /// How many webhooks are sent again.
    replayed: u64,
}

/// Send webhooks again.
///
/// They are queued, and tried as often as new ones.
#[utoipa::path(
    post, path = "/v1/webhook_endpoints/{id}/replay", tag = "webhooks",
    operation_id = "replayWebhooks",
    params(("id" = inline(Id), Path, description = "The endpoint's id")),
    request_body = ReplayBody,
    responses(
        (status = 202, description = "Queued", body = Data<ReplayView>),
        (status = 400, description = "Malformed request", body = Problem),
        (status = 401, description = "No valid key", body = Problem),
        (status = 403, description = "Missing scope `webhooks:write`", body = Problem),
        (status = 404, description = "No such endpoint or event", body = Problem),
        (status = 413, description = "Body too large", body = Problem),
        (status = 415, description = "Not application/json", body = Problem),
        (status = 422, description = "Members not valid", body = Problem),
        (status = 429, description = "Too many requests", body = Problem),
        (status = 503, description = "A dependency is down", body = Problem),
        (status = 507, description = "Storage is full", body = Problem),
    ),
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    Signed(permit): Signed<WebhooksWrite>,
    id: IdInPath<EndpointId>,
    ObjectBody(members): ObjectBody<BODY_MAX>,
) -> Result<(StatusCode, Json<Data<ReplayView>>), ApiError> {
    let replay = replay(Object::new(members))?;
    let replayed = api.app.replay_webhooks(permit, id.get()?, replay).await?;
    Ok((StatusCode::ACCEPTED, Json(Data { data: ReplayView { replayed } })))
}

fn replay(mut members: Object) -> Result<Replay, ApiError> {
    let event = members.optional_text("event_id");
    let since = members.optional_text("parked_since");
    let replay = match (event, since) {
        (Some(id), None) => {
            id.parse().map(Replay::Event).map_err(|_| ("event_id", "must be a UUID"))
        }
        (None, Some(time)) => Timestamp::parse_rfc3339(&time)
            .map(Replay::ParkedSince)
            .ok_or(("parked_since", "must be an RFC 3339 time with its offset")),
        (None, None) | (Some(_), Some(_)) => {
            Err(("event_id", "or `parked_since` must be there, and only one of them"))
        }
    };
    match replay {
        Ok(replay) => members.finish().map(|()| replay),
        Err((name, rule)) => Err(members.refused(name, rule)),
    }
}
