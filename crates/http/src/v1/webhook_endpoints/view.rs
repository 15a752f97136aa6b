//! Endpoints as clients see and give them.

use dossier_app::{Endpoint, NewEndpoint};
use serde::Serialize;
use utoipa::ToSchema;

/// What a body gives of an endpoint.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body for the OpenAPI document")]
pub(crate) struct EndpointBody {
    /// Where webhooks are sent: an absolute `https` or `http` URL without credentials or fragment,
    /// on the public internet unless the operator permits private addresses.
    url: String,
    /// Which events are sent: their names, or `*` for all, which is the default.
    events: Option<Vec<String>>,
}

/// What a body changes of an endpoint: what is absent stays.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body for the OpenAPI document")]
pub(crate) struct EndpointChangeBody {
    /// Where webhooks are sent, those that wait already too.
    url: Option<String>,
    /// Which events are sent from now on.
    events: Option<Vec<String>>,
}

/// Where events are sent.
#[derive(Serialize, ToSchema)]
pub(crate) struct EndpointView {
    /// Its id: a lower-case UUID.
    id: String,
    /// The URL, as it was given.
    url: String,
    /// The names of the events that are sent, or `*`.
    events: Vec<&'static str>,
    /// When it was made, RFC 3339.
    created_at: String,
    /// Until when the secret before the newest signs too, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_secret_ends_at: Option<String>,
    /// What webhooks are signed with. It is told once, in the answer that makes the endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl From<Endpoint> for EndpointView {
    fn from(endpoint: Endpoint) -> Self {
        Self {
            id: endpoint.id.to_string(),
            url: endpoint.url,
            events: endpoint.events.names(),
            created_at: endpoint.created_at.to_string(),
            previous_secret_ends_at: endpoint.previous_secret_ends_at.map(|end| end.to_string()),
            secret: None,
        }
    }
}

impl From<NewEndpoint> for EndpointView {
    fn from(NewEndpoint { endpoint, secret }: NewEndpoint) -> Self {
        Self { secret: Some(secret.to_string()), ..Self::from(endpoint) }
    }
}
