//! `GET /v2/users/{id}/requirements`: what the verification of a user still needs.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use dossier_app::{Requirements, UsersRead};
use dossier_domain::user::Missing;
use dossier_domain::{Language, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use super::view::RequestView;
use crate::Api;
use crate::auth::Signed;
use crate::exchange::language;
use crate::path::IdInPath;
use crate::problem::{ApiError, Problem};
use crate::schema::{Id, PurposeName};
use crate::view::Data;

/// What a verification still needs.
#[derive(Serialize, ToSchema)]
pub(crate) struct RequirementsView {
    /// Whether nothing is missing.
    complete: bool,
    /// What is missing.
    missing: Vec<MissingView>,
    /// What a reviewer waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<RequestView>,
}

/// Something that is missing.
#[derive(Serialize, ToSchema)]
pub(crate) struct MissingView {
    /// `document`: the person has to be identified; `policy`: the client asks all its users for
    /// it; `requested`: a reviewer asked for it.
    why: &'static str,
    /// Sets of purposes; a file of each purpose of any one set fills it.
    #[schema(value_type = Vec<Vec<PurposeName>>)]
    any_of: Vec<Vec<&'static str>>,
}

/// Read what a verification still needs.
#[utoipa::path(
    get, path = "/v2/users/{id}/requirements", tag = "users", operation_id = "getRequirements",
    params(("id" = inline(Id), Path, description = "The user's id")),
    responses(
        (status = 200, description = "What is missing", body = Data<RequirementsView>),
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
) -> Result<Json<Data<RequirementsView>>, ApiError> {
    let requirements = api.app.get_requirements(permit, id.get()?).await?;
    Ok(Json(Data { data: RequirementsView::new(requirements, language(&headers)) }))
}

impl RequirementsView {
    fn new(requirements: Requirements, language: Language) -> Self {
        let Requirements { missing, request } = requirements;
        Self {
            complete: missing.is_empty(),
            missing: missing.iter().map(MissingView::from).collect(),
            request: request.map(|request| RequestView::new(request, language)),
        }
    }
}

impl From<&Missing> for MissingView {
    fn from(missing: &Missing) -> Self {
        let names = |set: &Vec<_>| {
            set.iter().map(|purpose: &dossier_domain::Purpose| purpose.name()).collect()
        };
        Self { why: missing.why.name(), any_of: missing.any_of.iter().map(names).collect() }
    }
}
