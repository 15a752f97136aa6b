//! One connection, from its first byte to its end.

use std::sync::Arc;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::inflow::Waits;
use super::lobby::{FirstRequest, Lobby};
use super::peer::Peer;
use super::{ListenerSettings, Stage, http1, http2, tls};
use crate::body::Held;

/// What all connections share.
pub(super) struct Shared {
    pub(super) router: Router,
    pub(super) settings: ListenerSettings,
    pub(super) http1: hyper::server::conn::http1::Builder,
    pub(super) http2: hyper::server::conn::http2::Builder<TokioExecutor>,
    lobby: Lobby,
    tls: Option<TlsAcceptor>,
}

impl Shared {
    pub(super) fn new(router: Router, settings: ListenerSettings) -> Self {
        let tls = settings.tls.clone().map(TlsAcceptor::from);
        let http1 = http1::builder();
        let http2 = http2::builder(TokioTimer::new());
        let lobby = Lobby::new(settings.headers_timeout, settings.pace);
        Self { router, settings, http1, http2, lobby, tls }
    }

    pub(super) fn speaks_tls(&self) -> bool {
        self.tls.is_some()
    }

    pub(super) fn waits(&self) -> Waits {
        Waits {
            headers: self.settings.headers_timeout,
            keep_alive: self.settings.keep_alive_timeout,
        }
    }
}

/// Serves one connection to its end.
pub(super) async fn run(shared: Arc<Shared>, stream: TcpStream, stage: watch::Receiver<Stage>) {
    match shared.tls.clone() {
        None => run_plain(shared, stream, stage).await,
        // The state of TLS is large: it is not to be paid for by plain connections.
        Some(acceptor) => Box::pin(run_tls(shared, acceptor, stream, stage)).await,
    }
}

async fn run_plain(shared: Arc<Shared>, stream: TcpStream, mut stage: watch::Receiver<Stage>) {
    let mut first = FirstRequest::new();
    let held = tokio::select! {
        held = shared.lobby.wait(&mut first, &stream) => held,
        () = reached(&mut stage, Stage::Draining) => first.has_begun().then(|| first.held()),
    };
    let Some(held) = held else { return first.discard(&stream) };
    match first.hand_over(stream).await {
        Ok(stream) => {
            let peer = peer_of(&stream, "http");
            http1::serve(shared, (stream, peer, held), stage).await;
        }
        Err(error) => tracing::debug!(%error, "connection lost"),
    }
}

/// Waits until the service has come so far.
pub(super) async fn reached(stage: &mut watch::Receiver<Stage>, at_least: Stage) {
    // An error says that the listener is gone, and with it all stages.
    if stage.wait_for(|now| *now >= at_least).await.is_err() {
        tracing::debug!("the listener was dropped");
    }
}

async fn run_tls(
    shared: Arc<Shared>,
    acceptor: TlsAcceptor,
    stream: TcpStream,
    mut stage: watch::Receiver<Stage>,
) {
    // Until its first byte a connection owns no buffer. To be readable is but a hint: a peek knows.
    let mut first = [0];
    let first_byte = tokio::time::timeout(shared.settings.headers_timeout, stream.peek(&mut first));
    let came = tokio::select! {
        came = first_byte => matches!(came, Ok(Ok(1..))),
        () = reached(&mut stage, Stage::Draining) => false,
    };
    if !came {
        return;
    }
    let peer = peer_of(&stream, "https");
    let handshake =
        tokio::time::timeout(shared.settings.handshake_timeout, acceptor.accept(stream));
    let stream = tokio::select! {
        done = handshake => match done {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return tracing::debug!(%error, "no TLS"),
            Err(_) => return,
        },
        () = reached(&mut stage, Stage::Draining) => return,
    };
    let protocol = stream.get_ref().1.alpn_protocol();
    if protocol == Some(tls::HTTP_2) {
        http2::serve(shared, (stream, peer), stage).await;
    } else {
        http1::serve(shared, (stream, peer, Held::default()), stage).await;
    }
}

fn peer_of(stream: &TcpStream, scheme: &'static str) -> Peer {
    Peer { address: stream.peer_addr().ok().map(|address| address.ip()), scheme }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn a_connection_is_small() {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (_client, accepted) =
            tokio::join!(TcpStream::connect(socket.local_addr().unwrap()), socket.accept());
        let shared = Arc::new(Shared::new(Router::new(), ListenerSettings::default()));
        let stage = watch::Sender::new(Stage::Serving);
        let connection = run(shared, accepted.unwrap().0, stage.subscribe());
        let bytes = size_of_val(&connection);
        assert!(bytes <= 2048, "{bytes}");
    }
}
