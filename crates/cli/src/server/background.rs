//! Watches the tasks that run beside the listener: none may end before it is told to, else the
//! service would go on without what it does.

use std::collections::HashMap;
use std::future::Future;

use anyhow::anyhow;
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};

/// Tasks with names, and the channel that tells them to stop by being closed.
#[derive(Debug)]
pub(super) struct Background {
    tasks: JoinSet<()>,
    names: Names,
    stopping: watch::Sender<()>,
    /// The first that went wrong.
    fault: Option<anyhow::Error>,
}

type Names = HashMap<Id, &'static str>;
type Ended = Result<(Id, ()), JoinError>;

impl Background {
    pub(super) fn new() -> Self {
        let (stopping, _) = watch::channel(());
        Self { tasks: JoinSet::new(), names: Names::new(), stopping, fault: None }
    }

    /// Starts a task, which is handed the channel.
    pub(super) fn spawn<F: Future<Output = ()> + Send + 'static>(
        &mut self,
        name: &'static str,
        work: impl FnOnce(watch::Receiver<()>) -> F,
    ) {
        let task = self.tasks.spawn(work(self.stopping.subscribe()));
        self.names.insert(task.id(), name);
    }

    /// Waits for `stop`, or for a task that ends although nobody told it to.
    pub(super) async fn run_until(&mut self, stop: impl Future<Output = ()>) {
        tokio::select! {
            () = stop => {}
            Some(ended) = self.tasks.join_next_with_id() => {
                let task = name_of(&self.names, &ended);
                tracing::error!(task, "a task ended by itself, so the service stops");
                self.fault = Some(fault_of(task, &ended));
            }
        }
    }

    /// Tells all to stop, and waits for them.
    ///
    /// # Errors
    /// The first that went wrong, now or before.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        let Self { mut tasks, names, stopping, mut fault } = self;
        drop(stopping);
        while let Some(ended) = tasks.join_next_with_id().await {
            if ended.is_err() {
                fault.get_or_insert_with(|| fault_of(name_of(&names, &ended), &ended));
            }
        }
        fault.map_or(Ok(()), Err)
    }
}

fn name_of(names: &Names, ended: &Ended) -> &'static str {
    let id = match ended {
        Ok((id, ())) => *id,
        Err(error) => error.id(),
    };
    names.get(&id).expect("every task was given a name")
}

/// Without the words of a panic: they may hold anything.
fn fault_of(name: &str, ended: &Ended) -> anyhow::Error {
    match ended {
        Ok(_) => anyhow!("the {name} ended although nobody told it to"),
        Err(error) if error.is_panic() => anyhow!("the {name} panicked; the log says where"),
        Err(_) => anyhow!("the {name} was cut off"),
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use super::*;

    /// A task that ends when it is told to, and says that it did.
    fn patient(background: &mut Background) -> Arc<AtomicBool> {
        let told = Arc::new(AtomicBool::new(false));
        let tell = Arc::clone(&told);
        background.spawn("patient one", |mut stopped| async move {
            while stopped.changed().await.is_ok() {}
            tell.store(true, Ordering::Relaxed);
        });
        told
    }

    #[tokio::test]
    async fn tasks_that_end_when_they_are_told_to_are_no_fault() {
        let mut background = Background::new();
        let told = patient(&mut background);
        background.run_until(async {}).await;
        assert!(!told.load(Ordering::Relaxed), "requests may still need it");
        background.stop().await.unwrap();
        assert!(told.load(Ordering::Relaxed));
        let mut none = Background::new();
        let stop = tokio::time::sleep(Duration::from_millis(10));
        none.run_until(stop).await;
        none.stop().await.unwrap();
    }

    #[tokio::test]
    async fn a_task_that_panics_or_returns_stops_the_others_and_is_named() {
        for (panics, says) in [(true, "the reaper panicked"), (false, "the reaper ended")] {
            let mut background = Background::new();
            let told = patient(&mut background);
            background.spawn("reaper", move |_| async move {
                assert!(!panics, "a name of a person");
            });
            background.run_until(pending()).await;
            let fault = format!("{:#}", background.stop().await.unwrap_err());
            assert!(fault.starts_with(says) && !fault.contains("person"), "{fault}");
            assert!(told.load(Ordering::Relaxed));
        }
    }

    #[tokio::test]
    async fn a_task_that_panics_at_the_stop_is_a_fault_too() {
        let mut background = Background::new();
        background.spawn("courier", |mut stopped| async move {
            assert!(stopped.changed().await.is_ok(), "the channel is closed");
        });
        background.run_until(async {}).await;
        let fault = background.stop().await.unwrap_err().to_string();
        assert!(fault.starts_with("the courier panicked"), "{fault}");
    }
}
