//! Endpoints as clients see and give them.

use dossier_app::{Endpoint, NewEndpoint};
use serde::Serialize;
use utoipa::ToSchema;

use crate::schema::{EndpointUrl, Id, Time, WantedEvent};

/// What a body gives of an endpoint.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the body for the OpenAPI document")]
pub(crate) struct EndpointBody {
    /// Where webhooks are sent: an absolute `https` or `http` URL without credentials or fragment,
    /// on the public internet unless the operator permits private addresses.
    url: EndpointUrl,
    /// Which events are sent; all when it is absent.
    #[schema(required = false, min_items = 1, max_items = 100)]
    events: Vec<WantedEvent>,
}

/// What a body changes of an endpoint: what is absent stays.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the body for the OpenAPI document")]
pub(crate) struct EndpointChangeBody {
    /// Where webhooks are sent, those that wait already too.
    #[schema(required = false)]
    url: EndpointUrl,
    /// Which events are sent from now on.
    #[schema(required = false, min_items = 1, max_items = 100)]
    events: Vec<WantedEvent>,
}

/// Where events are sent.
#[derive(Serialize, ToSchema)]
pub(crate) struct EndpointView {
    /// Its id: a lower-case UUID.
    #[schema(value_type = Id)]
    id: String,
    /// The URL, as it was given.
    url: String,
    /// The names of the events that are sent, or `*`.
    #[schema(value_type = Vec<WantedEvent>)]
    events: Vec<&'static str>,
    /// When it was made, RFC 3339.
    #[schema(value_type = Time)]
    created_at: String,
    /// Until when the secret before the newest signs too, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Time>)]
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
