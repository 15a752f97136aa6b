//! The socket as the HTTP library sees it: followed, waited for with patience that ends, and
//! closed so that the client can read the last answer.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::inflow::{Inflow, Waits};
use super::outflow::Outflow;

/// The most bytes, and the longest time, for which a client that still sends is listened to after
/// the last answer. A socket that closes on unread bytes is reset, and the answer may be lost
/// (RFC 9112, section 9.6).
const LINGER_BYTES_MAX: u64 = 4 << 20;
const LINGER_MAX: Duration = Duration::from_secs(1);
const LINGER_READ_BYTES: usize = 4096;

/// One connection's socket.
pub(super) struct Wire<S> {
    socket: S,
    /// Absent for HTTP/2, which frames and times its streams itself.
    inflow: Option<Inflow>,
    outflow: Outflow,
    write_timeout: Duration,
    linger: Linger,
}

/// What was read since the last answer.
struct Linger {
    since: Instant,
    bytes: u64,
    is_shut: bool,
    timer: Option<Pin<Box<Sleep>>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// A socket that will speak HTTP/1.
    pub(super) fn http1(socket: S, waits: Waits, write_timeout: Duration) -> Self {
        Self { inflow: Some(Inflow::new(waits)), ..Self::http2(socket, write_timeout) }
    }

    /// A socket that will speak HTTP/2.
    pub(super) fn http2(socket: S, write_timeout: Duration) -> Self {
        let linger = Linger { since: Instant::now(), bytes: 0, is_shut: false, timer: None };
        Self { socket, inflow: None, outflow: Outflow::default(), write_timeout, linger }
    }

    fn judge(
        &mut self,
        cx: &mut Context<'_>,
        outcome: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let outcome = ready!(self.outflow.judge(cx, self.write_timeout, outcome));
        if outcome.as_ref().is_ok_and(|bytes| *bytes > 0) {
            self.linger.since = Instant::now();
            self.linger.bytes = 0;
        }
        Poll::Ready(outcome)
    }

