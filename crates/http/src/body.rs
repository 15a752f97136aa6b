//! Request bodies: kept to a pace while they are read, drained for a moment when they are not.
//!
//! A client that trickles is ended, but only the time that we wait for it counts: while we hold
//! it back its clock stands still. A body that nobody reads to its end is read and discarded for
//! a moment, so that the client sees the answer before the connection closes.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;
use bytes::Bytes;
use dossier_domain::Code;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::{Instant, Sleep};

use crate::problem::ApiError;

/// The most bytes of an unwanted body that are read and discarded.
const LINGER_BYTES_MAX: u64 = 4 << 20;
/// The longest time that an unwanted body is read and discarded.
const LINGER_MAX: Duration = Duration::from_secs(1);

/// How slow a body may be.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The longest wait for the next byte.
    pub idle_max: Duration,
    /// The fewest bytes in a second, averaged over `window`.
    pub rate_min: u64,
    /// What `rate_min` is averaged over.
    pub window: Duration,
    /// The longest life of a request.
    pub request_max: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            idle_max: Duration::from_secs(30),
            rate_min: 1024,
            window: Duration::from_secs(60),
            request_max: Duration::from_secs(2 * 60 * 60),
        }
    }
}

/// For how long a body was waited for before its request was handed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Held {
    /// Until its last byte so far, or the end of the head.
    pub(crate) waited: Duration,
    /// Since then.
    pub(crate) silent: Duration,
}

/// Why a body was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PaceError {
    /// No byte came for too long.
    #[error("the body stalled")]
    Stalled,
    /// Bytes came too slowly.
    #[error("the body came slower than the minimum rate")]
    TooSlow,
    /// The request lived too long.
    #[error("the request took too long")]
    Expired,
}

impl PaceError {
    /// The pace that a body broke, if that is why reading it failed.
    pub(crate) fn of(error: &(dyn Error + 'static)) -> Option<Self> {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(pace) = error.downcast_ref::<Self>() {
                return Some(*pace);
            }
            cause = error.source();
        }
        None
    }
}

impl From<PaceError> for ApiError {
    fn from(error: PaceError) -> Self {
        let detail = match error {
            PaceError::Stalled => "No byte of the body came for too long.",
            PaceError::TooSlow => "The body came slower than the minimum rate.",
            PaceError::Expired => "The request took longer than any may.",
        };
        Self::new(Code::RequestTimeout, detail).closing()
    }
}

/// A request body that is kept to a pace and drained for a moment when it is dropped early.
pub(crate) struct IntakeBody {
    body: Option<Body>,
    pace: Pace,
    /// Made at the first wait: a body that is always ready needs no timer.
    timer: Option<Pin<Box<Sleep>>>,
    born: Instant,
    waiting_since: Option<Instant>,
    /// How long the client was silent before the first wait.
    silent: Duration,
    /// Time waited, and bytes that came, in the current window.
    waited: Duration,
    came: u64,
    linger: Linger,
}

/// Whether an unwanted rest is worth draining.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Linger {
    /// The client is sending and must see the answer.
    Drain,
    /// The client waits for `100 Continue` and has sent nothing.
    Unsent,
}

impl IntakeBody {
    pub(crate) fn new(body: Body, pace: Pace, linger: Linger) -> Self {
        Self {
            body: Some(body),
            pace,
            timer: None,
            born: Instant::now(),
            waiting_since: None,
            silent: Duration::ZERO,
            waited: Duration::ZERO,
            came: 0,
            linger,
        }
    }

    /// Counts the time for which the body was waited for already.
    pub(crate) fn held(mut self, Held { waited, silent }: Held) -> Self {
        self.born = self.born.checked_sub(waited + silent).unwrap_or(self.born);
        self.waited = waited;
        self.silent = silent;
        self
    }

    /// A byte came: the wait, if there was one, is over.
    fn progressed(&mut self, bytes: usize) -> Result<(), PaceError> {
        self.linger = Linger::Drain;
        self.came += bytes as u64;
        if let Some(since) = self.waiting_since.take() {
            self.waited += since.elapsed();
            self.judge_window()?;
        }
        Ok(())
    }

    fn judge_window(&mut self) -> Result<(), PaceError> {
        if self.waited < self.pace.window {
            return Ok(());
        }
        let least = self.pace.rate_min.saturating_mul(self.pace.window.as_secs());
        if self.came < least {
            return Err(PaceError::TooSlow);
        }
        self.waited = Duration::ZERO;
        self.came = 0;
        Ok(())
    }

    /// Nothing is there: waits, but not for ever.
    fn poll_patience(&mut self, cx: &mut Context<'_>) -> Poll<PaceError> {
        let now = Instant::now();
        let silent = std::mem::take(&mut self.silent);
        let began = now.checked_sub(silent).unwrap_or(now);
        let since = *self.waiting_since.get_or_insert(began);
        let idle_ends = since + self.pace.idle_max;
        let window_ends = since + self.pace.window.saturating_sub(self.waited);
        let life_ends = self.born + self.pace.request_max;
        let ends = idle_ends.min(window_ends).min(life_ends);
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(ends)));
        if timer.deadline() != ends {
            timer.as_mut().reset(ends);
        }
        if timer.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        let now = Instant::now();
        if now >= life_ends {
            return Poll::Ready(PaceError::Expired);
        }
        if now >= idle_ends {
            return Poll::Ready(PaceError::Stalled);
        }
        self.waited += now.duration_since(since);
        self.waiting_since = Some(now);
        match self.judge_window() {
            Err(error) => Poll::Ready(error),
            Ok(()) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }
}

