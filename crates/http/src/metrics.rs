//! Prometheus metrics. Labels are routes, statuses and codes: never a name, id or token.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// What the service counts.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    refusals: Family<CodeLabels, Counter>,
    durations: Family<RouteLabels, Histogram>,
    in_flight: Gauge,
    pub(crate) connections: Gauge,
    pub(crate) tide_apart: Gauge,
    pub(crate) oldest_job_seconds: Gauge<f64, AtomicU64>,
    uploads: Counter,
    upload_bytes: Counter<u64, AtomicU64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CodeLabels {
    code: String,
}

/// Lowers the gauge of running requests when the request is over, however it ends.
pub(crate) struct Open(Gauge);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let durations = Family::<RouteLabels, Histogram>::new_with_constructor(|| {
            Histogram::new(exponential_buckets(0.001, 2.0, 16))
        });
        let mut metrics = Self {
            registry: Registry::with_prefix("dossier"),
            requests: Family::default(),
            refusals: Family::default(),
            durations,
            in_flight: Gauge::default(),
            connections: Gauge::default(),
            tide_apart: Gauge::default(),
            oldest_job_seconds: Gauge::default(),
            uploads: Counter::default(),
            upload_bytes: Counter::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let Self { registry, requests, refusals, durations, .. } = self;
        registry.register("requests", "Requests answered", requests.clone());
        registry.register("errors", "Error answers by code", refusals.clone());
        registry.register("request_seconds", "Time to the answer's head", durations.clone());
        registry.register("requests_running", "Requests running", self.in_flight.clone());
        registry.register("connections_open", "Open connections", self.connections.clone());
        let apart = "Whether the database does not know the mark of the storage";
        registry.register("tide_apart", apart, self.tide_apart.clone());
        let oldest = "For how long the oldest job has waited that is not done or parked";
        registry.register("oldest_job_seconds", oldest, self.oldest_job_seconds.clone());
        registry.register("uploads", "Files taken in", self.uploads.clone());
        registry.register("upload_bytes", "Bytes of files taken in", self.upload_bytes.clone());
    }

    pub(crate) fn request_started(&self) -> Open {
        self.in_flight.inc();
        Open(self.in_flight.clone())
    }

    pub(crate) fn request_finished(
        &self,
        (method, route): (&str, &str),
        (status, code): (u16, &str),
        took: Duration,
    ) {
        let route = route.to_owned();
        self.durations
            .get_or_create(&RouteLabels { route: route.clone() })
            .observe(took.as_secs_f64());
        let labels = RequestLabels { method: known_method(method).to_owned(), route, status };
        self.requests.get_or_create(&labels).inc();
        if !code.is_empty() {
            self.refusals.get_or_create(&CodeLabels { code: code.to_owned() }).inc();
        }
    }

    pub(crate) fn file_taken_in(&self, bytes: u64) {
        self.uploads.inc();
        self.upload_bytes.inc_by(bytes);
    }

    /// The text format (OpenMetrics 1.0).
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a string cannot fail");
        text
    }
}

/// A client may invent methods; labels must stay few.
fn known_method(method: &str) -> &str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|m| *m == method).unwrap_or("other")
}
