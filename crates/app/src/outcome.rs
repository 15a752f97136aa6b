//! What became of a commit that did not say.

use std::time::Duration;

use dossier_db::DbError;

/// How long to wait before it is asked for, each time. A database that hangs for a moment is back
/// by then.
const PAUSES: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_millis(100),
    Duration::from_millis(400),
    Duration::from_millis(1600),
];

/// Asks what became of a commit until it is said; `None` when nobody can say now.
pub(crate) async fn find_outcome<A, T>(ask: impl Fn() -> A) -> Option<T>
where
    A: Future<Output = Result<T, DbError>>,
{
    for pause in PAUSES {
        tokio::time::sleep(pause).await;
        match ask().await {
            Ok(outcome) => return Some(outcome),
            Err(error) => tracing::warn!(%error, "the outcome of a commit is not known yet"),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::time::Instant;

    use super::*;

    /// Asks a database that answers from the question of this number on; the outcome, how often it
    /// was asked, and how long that took.
    async fn ask(answers_from: u32) -> (Option<u32>, u32, Duration) {
        let (began, asked) = (Instant::now(), Cell::new(0));
        let outcome = find_outcome(|| {
            asked.set(asked.get() + 1);
            let question = asked.get();
            let silent = || DbError::Unavailable("locked".to_owned());
            std::future::ready((question >= answers_from).then_some(question).ok_or_else(silent))
        });
        (outcome.await, asked.get(), began.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn an_outcome_is_asked_for_at_once_then_later_and_later_then_no_more() {
        assert_eq!(ask(1).await, (Some(1), 1, Duration::ZERO));
        assert_eq!(ask(3).await, (Some(3), 3, Duration::from_millis(500)));
        assert_eq!(ask(9).await, (None, 4, Duration::from_millis(2100)));
    }
}
