//! The listener: accepts connections, so many and no more, and serves HTTP on each.
//!
//! HTTP/1.1 on plain connections; under TLS also HTTP/2, taken by ALPN. It knows no routes.

mod answer;
mod connection;
mod framing;
mod http1;
mod http2;
mod inflow;
mod lobby;
mod outflow;
mod peer;
mod slots;
mod tls;
mod wire;

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use prometheus_client::metrics::gauge::Gauge;
use rustls::ServerConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

pub(crate) use peer::Peer;
pub use tls::{TlsError, tls_config};

use crate::{Api, Pace};
use connection::Shared;
use slots::Slots;

/// What the listener grants its clients.
#[derive(Clone, Debug)]
pub struct ListenerSettings {
    /// Connections at a time.
    pub connections_max: u64,
    /// Connections at a time from one IPv4 address or one IPv6 /64 network.
    pub connections_per_address_max: u64,
    /// For the first byte of a connection, and for the head of a request once it has begun.
    pub headers_timeout: Duration,
    /// For the next request on a kept-alive connection.
    pub keep_alive_timeout: Duration,
    /// For a client that reads nothing, or less than 1 KiB a second, of a waiting answer.
    pub write_timeout: Duration,
    /// For the body of a connection's first request, while it is too small to be handed over.
    pub pace: Pace,
    /// For the handshake of TLS.
    pub handshake_timeout: Duration,
    /// For running requests to finish once the service is told to stop.
    pub drain_time: Duration,
    /// Speaks TLS when there is one.
    pub tls: Option<Arc<ServerConfig>>,
}

impl Default for ListenerSettings {
    fn default() -> Self {
        Self {
            connections_max: 10_000,
            connections_per_address_max: 4096,
            headers_timeout: Duration::from_secs(10),
            keep_alive_timeout: Duration::from_secs(75),
            write_timeout: Duration::from_secs(30),
            pace: Pace::default(),
            handshake_timeout: Duration::from_secs(10),
            drain_time: Duration::from_secs(30),
            tls: None,
        }
    }
}

/// How serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServeReport {
    /// Connections that were open when the service was told to stop.
    pub open_at_stop: usize,
    /// Those of them that did not finish in time.
    pub cut: usize,
}

/// A bound socket, ready to serve.
pub struct Listener {
    socket: TcpListener,
    settings: ListenerSettings,
    open: Gauge,
}

/// How far the service has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// Requests are taken.
    Serving,
    /// Running requests finish.
    Draining,
    /// Their time is over.
    Cut,
}

/// Connections over the limit that are told so at a time; more are closed without a word.
const REFUSALS_MAX: usize = 64;
/// The longest time, and the most bytes of a request, for which a refused client is listened to.
const REFUSAL_MAX: Duration = Duration::from_secs(1);
const REFUSAL_BYTES_MAX: u64 = 64 << 10;
const REFUSAL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n\
    Connection: close\r\nContent-Length: 0\r\n\r\n";

/// The shortest and the longest pause after the system had nothing left for a new connection.
const PAUSE_MIN: Duration = Duration::from_millis(10);
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// The longest wait for connections to notice that they are cut.
const CUT_MAX: Duration = Duration::from_secs(1);

impl Listener {
    /// A listener on a socket.
    #[must_use]
    pub fn new(socket: TcpListener, settings: ListenerSettings) -> Self {
        Self { socket, settings, open: Gauge::default() }
    }

    /// Counts the open connections in the metrics of `api`.
    #[must_use]
    pub fn counted_by(self, api: &Api) -> Self {
        Self { open: api.metrics.connections.clone(), ..self }
    }

    /// Serves `router` until `stop`, then lets running requests finish for the drain time.
    pub async fn serve(self, router: Router, stop: impl Future<Output = ()>) -> ServeReport {
        let Self { socket, settings, open } = self;
        let (total, per_address) = (settings.connections_max, settings.connections_per_address_max);
        let drain_time = settings.drain_time;
        let slots = Arc::new(Slots::new(total, per_address, open));
        let shared = Arc::new(Shared::new(router, settings));
        let (stage, _) = watch::channel(Stage::Serving);
        tokio::select! {
            () = stop => {}
            () = accept(&socket, &slots, &shared, &stage) => {}
        }
        drop(socket);
        drain(&stage, drain_time).await
    }
}

/// Accepts for ever.
async fn accept(
    socket: &TcpListener,
    slots: &Arc<Slots>,
    shared: &Arc<Shared>,
    stage: &watch::Sender<Stage>,
) {
    let refusals = Arc::new(Semaphore::new(REFUSALS_MAX));
    let mut pause = PAUSE_MIN;
    loop {
        let (stream, address) = match socket.accept().await {
            Ok(accepted) => accepted,
            Err(error) if concerns_one_connection(&error) => continue,
            Err(error) => {
                if pause == PAUSE_MIN {
                    tracing::warn!(%error, "cannot accept connections");
                }
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(PAUSE_MAX);
                continue;
            }
        };
        pause = PAUSE_MIN;
        // Answers are written whole: waiting for more to send only delays them.
        if stream.set_nodelay(true).is_err() {
            continue;
        }
        match slots.take(address.ip()) {
            Some(slot) => {
                let connection = connection::run(shared.clone(), stream, stage.subscribe());
                tokio::spawn(async move {
                    let _slot = slot;
                    connection.await;
                });
            }
            None if shared.speaks_tls() => {}
            None => refuse(stream, &refusals),
        }
    }
}

/// Whether an error of `accept` says nothing of the next connection: the client was gone already.
fn concerns_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

/// Tells a client that there is no place for its connection.
fn refuse(mut stream: TcpStream, refusals: &Arc<Semaphore>) {
    let Ok(permit) = refusals.clone().try_acquire_owned() else { return };
    let farewell = async move {
        let _permit = permit;
        stream.write_all(REFUSAL).await?;
        stream.shutdown().await?;
        // A socket that closes on unread bytes is reset, and the answer may be lost.
        tokio::io::copy(&mut stream.take(REFUSAL_BYTES_MAX), &mut tokio::io::sink()).await
    };
    tokio::spawn(tokio::time::timeout(REFUSAL_MAX, farewell));
}

/// Lets connections finish, and cuts those that do not.
async fn drain(stage: &watch::Sender<Stage>, drain_time: Duration) -> ServeReport {
    let open_at_stop = stage.receiver_count();
    stage.send_replace(Stage::Draining);
    let mut all_closed = pin!(stage.closed());
    if tokio::time::timeout(drain_time, all_closed.as_mut()).await.is_ok() {
        return ServeReport { open_at_stop, cut: 0 };
    }
    let cut = stage.receiver_count();
    stage.send_replace(Stage::Cut);
    if tokio::time::timeout(CUT_MAX, all_closed).await.is_err() {
        tracing::warn!(connections = stage.receiver_count(), "connections did not close");
    }
    ServeReport { open_at_stop, cut }
}
