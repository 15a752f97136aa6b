//! The JSON API of Dossier, its documents, and the listener in front of them.
//!
//! Handlers translate and decide nothing: every rule lives in `domain`, every use case in `app`.

mod auth;
mod body;
mod docs;
mod door;
mod exchange;
mod listener;
mod media_type;
mod metrics;
mod oauth;
mod object;
mod openapi;
mod path;
mod precondition;
mod problem;
mod query;
mod rate;
mod routes;
mod schema;
mod service;
mod v1;
mod v2;
mod view;

use std::sync::Arc;

use dossier_app::App;

pub use body::Pace;
pub use docs::errors_markdown;
pub use listener::{Listener, ListenerSettings, ServeReport, TlsError, tls_config};
pub use openapi::openapi_json;
pub use routes::{metrics_router, router};

use metrics::Metrics;
use rate::RateLimit;

/// What an operator may set of the API.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings {
    /// How slow a request body may be.
    pub pace: Pace,
    /// Where the metrics are.
    pub metrics: MetricsPlace,
    /// Requests a minute of one client; no limit when absent.
    pub requests_per_minute: Option<u32>,
}

/// Which router answers `/metrics`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MetricsPlace {
    /// The one of the API.
    #[default]
    Here,
    /// The one of [`metrics_router`], on an address of its own.
    Elsewhere,
}

/// What every handler sees: cheap to clone.
#[derive(Clone)]
pub struct Api {
    pub(crate) app: Arc<App>,
    pub(crate) settings: Settings,
    pub(crate) rate: Arc<RateLimit>,
    pub(crate) metrics: Arc<Metrics>,
}

impl Api {
    /// The API over a service.
    #[must_use]
    pub fn new(app: Arc<App>, settings: Settings) -> Self {
        let rate = Arc::new(RateLimit::new(settings.requests_per_minute));
        Self { app, settings, rate, metrics: Arc::new(Metrics::new()) }
    }
}