    /// Reads and discards for a moment what the client is still sending.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.inflow.as_ref().is_some_and(Inflow::is_unfinished) {
            return Poll::Ready(());
        }
        while self.linger.bytes < LINGER_BYTES_MAX {
            let mut bytes = [0; LINGER_READ_BYTES];
            let mut buf = ReadBuf::new(&mut bytes);
            match Pin::new(&mut self.socket).poll_read(cx, &mut buf) {
                Poll::Ready(Ok(())) if !buf.filled().is_empty() => {
                    self.linger.bytes += buf.filled().len() as u64;
                }
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => {
                    let ends = self.linger.since + LINGER_MAX;
                    let sleep = || Box::pin(tokio::time::sleep_until(ends));
                    return self.linger.timer.get_or_insert_with(sleep).as_mut().poll(cx);
                }
            }
        }
        Poll::Ready(())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let me = self.get_mut();
        let Some(inflow) = &mut me.inflow else {
            return Pin::new(&mut me.socket).poll_read(cx, buf);
        };
        if inflow.has_ended(buf) {
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        match Pin::new(&mut me.socket).poll_read(cx, buf) {
            Poll::Ready(Ok(())) => {
                let came = buf.filled().len().saturating_sub(before);
                me.linger.bytes = me.linger.bytes.saturating_add(came as u64);
                inflow.came(before, buf);
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            // An end of the stream makes the library close the connection without a word.
            Poll::Pending => inflow.poll_patience(cx).map(Ok),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let me = self.get_mut();
        let outcome = Pin::new(&mut me.socket).poll_write(cx, bytes);
        me.judge(cx, outcome)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let me = self.get_mut();
        let outcome = Pin::new(&mut me.socket).poll_write_vectored(cx, slices);
        me.judge(cx, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let me = self.get_mut();
        let outcome = Pin::new(&mut me.socket).poll_flush(cx).map_ok(|()| 0);
        me.judge(cx, outcome).map_ok(|_| ())
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let me = self.get_mut();
        if !me.linger.is_shut {
            let outcome = Pin::new(&mut me.socket).poll_shutdown(cx).map_ok(|()| 0);
            ready!(me.judge(cx, outcome))?;
            me.linger.is_shut = true;
        }
        me.poll_linger(cx).map(Ok)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

    const WAITS: Waits =
        Waits { headers: Duration::from_secs(10), keep_alive: Duration::from_secs(75) };

    fn wire() -> (DuplexStream, Wire<DuplexStream>) {
        let (client, server) = tokio::io::duplex(4096);
        (client, Wire::http1(server, WAITS, Duration::from_secs(30)))
    }

    /// Reads to the end; returns what came and after how many seconds the end.
    async fn read_all(wire: &mut Wire<DuplexStream>) -> (Vec<u8>, u64) {
        let started = Instant::now();
        let mut bytes = Vec::new();
        wire.read_to_end(&mut bytes).await.unwrap();
        (bytes, started.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_sends_nothing_is_closed_after_the_headers_timeout() {
        let (_client, mut wire) = wire();
        assert_eq!(read_all(&mut wire).await, (Vec::new(), 10));
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_trickles_is_closed_after_the_headers_timeout() {
        let (mut client, mut wire) = wire();
        tokio::spawn(async move {
            for byte in b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" {
                tokio::time::sleep(Duration::from_secs(3)).await;
                if client.write_all(&[*byte]).await.is_err() {
                    return;
                }
            }
            std::future::pending::<()>().await;
        });
        assert_eq!(read_all(&mut wire).await, (b"GET ".to_vec(), 13));
    }

    #[tokio::test(start_paused = true)]
    async fn a_kept_alive_connection_is_closed_after_the_keep_alive_timeout() {
        let (mut client, mut wire) = wire();
        let request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        client.write_all(request).await.unwrap();
        let mut bytes = vec![0; request.len()];
        wire.read_exact(&mut bytes).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1000)).await;
        client.write_all(request).await.unwrap();
        assert_eq!(read_all(&mut wire).await, (request.to_vec(), 75));
    }

    #[tokio::test(start_paused = true)]
    async fn empty_lines_do_not_prolong_the_wait_for_a_request() {
        let (mut client, mut wire) = wire();
        tokio::spawn(async move {
            while client.write_all(b"\r\n").await.is_ok() {
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
        });
        assert_eq!(read_all(&mut wire).await.1, 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_is_left_to_its_own_pace() {
        let (mut client, mut wire) = wire();
        client.write_all(b"POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n").await.unwrap();
        let wait = tokio::time::timeout(Duration::from_secs(3600), read_all(&mut wire));
        assert!(wait.await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_faulty_head_is_spoilt_and_nothing_behind_it_is_read() {
        for room in [1, 3, 1000] {
            let (mut client, mut wire) = wire();
            let head = "POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6";
            client.write_all(format!("{head}\r\n\r\nGET /").as_bytes()).await.unwrap();
            let mut all = Vec::new();
            loop {
                let mut bytes = vec![0; room];
                let read = wire.read(&mut bytes).await.unwrap();
                if read == 0 {
                    break;
                }
                all.extend_from_slice(&bytes[..read]);
            }
            assert_eq!(all, [head.as_bytes(), SPOILED].concat());
        }
    }

    const SPOILED: &[u8] = b"\0\r\n\r\n";

    #[tokio::test(start_paused = true)]
    async fn a_client_that_still_sends_is_listened_to_for_a_moment() {
        let (mut client, mut wire) = wire();
        client.write_all(b"POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\n").await.unwrap();
        wire.read_exact(&mut [0; 40]).await.unwrap();
        wire.write_all(b"HTTP/1.1 413 \r\n\r\n").await.unwrap();
        let started = Instant::now();
        let (shut, ()) = tokio::join!(wire.shutdown(), async {
            client.write_all(&[0; 50]).await.unwrap();
        });
        shut.unwrap();
        assert_eq!(started.elapsed(), LINGER_MAX);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_has_sent_all_is_not_waited_for() {
        let (mut client, mut wire) = wire();
        let request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        client.write_all(request).await.unwrap();
        wire.read_exact(&mut vec![0; request.len()]).await.unwrap();
        let started = Instant::now();
        wire.shutdown().await.unwrap();
        assert_eq!(started.elapsed(), Duration::ZERO);
    }
}
