//! `GET /v1/audit`: what was done to the data of the caller's client, page by page.

use axum::Json;
use axum::extract::{RawQuery, State};
use dossier_app::{AuditFilter, AuditRead, ListAudit};
use dossier_domain::{AuditAction, AuditRecord};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Api;
use crate::auth::Signed;
use crate::problem::{ApiError, Problem};
use crate::query::Query;
use crate::schema::{AuditActionName, Id, OrderName, Time};
use crate::view::{Page, PageMeta};

const PARAMETERS: [&str; 8] = [
    "object_id",
    "actor_id",
    "action",
    "created_after",
    "created_before",
    "size",
    "after",
    "order",
];

/// One entry of the audit.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditEntryView {
    /// Its id: a lower-case UUID.
    #[schema(value_type = Id)]
    id: String,
    /// When it happened, RFC 3339.
    #[schema(value_type = Time)]
    created_at: String,
    /// What was done, such as `file.created`.
    action: String,
    /// Who did it.
    actor: AuditNameView,
    /// What it was done to.
    object: AuditNameView,
    /// The `X-Request-Id` of the request in which it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

/// A kind of thing, and which one.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditNameView {
    /// The kind: of an actor `key`, `token`, `client_secret`, `operator` or `job`; of an object
    /// `file`, `user`, `client`, `key`, `client_secret`, `grant`, `token` or
    /// `webhook_endpoint`.
    kind: String,
    /// Its id; the operator and the service itself have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Id>)]
    id: Option<String>,
}

/// List the audit, newest first.
///
/// A page may hold fewer entries than `size` and yet not be the last: go on while there is
/// `meta.next`.
#[utoipa::path(
    get, path = "/v1/audit", tag = "audit", operation_id = "listAudit",
    params(
        ("object_id" = inline(Option<Id>), Query, description = "Only about this object"),
        ("actor_id" = inline(Option<Id>), Query, description = "Only by this key, token or secret"),
        ("action" = inline(Option<AuditActionName>), Query, description = "Only of this action"),
        ("created_after" = inline(Option<Time>), Query, description = "Later than this, RFC 3339"),
        ("created_before" = inline(Option<Time>), Query,
         description = "Earlier than this, RFC 3339"),
        ("size" = Option<u8>, Query, minimum = 1, maximum = 100,
         description = "Entries of a page: 1 to 100, 50 by default"),
        ("after" = Option<String>, Query, description = "`meta.next` of the page before"),
        ("order" = inline(Option<OrderName>), Query, description = "`desc` (default) or `asc`"),
    ),
    responses(
        (status = 200, description = "One page", body = Page<AuditEntryView>),
        (status = 400, description = "Malformed parameter or cursor", body = Problem),
        (status = 401, description = "No valid key", body = Problem),
        (status = 403, description = "Missing scope `audit:read`", body = Problem),
        (status = 429, description = "Too many requests", body = Problem),
        (status = 503, description = "A dependency is down", body = Problem),
    ),
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    Signed(permit): Signed<AuditRead>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<AuditEntryView>>, ApiError> {
    let list = list(&Query::parse(query.as_deref(), &PARAMETERS)?)?;
    let page = api.app.list_audit(permit, &list).await?;
    let data = page.entries.into_iter().map(AuditEntryView::from).collect();
    Ok(Json(Page { data, meta: PageMeta { next: page.next } }))
}

fn list(query: &Query) -> Result<ListAudit, ApiError> {
    let filter = AuditFilter {
        object_id: query.take("object_id", "a UUID", |v| v.parse().ok())?,
        actor_id: query.take("actor_id", "a UUID", |v| v.parse().ok())?,
        action: query.take("action", "an action such as `file.created`", |v| {
            AuditAction::ALL.iter().copied().find(|action| action.name() == v)
        })?,
        created_after: query.time_after("created_after")?,
        created_before: query.time_before("created_before")?,
    };
    let (order, size, after) = (query.order()?, query.size()?, query.after()?);
    Ok(ListAudit { filter, order, size, after })
}

impl From<AuditRecord> for AuditEntryView {
    fn from(record: AuditRecord) -> Self {
        let actor_id = record.actor_id.map(|id| id.to_string());
        let object_id = Some(record.object_id.to_string());
        Self {
            id: record.entry_id.to_string(),
            created_at: record.at.to_string(),
            action: record.action,
            actor: AuditNameView { kind: record.actor_kind, id: actor_id },
            object: AuditNameView { kind: record.object_kind, id: object_id },
            request_id: record.request_id,
        }
    }
}
