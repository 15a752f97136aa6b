//! The whole service in a temporary folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::request::Builder;
use axum::http::{Method, Request};
use axum::response::Response;
use dossier_app::{App, Authorities, Operator, Reach, Start};
use dossier_blobs::{Blobs, LocalOptions};
use dossier_db::{Db, Role};
use dossier_domain::{ContentCheck, Limits, Scopes};
use dossier_http::{Api, Settings, metrics_router, router};
use dossier_seal::RootKeyring;
use http_body_util::BodyExt;
use tempfile::TempDir;
use tower::ServiceExt;

use super::stand_in::SeededEntropy;
use super::{Answer, BOUNDARY, Form, TestClock, log};

/// A started service and an API key for everything.
pub(crate) struct Service {
    pub(crate) app: Arc<App>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) key: String,
    router: Router,
    folder: TempDir,
}

/// What a test may set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    pub(crate) limits: Limits,
    pub(crate) content_check: ContentCheck,
    pub(crate) settings: Settings,
    /// Anywhere, since receivers are on this machine.
    pub(crate) webhook_reach: Option<Reach>,
}

impl Service {
    pub(crate) async fn start() -> Self {
        Self::with(Options::default()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        log::keep_log();
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock::new());
        let start = start_in(folder.path(), clock.clone());
        let (limits, content_check) = (options.limits, options.content_check);
        let webhook_reach = options.webhook_reach.unwrap_or(start.webhook_reach);
        let start = Start { limits, content_check, webhook_reach, ..start };
        let app = App::start(start).await;
        let app = Arc::new(app.unwrap());
        let router = router(Api::new(app.clone(), options.settings));
        let made = app.create_key(Operator, "tests", Scopes::all()).await.unwrap();
        Self { app, clock, key: made.secret.to_string(), router, folder }
    }

    /// The same store in a new process that has these root keys.
    pub(crate) async fn restart_with(self, keyring: RootKeyring) -> Self {
        let start = start_in(self.folder.path(), self.clock.clone());
        self.restart_as(Start { keyring, ..start }).await
    }

    /// The same bytes in a new process beside another database.
    pub(crate) async fn restart_on(self, database: &Path) -> Self {
        let start = start_in(self.folder.path(), self.clock.clone());
        let db = Db::open(database, dossier_db::Options::server()).unwrap();
        self.restart_as(Start { db, ..start }).await
    }

    async fn restart_as(self, start: Start) -> Self {
        let Self { app, clock, key, router, folder } = self;
        drop((app, router));
        let entropy = Arc::new(SeededEntropy::of_next_process());
        let start = Start { entropy, ..start };
        let app = Arc::new(App::start(start).await.unwrap());
        let router = dossier_http::router(Api::new(app.clone(), Settings::default()));
        Self { app, clock, key, router, folder }
    }

    /// An answer of the address that has the metrics alone.
    pub(crate) async fn send_to_metrics(&self, request: Request<Body>) -> Answer {
        let api = Api::new(self.app.clone(), Settings::default());
        finished(metrics_router(api).oneshot(request).await.unwrap()).await
    }

    /// A new key of the client with this name.
    pub(crate) async fn key_of(&self, client: &str, scopes: &str) -> String {
        let scopes = scopes.parse().unwrap();
        let made = self.app.create_key(Operator, client, scopes).await.unwrap();
        made.secret.to_string()
    }

    /// A request with the key and a fixed request id.
    pub(crate) fn request(&self, method: Method, path: &str) -> Builder {
        self.request_by(&self.key, method, path)
    }

