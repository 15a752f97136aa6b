//! TLS connections, with HTTP/1.1 and HTTP/2 chosen by ALPN.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use dossier_http::{ListenerSettings, tls_config};
use http_body_util::BodyExt;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::support::{Client, Server, settings, soon};

/// A server's configuration and a client's that trusts it.
fn pair() -> (Arc<ServerConfig>, ClientConfig) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let server = tls_config(&cert, &key).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (server, client)
}

struct Secure {
    server: Server,
    client: ClientConfig,
}

impl Secure {
    async fn start(settings: ListenerSettings) -> Self {
        let (tls, client) = pair();
        let server = Server::start(ListenerSettings { tls: Some(tls), ..settings }).await;
        Self { server, client }
    }

    async fn connect(&self, protocols: &[&str]) -> TlsStream<TcpStream> {
        let mut config = self.client.clone();
        config.alpn_protocols = protocols.iter().map(|p| p.as_bytes().to_vec()).collect();
        let connector = TlsConnector::from(Arc::new(config));
        let stream = self.server.connect().await.stream;
        let name = ServerName::try_from("localhost").unwrap();
        soon(connector.connect(name, stream)).await.unwrap()
    }

    async fn connect_http2(&self) -> SendRequest<Body> {
        let stream = self.connect(&["h2", "http/1.1"]).await;
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let io = TokioIo::new(stream);
        let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
        tokio::spawn(async move { connection.await.ok() });
        sender
    }
}

fn request(method: &str, path: &str, body: Body) -> Request<Body> {
    let uri = format!("https://localhost{path}");
    Request::builder().method(method).uri(uri).body(body).unwrap()
}

#[tokio::test]
async fn http_1_1_is_spoken_under_tls_with_and_without_alpn() {
    let secure = Secure::start(settings()).await;
    for protocols in [&["http/1.1"][..], &[]] {
        let mut client = Client { stream: secure.connect(protocols).await };
        client.send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        assert!(client.read_head().await.starts_with("HTTP/1.1 200 "));
        client.read_exactly("hello").await;
        client.send("POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n").await;
        client.send("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n").await;
        assert!(client.read_to_end().await.starts_with("HTTP/1.1 400 "));
    }
}

#[tokio::test]
async fn http_2_is_spoken_when_alpn_says_so() {
    let secure = Secure::start(settings()).await;
    let mut sender = secure.connect_http2().await;
    let body = Body::from(vec![0; 3 << 20]);
    let answer = soon(sender.send_request(request("POST", "/read", body))).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let text = soon(answer.into_body().collect()).await.unwrap().to_bytes();
    assert_eq!(text, "3145728 bytes");
    let answer = soon(sender.send_request(request("POST", "/refuse", Body::empty()))).await;
    assert_eq!(answer.unwrap().status(), StatusCode::PAYLOAD_TOO_LARGE);
    let answer = soon(sender.send_request(request("GET", "/hello", Body::empty()))).await;
    assert_eq!(answer.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_large_head_over_http_2_is_refused() {
    let secure = Secure::start(settings()).await;
    let mut sender = secure.connect_http2().await;
    let mut large = request("GET", "/hello", Body::empty());
    for n in 0..20 {
        let name = axum::http::HeaderName::try_from(format!("x-{n}")).unwrap();
        large.headers_mut().insert(name, "v".repeat(4096).parse().unwrap());
    }
    let answer = soon(sender.send_request(large)).await;
    let refused = |answer: &axum::http::Response<_>| {
        answer.status() == StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
    };
    assert!(answer.as_ref().map_or(true, refused), "{answer:?}");
    assert_eq!(secure.server.calls(), 0);
}

#[tokio::test]
async fn a_client_that_stalls_the_handshake_or_speaks_no_tls_is_closed() {
    let short = Duration::from_millis(300);
    let limits =
        ListenerSettings { handshake_timeout: short, headers_timeout: short, ..settings() };
    let secure = Secure::start(limits).await;
    for start in ["", "\x16\x03\x01"] {
        let mut client = secure.server.connect().await;
        client.send(start).await;
        assert_eq!(client.read_to_end().await, "", "{start:?}");
    }
    let mut client = secure.server.connect().await;
    client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let mut bytes = Vec::new();
    soon(tokio::io::AsyncReadExt::read_to_end(&mut client.stream, &mut bytes)).await.ok();
    assert!(!bytes.starts_with(b"HTTP"));
    let silent = secure.connect(&["http/1.1"]).await;
    secure.server.all_closed().await;
    drop(silent);
}

#[tokio::test]
async fn an_unused_http_2_connection_is_closed() {
    let short = Duration::from_millis(300);
    let limits =
        ListenerSettings { keep_alive_timeout: short, headers_timeout: short, ..settings() };
    let secure = Secure::start(limits).await;
    let unused = secure.connect_http2().await;
    soon(closed(unused)).await;
    let mut used = secure.connect_http2().await;
    let answer = soon(used.send_request(request("GET", "/hello", Body::empty()))).await;
    assert_eq!(answer.unwrap().status(), StatusCode::OK);
    soon(closed(used)).await;
    secure.server.all_closed().await;
}

async fn closed(sender: SendRequest<Body>) {
    while !sender.is_closed() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn an_http_2_stream_that_is_not_read_ends_its_connection() {
    let short = Duration::from_millis(300);
    let secure = Secure::start(ListenerSettings { write_timeout: short, ..settings() }).await;
    let mut sender = secure.connect_http2().await;
    let answer = soon(sender.send_request(request("GET", "/endless", Body::empty()))).await;
    let body = answer.unwrap().into_body();
    soon(closed(sender)).await;
    drop(body);
    secure.server.all_closed().await;
}

#[tokio::test]
async fn stopping_finishes_what_runs_over_http_2() {
    let secure = Secure::start(settings()).await;
    let mut sender = secure.connect_http2().await;
    let (mut feed, body) = tokio::io::duplex(64);
    let chunks = futures_util::stream::unfold(body, |mut body| async move {
        let mut bytes = vec![0; 5];
        let read = tokio::io::AsyncReadExt::read(&mut body, &mut bytes).await.ok()?;
        bytes.truncate(read);
        (read > 0).then_some((Ok::<_, std::io::Error>(bytes), body))
    });
    let body = Body::from_stream(chunks);
    let answering = tokio::spawn(sender.send_request(request("POST", "/read", body)));
    secure.server.calls_reach(1).await;
    let mut stopping = secure.server.stop();
    tokio::io::AsyncWriteExt::write_all(&mut feed, b"hello").await.unwrap();
    drop(feed);
    let answer = soon(answering).await.unwrap().unwrap();
    let text = soon(answer.into_body().collect()).await.unwrap().to_bytes();
    assert_eq!(text, "5 bytes");
    assert_eq!(stopping.report().await.cut, 0);
}
