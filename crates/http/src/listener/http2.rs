//! HTTP/2 on one connection, under TLS.
//!
//! The socket's own timers do not see a stream that the client does not read, nor a connection
//! that carries none: both are watched here.

use std::convert::Infallible;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::server::conn::http2::Builder;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::Instant;

use super::answer::Answer;
use super::connection::{Shared, reached};
use super::peer::Peer;
use super::wire::Wire;
use super::{ListenerSettings, Stage};

/// Streams at a time on one connection.
const STREAMS_MAX: u32 = 100;
/// The largest head.
const HEAD_BYTES_MAX: u32 = 32 << 10;
/// What a client may send ahead on one stream, and on all streams of a connection.
const STREAM_WINDOW_BYTES: u32 = 256 << 10;
const CONNECTION_WINDOW_BYTES: u32 = 1 << 20;
/// What waits to be sent on one stream.
const SEND_BUFFER_BYTES_MAX: usize = 64 << 10;
/// Streams that the client opened and reset before they were looked at (CVE-2023-44487).
const PENDING_RESETS_MAX: usize = 20;
/// How often a silent client is asked whether it is there, and how long it may take to say so.
const PING_INTERVAL: Duration = Duration::from_secs(20);
const PING_TIMEOUT: Duration = Duration::from_secs(20);
/// Looks at the streams in the time of one timeout.
const LOOKS: u32 = 4;

/// How the library is to speak HTTP/2.
pub(super) fn builder(timer: TokioTimer) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .timer(timer)
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(HEAD_BYTES_MAX)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_send_buf_size(SEND_BUFFER_BYTES_MAX)
        .max_pending_accept_reset_streams(PENDING_RESETS_MAX)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT);
    builder
}

/// Serves one connection to its end.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    shared: Arc<Shared>,
    (socket, peer): (S, Peer),
    mut stage: watch::Receiver<Stage>,
) {
    let wire = Wire::http2(socket, shared.settings.write_timeout);
    let streams = Arc::new(Streams::default());
    let answer = Answer::new(shared.clone(), peer);
    let answer = Streaming { answer, streams: streams.clone() };
    let mut connection = pin!(shared.http2.serve_connection(TokioIo::new(wire), answer));
    let early = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        () = streams.unused(&shared.settings) => None,
        () = streams.stalled(shared.settings.write_timeout) => return,
        () = reached(&mut stage, Stage::Draining) => None,
    };
    let ended = match early {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                ended = connection.as_mut() => ended,
                () = streams.stalled(shared.settings.write_timeout) => return,
                () = streams.gone(shared.settings.write_timeout) => return,
                () = reached(&mut stage, Stage::Cut) => return,
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection lost");
    }
}

/// The streams of one connection that are being answered.
#[derive(Default)]
struct Streams {
    open: Mutex<Vec<Weak<Stream>>>,
}

/// One stream: since when the client has had something to read that it does not read.
#[derive(Default)]
struct Stream {
    unread_since: Mutex<Option<Instant>>,
}

impl Stream {
    fn set_unread_since(&self, since: Option<Instant>) {
        *self.unread_since.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }

    fn is_unread_for(&self, time: Duration) -> bool {
        let since = *self.unread_since.lock().unwrap_or_else(PoisonError::into_inner);
        since.is_some_and(|since| since.elapsed() >= time)
    }
}

impl Streams {
    fn open(&self) -> Arc<Stream> {
        let stream = Arc::new(Stream::default());
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|stream| stream.strong_count() > 0);
        open.push(Arc::downgrade(&stream));
        stream
    }

    fn running(&self) -> Vec<Arc<Stream>> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.iter().filter_map(Weak::upgrade).collect()
    }

    fn have_begun(&self) -> bool {
        !self.open.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Waits until no stream was open for too long.
    async fn unused(&self, settings: &ListenerSettings) {
        let mut wait = settings.headers_timeout;
        let mut used = Instant::now();
        while used.elapsed() < wait {
            tokio::time::sleep(wait / LOOKS).await;
            if self.have_begun() {
                wait = settings.keep_alive_timeout;
            }
            if !self.running().is_empty() {
                used = Instant::now();
            }
        }
    }

    /// Waits until the client has let a stream stand unread for too long.
    async fn stalled(&self, write_timeout: Duration) {
        while !self.running().iter().any(|stream| stream.is_unread_for(write_timeout)) {
            tokio::time::sleep(write_timeout / LOOKS).await;
        }
    }

    /// Waits until all streams are answered and the client had time to read what it was sent.
    async fn gone(&self, write_timeout: Duration) {
        let mut used = Instant::now();
        while used.elapsed() < write_timeout {
            tokio::time::sleep(write_timeout / LOOKS).await;
            if !self.running().is_empty() {
                used = Instant::now();
            }
        }
    }
}

/// Answers requests and watches how the answers are read.
struct Streaming {
    answer: Answer,
    streams: Arc<Streams>,
}

impl hyper::service::Service<Request<Incoming>> for Streaming {
    type Response = Response<Watched>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let stream = self.streams.open();
        let answering = self.answer.call(request);
        Box::pin(async move {
            let response = answering.await?;
            Ok(response.map(|body| Watched { body, stream }))
        })
    }
}

/// A response body that notes when its last piece was handed on: the library asks for the next
/// only when the client has room for it.
struct Watched {
    body: Body,
    stream: Arc<Stream>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        self.stream.set_unread_since(polled.is_ready().then(Instant::now));
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