    pub(crate) fn request_by(&self, key: &str, method: Method, path: &str) -> Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {key}"))
            .header("x-request-id", "test")
    }

    /// The head of an upload.
    pub(crate) fn post(&self) -> Builder {
        self.request(Method::POST, "/v1/files")
            .header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"))
    }

    /// Sends a request as it is and holds the answer to the conventions.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        finished(self.router.clone().oneshot(request).await.unwrap()).await
    }

    /// Sends a request whose answer may break off; the bytes that came before, and whether it did.
    pub(crate) async fn send_broken(&self, request: Request<Body>) -> (u16, Vec<u8>, Outcome) {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        let mut body = answer.into_body();
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().await {
            match frame {
                Ok(frame) => bytes.extend_from_slice(&frame.into_data().unwrap_or_default()),
                Err(_) => return (status, bytes, Outcome::BrokeOff),
            }
        }
        (status, bytes, Outcome::Whole)
    }

    /// Uploads a form.
    pub(crate) async fn upload(&self, form: &Form) -> Answer {
        self.send_body(self.post(), form.build()).await
    }

    /// Sends bytes with their length, as clients do.
    pub(crate) async fn send_body(&self, head: Builder, body: Vec<u8>) -> Answer {
        let head = head.header("content-length", body.len());
        self.send(head.body(Body::from(body)).unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path).body(Body::empty()).unwrap()).await
    }

    /// Where the database is.
    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("dossier.db")
    }

    /// Where the bytes are.
    pub(crate) fn blobs(&self) -> PathBuf {
        self.folder.path().join("blobs")
    }

    /// Every file in the folder of the bytes but the tide mark.
    pub(crate) fn stored(&self) -> Vec<PathBuf> {
        let mut folders = vec![self.blobs()];
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
                if entry.file_name() == "tide-mark" {
                    continue;
                }
                if entry.file_type().unwrap().is_dir() {
                    folders.push(entry.path());
                } else {
                    files.push(entry.path());
                }
            }
        }
        files.sort();
        files
    }

    /// The rows of a table.
    pub(crate) fn rows(&self, table: &str) -> u64 {
        let connection = rusqlite::Connection::open(self.database()).unwrap();
        let count = format!("select count(*) from {table}");
        let rows: i64 = connection.query_row(&count, [], |row| row.get(0)).unwrap();
        u64::try_from(rows).unwrap()
    }

    /// Waits until a table has so many rows.
    pub(crate) async fn until_rows(&self, table: &str, rows: u64) {
        while self.rows(table) != rows {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// No row, no bytes, no idempotency key.
    pub(crate) fn assert_nothing_stored(&self) {
        self.assert_stored(0);
        assert_eq!(self.rows("idempotency"), 0, "an idempotency key is kept");
    }

    /// So many files, each with its bytes.
    pub(crate) fn assert_stored(&self, files: u64) {
        assert_eq!(self.rows("files"), files, "rows");
        assert_eq!(self.stored().len() as u64, files, "blobs");
    }
}

/// What a service in this folder is made of.
pub(crate) fn start_in(folder: &Path, clock: Arc<TestClock>) -> Start {
    let quick = Duration::from_millis(100);
    let db = dossier_db::Options { role: Role::Server, readers: 2, lock_wait_max: quick };
    let entropy = Arc::new(SeededEntropy::default());
    // Tests count the files that are there.
    let options = LocalOptions { names_ahead: 0, ..LocalOptions::default() };
    Start {
        db: Db::open(&folder.join("dossier.db"), db).unwrap(),
        blobs: Blobs::open_local(&folder.join("blobs"), options).unwrap(),
        keyring: RootKeyring::generate(&*entropy),
        clock,
        entropy,
        limits: Limits::default(),
        content_check: ContentCheck::default(),
        webhook_reach: Reach::Anywhere,
        webhook_authorities: Authorities::default(),
        walker_bytes: 16 << 20,
    }
}

/// Reads an answer to its end and holds it to the conventions.
async fn finished(response: Response) -> Answer {
    let (head, body) = response.into_parts();
    let body = body.collect().await.expect("the answer is whole").to_bytes();
    let answer = Answer { status: head.status, headers: head.headers, body };
    answer.assert_conventions();
    answer
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Whole,
    BrokeOff,
}
