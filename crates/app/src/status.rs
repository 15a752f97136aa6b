//! What the service says of itself.

use std::sync::Arc;
use std::time::Duration;

use dossier_domain::{ContentCheck, Limits};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::{App, Operator, Tide};

/// How long an answer of the probes is given again. Each probe syncs the disk twice, and anybody
/// may ask.
const KEPT: Duration = Duration::from_secs(1);

/// Whether the service can do its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// `Err` with a reason for the operator.
    pub database: Result<(), String>,
    /// `Err` with a reason for the operator.
    pub storage: Result<(), String>,
    /// Whether database and storage belong together; while they do not, the service works and
    /// erases nothing that has no row.
    pub tide: Tide,
    /// How much of the content is checked.
    pub content_check: ContentCheck,
}

/// What the probes said last. It is locked while they run, so that all who ask meanwhile wait for
/// their answer.
#[derive(Debug, Default)]
pub(crate) struct LastProbes(Arc<Mutex<Option<Probes>>>);

#[derive(Clone, Debug)]
struct Probes {
    ended: Instant,
    database: Result<(), String>,
    storage: Result<(), String>,
}

impl App {
    /// Probes database and storage, unless that was done within the last second.
    pub async fn readiness(&self) -> Readiness {
        let Probes { database, storage, .. } = self.recent_probes().await;
        let (tide, content_check) = (self.last_tide(Operator), self.content_check);
        Readiness { database, storage, tide, content_check }
    }

    async fn recent_probes(&self) -> Probes {
        let mut last = Arc::clone(&self.last_probes.0).lock_owned().await;
        if let Some(probes) = last.as_ref().filter(|probes| probes.ended.elapsed() < KEPT) {
            return probes.clone();
        }
        let (db, blobs) = (self.db.clone(), self.blobs.clone());
        // In a task of its own: a client that leaves must not end the probe that others wait for,
        // or have them start another. Those who wait need none, and leave nothing behind.
        let probing = tokio::spawn(async move {
            let database = db.probe().await.map_err(|error| error.to_string());
            let storage = blobs.probe().await.map_err(|error| error.to_string());
            last.insert(Probes { ended: Instant::now(), database, storage }).clone()
        });
        probing.await.unwrap_or_else(|error| {
            let unknown = Err(format!("the probe ended early: {error}"));
            Probes { ended: Instant::now(), database: unknown.clone(), storage: unknown }
        })
    }

    /// The limits in force.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }
}
