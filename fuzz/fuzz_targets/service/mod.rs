//! The whole service in a temporary folder: router, use cases, SQLite and disk.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::request::Builder;
use axum::response::Response;
use dossier_app::{App, Authorities, Clock, Operator, Reach, Start};
use dossier_blobs::{Blobs, LocalOptions};
use dossier_db::{Db, Options};
use dossier_domain::{ContentCheck, Limits, Scopes, Timestamp};
use dossier_http::{Api, Settings, router};
use dossier_seal::{RootKeyring, SystemEntropy};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::ServiceExt;

pub struct Service {
    pub runtime: Runtime,
    router: Router,
    key: String,
    _folder: TempDir,
}

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(1_800_000_000_000_000)
    }
}

impl Service {
    pub fn start(limits: Limits, webhook_reach: Reach) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let runtime = Runtime::new().expect("a runtime");
        let entropy = Arc::new(SystemEntropy::new());
        let blobs = Blobs::open_local(&folder.path().join("blobs"), LocalOptions::default());
        let start = Start {
            db: Db::open(&folder.path().join("db"), Options::server()).expect("a database"),
            blobs: blobs.expect("a store"),
            keyring: RootKeyring::generate(&*entropy),
            clock: Arc::new(Noon),
            entropy,
            limits,
            content_check: ContentCheck::Structure,
            webhook_authorities: Authorities::default(),
            webhook_reach,
            walker_bytes: 1 << 20,
        };
        let (app, key) = runtime.block_on(async {
            let app = App::start(start).await.expect("a service");
            let key = app.create_key(Operator, "fuzz", Scopes::all()).await;
            let key = key.unwrap_or_else(|_| panic!("a key")).secret.to_string();
            (app, key)
        });
        let router = router(Api::new(Arc::new(app), Settings::default()));
        Self { runtime, router, key, _folder: folder }
    }

    /// Sends a request with a key that may do everything.
    pub async fn send(&self, request: Builder, body: Body) -> Response {
        let request = request.header("authorization", format!("Bearer {}", self.key));
        let request = request.body(body).expect("a request");
        self.router.clone().oneshot(request).await.expect("a router never fails")
    }
}
