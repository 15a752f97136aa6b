//! Ends a connection whose client does not read.
//!
//! Only time in which the socket takes nothing counts. When a window of such time is full, the
//! socket must have taken a minimum in it; so a client that reads a byte now and then is ended
//! like one that reads none.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// The fewest bytes that a client reads in a second of waiting.
const RATE_MIN: u64 = 1024;

/// Watches what a socket takes.
#[derive(Default)]
pub(super) struct Outflow {
    /// Made at the first wait: most sockets take an answer at once.
    timer: Option<Pin<Box<Sleep>>>,
    waiting_since: Option<Instant>,
    /// Time waited, and bytes taken, in the current window.
    waited: Duration,
    taken: u64,
}

impl Outflow {
    /// Judges the outcome of a write of so many bytes; `Pending` for too long becomes an error.
    pub(super) fn judge(
        &mut self,
        cx: &mut Context<'_>,
        window: Duration,
        outcome: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match outcome {
            Poll::Pending => self.poll_patience(cx, window).map(Err),
            Poll::Ready(Ok(bytes)) => {
                self.taken = self.taken.saturating_add(bytes as u64);
                if let Some(since) = self.waiting_since.take() {
                    self.waited += since.elapsed();
                }
                Poll::Ready(self.close_window(window).map(|()| bytes))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
        }
    }

    fn poll_patience(&mut self, cx: &mut Context<'_>, window: Duration) -> Poll<io::Error> {
        loop {
            // What the socket's own buffer took before the first wait says nothing of the client.
            if self.waiting_since.is_none() && self.waited.is_zero() {
                self.taken = 0;
            }
            let since = *self.waiting_since.get_or_insert_with(Instant::now);
            let ends = since + window.saturating_sub(self.waited);
            let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(ends)));
            if timer.deadline() != ends {
                timer.as_mut().reset(ends);
            }
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            self.waiting_since = None;
            self.waited = window;
            if let Err(error) = self.close_window(window) {
                return Poll::Ready(error);
            }
        }
    }

    fn close_window(&mut self, window: Duration) -> io::Result<()> {
        if self.waited < window {
            return Ok(());
        }
        let ms = u64::try_from(window.as_millis()).unwrap_or(u64::MAX);
        if self.taken < RATE_MIN.saturating_mul(ms) / 1000 {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not read"));
        }
        self.waited = Duration::ZERO;
        self.taken = 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;

    const WINDOW: Duration = Duration::from_secs(30);

    /// Waits before each write; then how many bytes it took.
    async fn write(outflow: &mut Outflow, wait: u64, bytes: usize) -> io::Result<usize> {
        let mut socket = Box::pin(tokio::time::sleep(Duration::from_secs(wait)));
        poll_fn(|cx| {
            let outcome = socket.as_mut().poll(cx).map(|()| Ok(bytes));
            outflow.judge(cx, WINDOW, outcome)
        })
        .await
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_reads_nothing_is_ended_after_the_window() {
        let mut outflow = Outflow::default();
        let started = Instant::now();
        assert_eq!(write(&mut outflow, 0, 1 << 20).await.unwrap(), 1 << 20);
        let error = write(&mut outflow, 3600, 1).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(started.elapsed().as_secs(), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_reads_a_byte_now_and_then_is_ended_too() {
        let mut outflow = Outflow::default();
        let mut writes = 0;
        while write(&mut outflow, 5, 100).await.is_ok() {
            writes += 1;
        }
        assert!((4..=6).contains(&writes), "{writes}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_at_the_minimum_rate_reads_to_the_end() {
        let mut outflow = Outflow::default();
        for _ in 0..1000 {
            assert_eq!(write(&mut outflow, 10, 10 * 1024 + 1).await.unwrap(), 10 * 1024 + 1);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn time_between_writes_does_not_count() {
        let mut outflow = Outflow::default();
        for _ in 0..100 {
            assert_eq!(write(&mut outflow, 0, 1).await.unwrap(), 1);
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
    }
}
