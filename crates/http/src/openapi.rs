//! The OpenAPI 3.1 document, made from the handlers.

use std::collections::BTreeSet;

use dossier_domain::PURPOSES;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, PathItem, RefOr, Response};
use utoipa::{Modify, OpenApi as _};

/// What stands around the operations.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Dossier",
        description = "Takes in the documents of identity checks.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    security(("bearer" = [])),
    modifiers(&Schemes),
    tags(
        (name = "files", description = "Documents of identity checks"),
        (name = "users", description = "Persons whose identity is verified"),
        (name = "reviews", description = "Decisions on verifications"),
        (name = "audit", description = "What was done to the data of a client"),
        (name = "webhooks", description = "What happens, told as it happens"),
        (name = "tokens", description = "Short-lived access tokens (OAuth 2.0)"),
        (name = "service", description = "What operators and their machines read"),
    ),
)]
struct Frame;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut OpenApi) {
        let scheme = |scheme, description| {
            let http = HttpBuilder::new().scheme(scheme).description(Some(description));
            SecurityScheme::Http(http.build())
        };
        let components = document.components.get_or_insert_with(Default::default);
        let bearer = "An API key, `dsk_…`, or an access token of `POST /oauth/token`, `dsa_…`";
        components.add_security_scheme("bearer", scheme(HttpAuthScheme::Bearer, bearer));
        let client = "The client's id and its secret, `dss_…`; both may stand in the body instead";
        components.add_security_scheme("client", scheme(HttpAuthScheme::Basic, client));
    }
}

/// The document without operations.
pub(crate) fn frame() -> OpenApi {
    Frame::openapi()
}

/// The document as it is served at `/openapi.json`, indented, with a final line feed.
#[must_use]
pub fn openapi_json() -> String {
    let mut document = crate::routes::documented().into_openapi();
    document.paths.paths.values_mut().for_each(name_media_types);
    let mut text = document.to_pretty_json().expect("the document is plain data");
    text.push('\n');
    text
}

/// The media types that no attribute names: that of every problem document (RFC 9457, section 3),
/// and those of the files that can be read, which are those that some purpose takes.
fn name_media_types(path: &mut PathItem) {
    let PathItem { get, put, post, delete, patch, head, .. } = path;
    let operations = [get, put, post, delete, patch, head].into_iter().flatten();
    for answer in operations.flat_map(|operation| operation.responses.responses.values_mut()) {
        let RefOr::T(Response { content, .. }) = answer else { continue };
        if content.get("application/json").is_some_and(is_problem)
            && let Some(problem) = content.shift_remove("application/json")
        {
            content.insert("application/problem+json".to_owned(), problem);
        }
        if let Some(bytes) = content.shift_remove("application/octet-stream") {
            let taken = PURPOSES.iter().flat_map(|purpose| purpose.permitted.iter().copied());
            let names: BTreeSet<_> = taken.collect();
            content.extend(names.into_iter().map(|name| (name.to_owned(), bytes.clone())));
        }
    }
}

fn is_problem(content: &RefOr<Content>) -> bool {
    let RefOr::T(Content { schema: Some(RefOr::Ref(schema)), .. }) = content else { return false };
    schema.ref_location == "#/components/schemas/Problem"
}
