//! What a client sends on an HTTP/1 connection: followed message by message, and waited for only
//! so long where the library behind it would wait for ever.
//!
//! Bodies have their own pace, kept where they are read.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::ReadBuf;
use tokio::time::{Instant, Sleep};

use super::framing::{Fault, Framing, Place};

/// What no HTTP parser takes as part of a head, and what ends the head: the library answers 400.
const SPOILER: &[u8] = b"\0\r\n\r\n";

/// How long a client may take to begin and to send a head.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waits {
    /// For the first byte, and for a head from its first byte to its last.
    pub(super) headers: Duration,
    /// For the first byte of a further request.
    pub(super) keep_alive: Duration,
}

/// Follows what one client sends.
pub(super) struct Inflow {
    framing: Framing,
    waits: Waits,
    timer: Option<Pin<Box<Sleep>>>,
    /// What is waited for, and until when.
    patience: Option<(u64, Place, Instant)>,
    ending: Ending,
}

/// Whether more is taken from the socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// It is.
    Open,
    /// A fault ended it; this is still to be handed on.
    Fault(&'static [u8]),
    /// The client ended it, or its time did.
    Over,
}

impl Inflow {
    pub(super) fn new(waits: Waits) -> Self {
        Self {
            framing: Framing::default(),
            waits,
            timer: None,
            patience: None,
            ending: Ending::Open,
        }
    }

    /// Whether the socket is not to be read any more: `buf` then has all there is.
    pub(super) fn has_ended(&mut self, buf: &mut ReadBuf<'_>) -> bool {
        match self.ending {
            Ending::Open => false,
            Ending::Over => true,
            Ending::Fault(rest) => {
                let (now, later) = rest.split_at(rest.len().min(buf.remaining()));
                buf.put_slice(now);
                self.ending = Ending::Fault(later);
                true
            }
        }
    }

    /// Follows what came into `buf` behind its first `before` bytes.
    pub(super) fn came(&mut self, before: usize, buf: &mut ReadBuf<'_>) {
        let bytes = buf.filled().get(before..).unwrap_or_default();
        if bytes.is_empty() {
            self.ending = Ending::Over;
            return;
        }
        let sound = self.framing.advance(bytes);
        // Without its end a body is refused by whoever reads it: only a head needs to be spoilt.
        let spoiler = match self.framing.place() {
            Place::Fault(Fault::Head) => SPOILER,
            Place::Fault(Fault::Body) => &[],
            Place::Between | Place::Head | Place::Body => return,
        };
        buf.set_filled(before.saturating_add(sound));
        self.ending = Ending::Fault(spoiler);
        self.has_ended(buf);
    }

    /// Nothing came. Ready when that was so for too long.
    pub(super) fn poll_patience(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let (messages, place) = (self.framing.messages(), self.framing.place());
        let wait = match (place, messages) {
            (Place::Between, 0) | (Place::Head, _) => self.waits.headers,
            (Place::Between, _) => self.waits.keep_alive,
            (Place::Body | Place::Fault(_), _) => return Poll::Pending,
        };
        let ends = match self.patience {
            Some((m, p, ends)) if (m, p) == (messages, place) => ends,
            Some(_) | None => Instant::now() + wait,
        };
        self.patience = Some((messages, place, ends));
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(ends)));
        if timer.deadline() != ends {
            timer.as_mut().reset(ends);
        }
        if timer.as_mut().poll(cx).is_ready() {
            self.ending = Ending::Over;
            return Poll::Ready(());
        }
        Poll::Pending
    }

    /// Whether the client may be in the middle of sending.
    pub(super) fn is_unfinished(&self) -> bool {
        match self.ending {
            Ending::Over => false,
            Ending::Fault(_) => true,
            Ending::Open => self.framing.place() != Place::Between,
        }
    }
}
