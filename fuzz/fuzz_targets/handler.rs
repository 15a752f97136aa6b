//! The whole upload handler: router, door, use case, SQLite and disk. The first byte says in how
//! large pieces the body comes; the rest is the body.

#![no_main]

mod service;

use std::sync::OnceLock;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use bytes::Bytes;
use dossier_app::Reach;
use dossier_domain::{ByteCount, Limits};
use libfuzzer_sys::fuzz_target;

use crate::service::Service;

fuzz_target!(|bytes: &[u8]| {
    let Some((size, body)) = bytes.split_first() else { return };
    static SERVICE: OnceLock<Service> = OnceLock::new();
    let limits = Limits { size_max: ByteCount(100_000), ..Limits::default() };
    let service = SERVICE.get_or_init(|| Service::start(limits, Reach::Public));
    let pieces: Vec<_> = body
        .chunks(usize::from(*size).max(1) * 8)
        .map(|piece| Ok::<_, std::io::Error>(Bytes::copy_from_slice(piece)))
        .collect();
    let request =
        Request::post("/v1/files").header("content-type", "multipart/form-data; boundary=XbX");
    let body = Body::from_stream(futures_util::stream::iter(pieces));
    let status = service.runtime.block_on(service.send(request, body)).status();
    let expected = [StatusCode::CREATED, StatusCode::PAYLOAD_TOO_LARGE];
    let refused = [StatusCode::BAD_REQUEST, StatusCode::UNPROCESSABLE_ENTITY];
    assert!(expected.contains(&status) || refused.contains(&status), "{status}");
});