impl HttpBody for IntakeBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Some(body) = self.body.as_mut() else { return Poll::Ready(None) };
        match Pin::new(body).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                match self.progressed(bytes) {
                    Ok(()) => Poll::Ready(Some(Ok(frame))),
                    Err(error) => Poll::Ready(Some(Err(axum::Error::new(error)))),
                }
            }
            Poll::Ready(end) => {
                self.body = None;
                Poll::Ready(end)
            }
            Poll::Pending => self.poll_patience(cx).map(|error| Some(Err(axum::Error::new(error)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(SizeHint::default, Body::size_hint)
    }
}

impl Drop for IntakeBody {
    fn drop(&mut self) {
        let sending = self.linger == Linger::Drain;
        let Some(body) = self.body.take().filter(|b| sending && !b.is_end_stream()) else { return };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(tokio::time::timeout(LINGER_MAX, drain(body)));
        }
    }
}

async fn drain(mut body: Body) {
    let mut left = LINGER_BYTES_MAX;
    while let Some(Ok(frame)) = body.frame().await {
        let bytes = frame.data_ref().map_or(0, Bytes::len) as u64;
        left = left.saturating_sub(bytes);
        if left == 0 {
            return;
        }
    }
}

/// Why a body was not read to its end.
pub(crate) enum Unread {
    /// It has, or announces, more bytes than are read.
    TooLarge {
        /// How many; when they were not counted, one more than the limit.
        actual: u64,
    },
    /// The client was too slow.
    TooSlow(PaceError),
    /// It broke off.
    BrokenOff,
}

/// Reads a body of at most `limit` bytes, unless it announces that it is longer.
pub(crate) async fn read_whole(
    headers: &HeaderMap,
    body: Body,
    limit: usize,
) -> Result<Bytes, Unread> {
    let length = headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse().ok());
    if let Some(actual) = length.filter(|length: &u64| *length > limit as u64) {
        return Err(Unread::TooLarge { actual });
    }
    let error = match Limited::new(body, limit).collect().await {
        Ok(collected) => return Ok(collected.to_bytes()),
        Err(error) => error,
    };
    Err(if error.is::<LengthLimitError>() {
        Unread::TooLarge { actual: limit as u64 + 1 }
    } else {
        PaceError::of(&*error).map_or(Unread::BrokenOff, Unread::TooSlow)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;

    fn paced(gaps: Vec<(u64, usize)>) -> IntakeBody {
        let chunks = stream::unfold(gaps.into_iter(), |mut gaps| async move {
            let (wait, bytes) = gaps.next()?;
            tokio::time::sleep(Duration::from_secs(wait)).await;
            Some((Ok::<_, std::io::Error>(Bytes::from(vec![0; bytes])), gaps))
        });
        IntakeBody::new(Body::from_stream(chunks), Pace::default(), Linger::Drain)
    }

    async fn outcome(body: IntakeBody) -> Result<usize, PaceError> {
        match body.collect().await {
            Ok(all) => Ok(all.to_bytes().len()),
            Err(error) => {
                let source = error.into_inner();
                Err(*source.downcast::<PaceError>().expect("only the pace fails here"))
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_at_the_minimum_rate_is_taken_to_its_end() {
        assert_eq!(outcome(paced(vec![(10, 10 * 1024); 60])).await, Ok(600 * 1024));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stalls_or_trickles_is_given_up() {
        assert_eq!(outcome(paced(vec![(1, 100_000), (31, 1)])).await, Err(PaceError::Stalled));
        assert_eq!(outcome(paced(vec![(10, 100); 60])).await, Err(PaceError::TooSlow));
        assert_eq!(outcome(paced(vec![(29, 1 << 20); 300])).await, Err(PaceError::Expired));
    }

    #[tokio::test(start_paused = true)]
    async fn time_for_which_a_body_was_held_counts() {
        let held = |waited, silent| Held {
            waited: Duration::from_secs(waited),
            silent: Duration::from_secs(silent),
        };
        for (held, gaps, end, ends_after) in [
            (held(0, 29), vec![(0, 8000), (100, 1)], PaceError::Stalled, 1),
            (held(10, 30), vec![(0, 8000), (100, 1)], PaceError::Stalled, 0),
            (held(60, 0), vec![(0, 8000), (100, 1)], PaceError::TooSlow, 0),
            (held(59, 0), vec![(0, 8000), (100, 1)], PaceError::TooSlow, 1),
        ] {
            let started = Instant::now();
            assert_eq!(outcome(paced(gaps).held(held)).await, Err(end), "{held:?}");
            assert_eq!(started.elapsed().as_secs(), ends_after, "{held:?}");
        }
        let enough = vec![(0, 8000), (1, 60 * 1024), (30, 1)];
        assert_eq!(outcome(paced(enough).held(held(59, 0))).await, Ok(8001 + 60 * 1024));
    }

    #[tokio::test(start_paused = true)]
    async fn time_in_which_we_hold_the_client_back_does_not_count() {
        let mut body = paced(vec![(1, 10), (1, 10), (1, 10)]);
        for _ in 0..3 {
            assert!(body.frame().await.expect("a frame").is_ok());
            tokio::time::sleep(Duration::from_secs(600)).await;
        }
        assert!(body.frame().await.is_none());
    }
}
