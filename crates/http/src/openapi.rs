//! The OpenAPI 3.1 document, made from the handlers.

use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
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
    modifiers(&BearerScheme),
    tags(
        (name = "files", description = "Documents of identity checks"),
        (name = "service", description = "What operators and their machines read"),
    ),
)]
struct Frame;

struct BearerScheme;

impl Modify for BearerScheme {
    fn modify(&self, document: &mut OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An API key, `dsk_…`"))
            .build();
        let components = document.components.get_or_insert_with(Default::default);
        components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// The document without operations.
pub(crate) fn frame() -> OpenApi {
    Frame::openapi()
}

/// The document as it is served at `/openapi.json`, indented, with a final line feed.
#[must_use]
pub fn openapi_json() -> String {
    let document = crate::routes::documented().into_openapi();
    let mut text = document.to_pretty_json().expect("the document is plain data");
    text.push('\n');
    text
}
