//! Where a plain connection waits until its first request is worth the buffers of the HTTP library.
//!
//! From the first byte that it is handed the library owns 16 KiB for a connection, and an upload
//! about as much again, however slowly the client goes on. So what came is left in the kernel's
//! buffer and only looked at, until the request is complete or as much of it came as one read
//! takes. Who trickles holds a socket and the few bytes of this.
//!
//! Nor is the process woken for each of those bytes: of a body whose length is known, the kernel
//! tells only that there is enough of it.
//!
//! The wait counts for the pace of the body (RFC 9110, section 15.5.9), which is judged where
//! bodies are read.

use std::io;
use std::mem::MaybeUninit;
use std::sync::Arc;
use std::time::Duration;

use nix::sys::socket::setsockopt;
use nix::{libc, setsockopt_impl, sockopt_impl};
use rustix::net::{RecvFlags, recv};
use tokio::io::{Interest, Ready};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout_at};

use super::framing::{Framing, Place};
use crate::body::{Held, Pace};

/// With so many bytes a request is worth its buffers: the library's first read takes no more.
const ENOUGH_BYTES: usize = 8 << 10;
/// A client that sends nothing behind its head may wait for a verdict on it.
const SILENCE_MAX: Duration = Duration::from_secs(1);
/// How long a client whose bytes the kernel does not tell of goes without a look.
const LOOK_AFTER: Duration = Duration::from_secs(5);
/// How many of those that are late are let in at a time, and for how long each counts: as long as
/// it is listened to after its refusal.
const LATE_MAX: usize = 64;
const LATE_TIME: Duration = Duration::from_secs(1);

sockopt_impl!(
    /// How many bytes must have come before a socket is readable (socket(7), `SO_RCVLOWAT`).
    LowWater, SetOnly, libc::SOL_SOCKET, libc::SO_RCVLOWAT, i32
);

/// The lobby of a listener.
pub(super) struct Lobby {
    headers_timeout: Duration,
    pace: Pace,
    late: Arc<Semaphore>,
}

impl Lobby {
    pub(super) fn new(headers_timeout: Duration, pace: Pace) -> Self {
        Self { headers_timeout, pace, late: Arc::new(Semaphore::new(LATE_MAX)) }
    }

    /// Waits until the first request is worth its buffers or is as late as it may be, and says how
    /// long its body was waited for. `None` is a client that left, or never sent a head.
    pub(super) async fn wait(&self, first: &mut FirstRequest, stream: &TcpStream) -> Option<Held> {
        loop {
            let deadline = self.deadline(first);
            let look = first.next_look().map_or(deadline, |look| look.min(deadline));
            let ready = match timeout_at(look, stream.ready(Interest::READABLE)).await {
                Ok(ready) => ready.ok()?,
                Err(_) => Ready::EMPTY,
            };
            let looked = if ready.is_empty() {
                first.look(stream)
            } else {
                stream.try_io(Interest::READABLE, || first.look(stream))
            };
            match looked {
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return None,
                Ok(()) if first.is_worth_its_buffers() => return Some(first.held()),
                // Nothing follows what came, and the client may still wait for an answer.
                Ok(()) | Err(_) if ready.is_read_closed() => return self.end_of_wait(first).await,
                Err(_) if Instant::now() >= deadline => return self.end_of_wait(first).await,
                Ok(()) | Err(_) => first.wait_for_more(stream),
            }
        }
    }

    fn deadline(&self, first: &FirstRequest) -> Instant {
        match first.stands {
            Stands::Nowhere | Stands::InHead => first.since + self.headers_timeout,
            Stands::BehindHead => first.last_byte + SILENCE_MAX.min(self.pace.idle_max),
            Stands::InBody => {
                (first.last_byte + self.pace.idle_max).min(first.since + self.pace.window)
            }
        }
    }

