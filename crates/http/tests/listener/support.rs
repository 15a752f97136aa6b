//! A server with a router of its own, and clients that say exactly what they are told to.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use dossier_http::{Listener, ListenerSettings, ServeReport};
use futures_util::stream;
use http_body_util::BodyExt;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Far longer than anything takes: a test that needs it has failed.
const DEADLINE: Duration = Duration::from_secs(30);

/// What a test waits for has happened before the deadline.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, future).await.expect("it happens soon")
}

/// The defaults, which no test waits for.
pub(crate) fn settings() -> ListenerSettings {
    ListenerSettings::default()
}

/// A running listener. The test and it share a runtime with one thread.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    calls: Arc<AtomicUsize>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<ServeReport>,
}

/// A listener that was told to stop.
pub(crate) struct Stopping {
    address: SocketAddr,
    serving: JoinHandle<ServeReport>,
}

/// A raw connection.
pub(crate) struct Client<S = TcpStream> {
    pub(crate) stream: S,
}

impl Server {
    pub(crate) async fn start(settings: ListenerSettings) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let calls = Arc::new(AtomicUsize::new(0));
        let (stop, stopped) = oneshot::channel();
        let listener = Listener::new(socket, settings);
        let serving = listener.serve(router(calls.clone()), async move {
            stopped.await.ok();
        });
        Self { address, calls, stop, serving: tokio::spawn(serving) }
    }

    pub(crate) async fn connect(&self) -> Client {
        Client { stream: TcpStream::connect(self.address).await.unwrap() }
    }

    /// How many requests came to a handler.
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    pub(crate) async fn calls_reach(&self, calls: usize) {
        until(|| self.calls() >= calls).await;
    }

    /// Waits until no connection has a task any more, on the server's side of the sockets.
    pub(crate) async fn all_closed(&self) {
        until(|| Handle::current().metrics().num_alive_tasks() == 1).await;
    }

    pub(crate) fn stop(self) -> Stopping {
        self.stop.send(()).unwrap();
        Stopping { address: self.address, serving: self.serving }
    }
}

async fn until(mut is_so: impl FnMut() -> bool) {
    soon(async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

impl Stopping {
    pub(crate) async fn report(&mut self) -> ServeReport {
        soon(&mut self.serving).await.unwrap()
    }

    pub(crate) async fn refuses_connections(&self) -> bool {
        TcpStream::connect(self.address).await.is_err()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub(crate) async fn send(&mut self, text: &str) {
        soon(self.stream.write_all(text.as_bytes())).await.unwrap();
    }

    /// Sends until the server has had enough.
    pub(crate) async fn send_what_is_taken(&mut self, text: &str) {
        let sent = soon(self.stream.write_all(text.as_bytes())).await;
        drop(sent);
    }

    /// Says that nothing more comes, and goes on reading.
    pub(crate) async fn finish(&mut self) {
        self.stream.shutdown().await.unwrap();
    }

    /// Reads to the end of the connection, which must be an orderly one.
    pub(crate) async fn read_to_end(&mut self) -> String {
        let mut bytes = Vec::new();
        soon(self.stream.read_to_end(&mut bytes)).await.expect("the connection is not reset");
        String::from_utf8(bytes).unwrap()
    }

    /// Reads one head, its empty line included.
    pub(crate) async fn read_head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(soon(self.stream.read_u8()).await.expect("a whole head"));
        }
        String::from_utf8(head).unwrap()
    }

    pub(crate) async fn read_exactly(&mut self, text: &str) {
        let mut bytes = vec![0; text.len()];
        soon(self.stream.read_exact(&mut bytes)).await.unwrap();
        assert_eq!(bytes, text.as_bytes());
    }
}

type Calls = Arc<AtomicUsize>;

fn router(calls: Calls) -> Router {
    Router::new()
        .route("/hello", get(hello))
        .route("/read", post(read))
        .route("/refuse", post(refuse))
        .route("/endless", get(endless))
        .with_state(calls)
}

async fn hello(State(calls): State<Calls>) -> &'static str {
    calls.fetch_add(1, Ordering::SeqCst);
    "hello"
}

async fn read(State(calls): State<Calls>, body: Body) -> Response {
    calls.fetch_add(1, Ordering::SeqCst);
    match body.collect().await {
        Ok(body) => format!("{} bytes", body.to_bytes().len()).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// Answers by the head alone.
async fn refuse(State(calls): State<Calls>) -> Response {
    calls.fetch_add(1, Ordering::SeqCst);
    let close = [(header::CONNECTION, "close")];
    (StatusCode::PAYLOAD_TOO_LARGE, close, "refused").into_response()
}

async fn endless(State(calls): State<Calls>) -> Body {
    calls.fetch_add(1, Ordering::SeqCst);
    Body::from_stream(stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from(vec![0; 65536]))))
}
