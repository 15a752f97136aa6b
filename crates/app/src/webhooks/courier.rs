//! Delivers beside the requests: looks for work, and gives each endpoint its turn.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use dossier_domain::EndpointId;
use tokio::task::{self, JoinError, JoinSet};
use tokio::time::sleep;

use super::EndpointWork;
use super::places::Places;
use crate::{App, Operator};

/// How often to look for what has become due, when nothing else says so.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long to wait for more after an event, so that a thousand uploads are one look.
const GATHER: Duration = Duration::from_millis(50);

/// The rounds that run.
#[derive(Default)]
struct Rounds {
    tasks: JoinSet<()>,
    endpoints: HashMap<task::Id, EndpointId>,
    places: Places,
    /// Where the last look ended.
    after: Option<EndpointId>,
}

impl App {
    /// Queues and delivers until it is dropped. Attempts that are cut off then are made again when
    /// their leases end.
    pub async fn deliver_forever(self: Arc<Self>, _: Operator) -> Infallible {
        let mut rounds = Rounds::default();
        loop {
            rounds.start(&self).await;
            tokio::select! {
                Some(ended) = rounds.tasks.join_next_with_id() => rounds.note(ended),
                () = self.webhooks.committed.notified() => sleep(GATHER).await,
                () = sleep(LOOK_EVERY) => {}
            }
            while let Some(ended) = rounds.tasks.try_join_next_with_id() {
                rounds.note(ended);
            }
        }
    }
}

impl Rounds {
    /// Starts a round for every endpoint that has work, none runs for, and there is a place for;
    /// next time for those behind them.
    async fn start(&mut self, app: &Arc<App>) {
        let mut from_the_start = self.after.is_none();
        loop {
            let found = match app.list_endpoints_with_work(Operator, self.after).await {
                Ok(found) => found,
                Err(error) => {
                    tracing::warn!(%error, "no work for webhooks can be found");
                    return;
                }
            };
            let at_the_end = found.is_empty();
            for work in found {
                if self.places.are_full() {
                    return;
                }
                let id = work.id();
                self.after = Some(id);
                if self.places.take(work.client_id(), id) {
                    let round = self.tasks.spawn(work_for(Arc::clone(app), work));
                    self.endpoints.insert(round.id(), id);
                }
            }
            if at_the_end {
                self.after = None;
                self.places.begin_again();
                if from_the_start {
                    return;
                }
                from_the_start = true;
            }
        }
    }

    /// A round has ended, and its endpoint may have another one.
    fn note(&mut self, ended: Result<(task::Id, ()), JoinError>) {
        let id = match ended {
            Ok((id, ())) => id,
            Err(error) => {
                tracing::error!("a round of webhooks panicked");
                error.id()
            }
        };
        if let Some(endpoint) = self.endpoints.remove(&id) {
            self.places.give_back(endpoint);
        }
    }
}

/// One round. After a failure the endpoint keeps its place for a while, or it would be tried again
/// at once.
async fn work_for(app: Arc<App>, work: EndpointWork) {
    let id = work.id();
    if let Err(error) = app.work_for_endpoint(Operator, work).await {
        tracing::warn!(endpoint = %id, %error, "webhooks were not delivered");
        sleep(LOOK_EVERY).await;
    }
}
