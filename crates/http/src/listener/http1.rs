//! HTTP/1.0 and HTTP/1.1 on one connection.

use std::pin::pin;
use std::sync::Arc;

use hyper::server::conn::http1::Builder;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

use super::Stage;
use super::answer::Answer;
use super::connection::{Shared, reached};
use super::peer::Peer;
use super::wire::Wire;
use crate::body::Held;

/// The largest head, and the largest trailer section. Its number of fields has the library's
/// own limit of 100.
const HEAD_BYTES_MAX: usize = 32 << 10;
/// Where a connection's buffer stops growing; it is grown while a client sends as fast as it is
/// read, and may then be twice as large. Half of this costs a third more time in reading a large
/// upload on loopback; a slow client stays at the first 8 KiB.
const BUFFER_BYTES_MAX: usize = 128 << 10;

/// How the library is to speak HTTP/1.
pub(super) fn builder() -> Builder {
    let mut builder = Builder::new();
    builder
        .half_close(true)
        // The wire keeps the time: it can tell an idle connection from a slow head.
        .header_read_timeout(None)
        .max_header_size(HEAD_BYTES_MAX)
        .max_buf_size(BUFFER_BYTES_MAX);
    builder
}

/// Serves one connection to its end.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    shared: Arc<Shared>,
    (socket, peer, held): (S, Peer, Held),
    mut stage: watch::Receiver<Stage>,
) {
    let wire = Wire::http1(socket, shared.waits(), shared.settings.write_timeout);
    let answer = Answer::new(shared.clone(), peer).held(held);
    let mut connection = pin!(shared.http1.serve_connection(TokioIo::new(wire), answer));
    let early = tokio::select! {
        // A request that waited in the lobby is read before it is too late for requests.
        biased;
        ended = connection.as_mut() => Some(ended),
        () = reached(&mut stage, Stage::Draining) => None,
    };
    let ended = match early {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                ended = connection.as_mut() => ended,
                () = reached(&mut stage, Stage::Cut) => return,
            }
        }
    };
    match ended {
        Ok(()) => {}
        Err(error) if error.is_parse() => log_refusal(&error),
        Err(error) => tracing::debug!(%error, "connection lost"),
    }
}

/// The one line of an exchange that was over before it could become a request.
fn log_refusal(error: &hyper::Error) {
    let status = if error.is_parse_too_large() { 431 } else { 400 };
    tracing::info!(target: "dossier::request", status, reason = %error, "no request");
}
