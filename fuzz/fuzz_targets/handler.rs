//! The whole upload handler: router, door, use case, SQLite and disk. The first byte says in how
//! large pieces the body comes; the rest is the body.

#![no_main]

use std::sync::Arc;
use std::sync::OnceLock;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use bytes::Bytes;
use dossier_app::{App, Clock, Operator, Reach, Start};
use dossier_blobs::{Blobs, LocalOptions};
use dossier_db::{Db, Options};
use dossier_domain::{ByteCount, ContentCheck, Limits, Scopes, Timestamp};
use dossier_http::{Api, Settings, router};
use dossier_seal::{RootKeyring, SystemEntropy};
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::ServiceExt;

struct Service {
    runtime: Runtime,
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

fn service() -> &'static Service {
    static SERVICE: OnceLock<Service> = OnceLock::new();
    SERVICE.get_or_init(|| {
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
            limits: Limits { size_max: ByteCount(100_000), ..Limits::default() },
            content_check: ContentCheck::Structure,
            webhook_reach: Reach::Public,
            walker_bytes: 1 << 20,
        };
        let (app, key) = runtime.block_on(async {
            let app = App::start(start).await.expect("a service");
            let key = app.create_key(Operator, "fuzz", Scopes::all()).await;
            let key = key.unwrap_or_else(|_| panic!("a key")).secret.to_string();
            (app, key)
        });
        let router = router(Api::new(Arc::new(app), Settings::default()));
        Service { runtime, router, key, _folder: folder }
    })
}

fuzz_target!(|bytes: &[u8]| {
    let Some((size, body)) = bytes.split_first() else { return };
    let service = service();
    let pieces: Vec<_> = body
        .chunks(usize::from(*size).max(1) * 8)
        .map(|piece| Ok::<_, std::io::Error>(Bytes::copy_from_slice(piece)))
        .collect();
    let request = Request::post("/v1/files")
        .header("authorization", format!("Bearer {}", service.key))
        .header("content-type", "multipart/form-data; boundary=XbX")
        .body(Body::from_stream(futures_util::stream::iter(pieces)))
        .expect("a request");
    let answer = service.runtime.block_on(service.router.clone().oneshot(request));
    let status = answer.expect("a router never fails").status();
    let expected = [StatusCode::CREATED, StatusCode::PAYLOAD_TOO_LARGE];
    let refused = [StatusCode::BAD_REQUEST, StatusCode::UNPROCESSABLE_ENTITY];
    assert!(expected.contains(&status) || refused.contains(&status), "{status}");
});
