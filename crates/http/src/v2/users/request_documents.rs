//! `POST /v2/users/{id}/verification/request`: asks a user for documents.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use dossier_app::ReviewsWrite;

use super::BODY_MAX;
use super::schema::RequestBody;
use super::view::RequestView;
use crate::Api;
use crate::auth::Signed;
use crate::exchange::language;
use crate::object::ObjectBody;
use crate::precondition::UserToWrite;
use crate::problem::{ApiError, Problem};
use crate::schema::Id;
use crate::view::Data;

/// Ask a user for documents.
///
/// They are among the requirements until files of their purposes come. What was asked for before
/// is forgotten.
#[utoipa::path(
    post, path = "/v2/users/{id}/verification/request", tag = "reviews",
    operation_id = "requestDocuments",
    params(
        ("id" = inline(Id), Path, description = "The user's id"),
        ("If-Match" = Option<String>, Header, nullable = false,
         pattern = "^(\\*|\"[0-9]+\")$",
         description = "The `ETag` of the user as it was read: the write is meant for that state"),
    ),
    request_body = RequestBody,
    responses(
        (status = 200, description = "Asked for", body = Data<RequestView>),
        (status = 400, description = "Malformed request", body = Problem),
        (status = 401, description = "No valid key", body = Problem),
        (status = 403, description = "Missing scope `reviews:write`, or inactive user",
         body = Problem),
        (status = 404, description = "No such user", body = Problem),
        (status = 412, description = "The user is not as `If-Match` says", body = Problem),
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
    Signed(permit): Signed<ReviewsWrite>,
    user: UserToWrite,
    headers: HeaderMap,
    ObjectBody(members): ObjectBody<BODY_MAX>,
) -> Result<Json<Data<RequestView>>, ApiError> {
    let wanted = api.app.request_documents(permit, user.get()?, members).await?;
    Ok(Json(Data { data: RequestView::new(wanted, language(&headers)) }))
}