    async fn end_of_wait(&self, first: &FirstRequest) -> Option<Held> {
        match first.stands {
            Stands::Nowhere | Stands::InHead => None,
            Stands::BehindHead => Some(first.held()),
            Stands::InBody => {
                // They may all have come at the same time.
                let place = self.late.clone().acquire_owned().await.ok()?;
                tokio::spawn(async move {
                    sleep(LATE_TIME).await;
                    drop(place);
                });
                Some(first.held())
            }
        }
    }
}

/// What is known of the first request of a connection.
pub(super) struct FirstRequest {
    framing: Framing,
    /// How many bytes came.
    bytes: usize,
    last_byte: Instant,
    stands: Stands,
    /// Since when it stands there.
    since: Instant,
    /// Whether a look found nothing new, after which the runtime waits for more to come.
    is_all_seen: bool,
    /// How many bytes must lie in the kernel's buffer before it says that there are some.
    low_water: usize,
}

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stands {
    /// No byte of it came.
    Nowhere,
    /// Its head is not complete.
    InHead,
    /// Its head is complete, and nothing of its body came.
    BehindHead,
    /// Its body has begun.
    InBody,
}

impl FirstRequest {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self {
            framing: Framing::default(),
            bytes: 0,
            last_byte: now,
            stands: Stands::Nowhere,
            since: now,
            is_all_seen: false,
            low_water: 1,
        }
    }

    /// When to look although nobody says that there is something to see.
    fn next_look(&self) -> Option<Instant> {
        (self.low_water > 1).then(|| Instant::now() + LOOK_AFTER)
    }

    /// Has the kernel be silent about what comes until it is enough, as far as that is known.
    fn wait_for_more(&mut self, stream: &TcpStream) {
        let left = match self.stands {
            Stands::InBody => self.framing.body_left(),
            Stands::Nowhere | Stands::InHead | Stands::BehindHead => None,
        };
        if let Some(left) = left {
            let left = usize::try_from(left).unwrap_or(usize::MAX);
            let enough = self.bytes.saturating_add(left).min(ENOUGH_BYTES);
            if let Err(error) = self.set_low_water(stream, enough) {
                tracing::debug!(%error, "the kernel goes on telling of every byte");
            }
        }
    }

    fn set_low_water(&mut self, stream: &TcpStream, bytes: usize) -> io::Result<()> {
        if bytes != self.low_water {
            let value = i32::try_from(bytes).expect("at most what is enough");
            setsockopt(stream, LowWater, &value)?;
            self.low_water = bytes;
        }
        Ok(())
    }

    /// Whether anything came.
    pub(super) fn has_begun(&self) -> bool {
        self.stands != Stands::Nowhere
    }

    /// How long its body has been waited for.
    pub(super) fn held(&self) -> Held {
        match self.stands {
            Stands::Nowhere | Stands::InHead => Held::default(),
            Stands::BehindHead | Stands::InBody => Held {
                waited: self.last_byte.duration_since(self.since),
                silent: self.last_byte.elapsed(),
            },
        }
    }

    /// The socket, such that what came can be read.
    ///
    /// # Errors
    /// Those of the system.
    pub(super) async fn hand_over(&mut self, mut stream: TcpStream) -> io::Result<TcpStream> {
        let may_be_unknown = self.is_all_seen || self.low_water > 1;
        self.set_low_water(&stream, 1)?;
        if may_be_unknown {
            // To the runtime it is a new socket, of which it learns that there is more to read.
            stream = TcpStream::from_std(stream.into_std()?)?;
            stream.readable().await?;
        }
        Ok(stream)
    }

    /// Takes what came, of a client that is sent away: a socket that closes on unread bytes is
    /// reset.
    pub(super) fn discard(&self, stream: &TcpStream) {
        let mut room = [const { MaybeUninit::uninit() }; ENOUGH_BYTES];
        // It closes in any case.
        let _ = recv(stream, &mut room, RecvFlags::empty());
    }

    /// Looks at what came and leaves it there.
    ///
    /// # Errors
    /// `WouldBlock` when nothing came since the last look; those of the socket.
    fn look(&mut self, stream: &TcpStream) -> io::Result<()> {
        let mut room = [const { MaybeUninit::uninit() }; ENOUGH_BYTES];
        let ((all, _), _) = recv(stream, &mut room, RecvFlags::PEEK)?;
        let new = all.get(self.bytes..).unwrap_or_default();
        self.is_all_seen = new.is_empty();
        if self.is_all_seen {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.follow(new, Instant::now());
        Ok(())
    }

    fn follow(&mut self, new: &[u8], now: Instant) {
        self.framing.advance(new);
        self.bytes += new.len();
        self.last_byte = now;
        let stands = match self.framing.place() {
            Place::Between => Stands::Nowhere,
            Place::Head => Stands::InHead,
            Place::Body if self.stands != Stands::InBody && self.framing.is_body_untouched() => {
                Stands::BehindHead
            }
            Place::Body | Place::Fault(_) => Stands::InBody,
        };
        if stands != self.stands {
            // The body is waited for from the end of its head on.
            if self.stands != Stands::BehindHead {
                self.since = now;
            }
            self.stands = stands;
        }
    }

    /// Whether it is complete, or cannot be; whether its client waits for a word; whether enough
    /// of it came.
    fn is_worth_its_buffers(&self) -> bool {
        self.framing.messages() > 0
            || matches!(self.framing.place(), Place::Fault(_))
            || self.framing.expects_an_answer()
            || self.bytes >= ENOUGH_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    const HEAD: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n";

    fn lobby() -> Lobby {
        Lobby::new(Duration::from_secs(10), Pace::default())
    }

    /// What came, each after so many seconds.
    fn came(pieces: &[(u64, &str)]) -> FirstRequest {
        let mut first = FirstRequest::new();
        let mut now = first.since;
        for (wait, piece) in pieces {
            now += Duration::from_secs(*wait);
            first.follow(piece.as_bytes(), now);
        }
        first
    }

    /// Until when a request is waited for, in seconds after its connection was made.
    fn ends(pieces: &[(u64, &str)]) -> u64 {
        let first = came(pieces);
        let made = first.last_byte - Duration::from_secs(pieces.iter().map(|(wait, _)| wait).sum());
        (lobby().deadline(&first) - made).as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_enters_when_it_is_complete_or_large_enough() {
        let large = "x".repeat(ENOUGH_BYTES);
        for pieces in [
            &[(0, "GET / HTTP/1.1\r\n\r\n")][..],
            &[(0, "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n"), (5, "abc")],
            &[(0, HEAD), (1, &large)],
            &[(0, &large)],
        ] {
            assert!(came(pieces).is_worth_its_buffers(), "{pieces:?}");
        }
        for pieces in [&[(0, "GET / HTTP/1.1\r\n")][..], &[(0, HEAD)], &[(0, HEAD), (1, "abc")]] {
            assert!(!came(pieces).is_worth_its_buffers(), "{pieces:?}");
        }
    }

    /// A connection of which these bytes came.
    async fn connection(bytes: &str) -> (TcpStream, TcpStream, FirstRequest) {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (client, accepted) =
            tokio::join!(TcpStream::connect(socket.local_addr().unwrap()), socket.accept());
        let (mut client, (server, _)) = (client.unwrap(), accepted.unwrap());
        client.write_all(bytes.as_bytes()).await.unwrap();
        let mut first = FirstRequest::new();
        while first.bytes < bytes.len() {
            server.readable().await.unwrap();
            let _ = server.try_io(Interest::READABLE, || first.look(&server));
        }
        (client, server, first)
    }

    const AT_ONCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };
    /// Longer than anything here takes.
    const SOON: Timespec = Timespec { tv_sec: 20, tv_nsec: 0 };

    fn is_readable(stream: &TcpStream, wait: &Timespec) -> bool {
        poll(&mut [PollFd::new(stream, PollFlags::IN)], Some(wait)).unwrap() > 0
    }

    #[tokio::test]
    async fn nothing_is_told_of_a_body_until_there_is_enough_of_it() {
        let short = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n";
        for (head, rest) in [(HEAD, ENOUGH_BYTES - HEAD.len() - 2), (short, 4)] {
            let (mut client, server, mut first) = connection(&format!("{head}x")).await;
            assert!(is_readable(&server, &SOON));
            first.wait_for_more(&server);
            client.write_all(&b"x".repeat(rest)).await.unwrap();
            assert!(!is_readable(&server, &AT_ONCE), "{rest}");
            client.write_all(b"x").await.unwrap();
            assert!(is_readable(&server, &SOON), "{rest}");
        }
    }

    #[tokio::test]
    async fn every_byte_is_told_where_one_may_matter() {
        let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nx";
        for bytes in ["POST / HTTP/1.1\r\nHost", HEAD, chunked] {
            let (_client, server, mut first) = connection(bytes).await;
            first.wait_for_more(&server);
            assert!(is_readable(&server, &SOON), "{bytes}");
        }
        let (_client, server, mut first) = connection(&format!("{HEAD}x")).await;
        first.wait_for_more(&server);
        let server = first.hand_over(server).await.unwrap();
        assert!(is_readable(&server, &SOON));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_sends_on_unheard_is_looked_at_and_let_in_too_late() {
        let (mut client, server, mut first) = connection(&format!("{HEAD}x")).await;
        first.wait_for_more(&server);
        assert!(server.try_io(Interest::READABLE, || first.look(&server)).is_err());
        client.write_all(b"x").await.unwrap();
        // The time goes on by itself while nothing else is to be done.
        let held = lobby().wait(&mut first, &server).await.unwrap();
        assert_eq!(first.bytes, HEAD.len() + 2);
        assert!(held.silent >= Duration::from_secs(30) && held.silent < Duration::from_secs(36));
    }

    #[tokio::test]
    async fn what_was_seen_unasked_can_be_read_after_the_hand_over() {
        let (mut client, server, mut first) = connection(&format!("{HEAD}x")).await;
        first.wait_for_more(&server);
        assert!(server.try_io(Interest::READABLE, || first.look(&server)).is_err());
        client.write_all(b"y").await.unwrap();
        while first.look(&server).is_err() {
            tokio::task::yield_now().await;
        }
        let server = first.hand_over(server).await.unwrap();
        let mut room = [0; 200];
        assert_eq!(server.try_read(&mut room).unwrap(), HEAD.len() + 2);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_a_word_or_broke_the_rules_is_not_kept_waiting() {
        for fields in ["Expect: 100-continue\r\nContent-Length: 5", "Content-Length: 5, 6"] {
            let head = format!("POST / HTTP/1.1\r\n{fields}\r\n\r\n");
            assert!(came(&[(0, &head)]).is_worth_its_buffers(), "{fields}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn each_stage_has_its_time() {
        assert_eq!(ends(&[]), 10);
        assert_eq!(ends(&[(4, "\r\n")]), 10, "empty lines are no beginning");
        assert_eq!(ends(&[(4, "POST")]), 14);
        assert_eq!(ends(&[(4, "POST"), (5, " / HTTP/1.1\r\n")]), 14, "a head has its time once");
        assert_eq!(ends(&[(4, HEAD)]), 5, "the verdict on the head may be waited for");
        assert_eq!(ends(&[(4, HEAD), (1, "x")]), 35, "a body may be silent");
        assert_eq!(ends(&[(4, HEAD), (1, "x"), (25, "x")]), 60, "and has its window");
        assert_eq!(ends(&[(4, HEAD), (1, "x"), (25, "x"), (25, "x")]), 64);
    }

    #[tokio::test(start_paused = true)]
    async fn the_wait_for_a_body_counts_for_its_pace() {
        let waited = |pieces: &[(u64, &str)]| came(pieces).held().waited.as_secs();
        assert_eq!(waited(&[(9, HEAD)]), 0);
        assert_eq!(waited(&[(9, HEAD), (1, "x"), (20, "x")]), 21);
        assert_eq!(waited(&[(9, "POST")]), 0);
    }
}
