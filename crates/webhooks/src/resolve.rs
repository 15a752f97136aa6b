//! Resolves names, and answers only addresses that were checked: the connection is made to the very
//! addresses that were looked at, so that a name cannot change in between.

use std::collections::HashMap;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::lookup_host;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::guard::Reach;

/// How long a name may take to resolve, its turn included.
const TIME_MAX: Duration = Duration::from_secs(5);
/// Names that resolve at a time. The system's resolver holds a thread, also when nobody waits for
/// it any more.
const LOOKUPS_MAX: usize = 64;
/// Names whose turns are kept before those that nobody waits for are forgotten.
const TURNS_MAX: usize = 1000;

/// The resolver. Clones share their bounds.
#[derive(Clone, Debug)]
pub(crate) struct Guarded {
    reach: Reach,
    lookups: Arc<Semaphore>,
    /// A name is looked up once at a time, so that one that hangs takes one place.
    turns: Arc<Mutex<HashMap<String, Arc<Semaphore>>>>,
}

/// Why a name has no address to connect to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotResolved {
    #[error("an address that webhooks may not reach")]
    Address,
    #[error("no address")]
    Unknown,
}

impl Guarded {
    pub(crate) fn new(reach: Reach) -> Self {
        let lookups = Arc::new(Semaphore::new(LOOKUPS_MAX));
        Self { reach, lookups, turns: Arc::default() }
    }

    /// The addresses of a name. One that is not permitted spoils all: a name that points inside
    /// as well as outside is no accident.
    pub(crate) async fn look_up(
        &self,
        name: &str,
        port: u16,
    ) -> Result<Vec<SocketAddr>, NotResolved> {
        let found = timeout(TIME_MAX, self.ask(name.to_owned(), port)).await;
        let Ok(Some(addresses)) = found else { return Err(NotResolved::Unknown) };
        if !addresses.iter().all(|address| self.reach.permits(address.ip())) {
            return Err(NotResolved::Address);
        }
        if addresses.is_empty() { Err(NotResolved::Unknown) } else { Ok(addresses) }
    }

    async fn ask(&self, name: String, port: u16) -> Option<Vec<SocketAddr>> {
        let turn = self.turn_of(&name).acquire_owned().await.ok()?;
        let place = Arc::clone(&self.lookups).acquire_owned().await.ok()?;
        // Spawned, so that turn and place are held for as long as the thread is.
        let asked = tokio::spawn(async move {
            let found = lookup_host((name, port)).await.map(Iterator::collect);
            drop((turn, place));
            found
        });
        asked.await.ok()?.ok()
    }

    fn turn_of(&self, name: &str) -> Arc<Semaphore> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        if turns.len() >= TURNS_MAX {
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        }
        let turn = turns.entry(name.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(1)));
        Arc::clone(turn)
    }
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let shared = self.clone();
        Box::pin(async move {
            // The port of the URL takes the place of this one.
            let addresses = shared.look_up(name.as_str(), 0).await?;
            Ok::<Addrs, Box<dyn Error + Send + Sync>>(Box::new(addresses.into_iter()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_that_leads_inside_is_refused_and_one_that_leads_nowhere_is_unknown() {
        let guarded = Guarded::new(Reach::Public);
        assert_eq!(guarded.look_up("localhost", 80).await, Err(NotResolved::Address));
        // A label of 64 characters is none (RFC 1035, section 2.3.4): nobody is asked for it.
        let nobody = format!("{}.example", "a".repeat(64));
        assert_eq!(guarded.look_up(&nobody, 80).await, Err(NotResolved::Unknown));
        let anywhere = Guarded::new(Reach::Anywhere).look_up("localhost", 80).await.unwrap();
        assert!(anywhere.iter().all(|address| address.ip().is_loopback() && address.port() == 80));
    }

    #[tokio::test(start_paused = true)]
    async fn a_name_that_hangs_is_given_up_and_holds_up_no_other() {
        let guarded = Guarded::new(Reach::Anywhere);
        let _hanging = guarded.turn_of("hanging.example").acquire_owned().await.unwrap();
        let looked_up = guarded.look_up("hanging.example", 80).await;
        assert_eq!(looked_up, Err(NotResolved::Unknown));
        assert_eq!(guarded.lookups.available_permits(), LOOKUPS_MAX);
        assert_eq!(guarded.turn_of("another.example").available_permits(), 1);
    }

    #[test]
    fn turns_that_nobody_waits_for_are_forgotten() {
        let guarded = Guarded::new(Reach::Anywhere);
        let held = guarded.turn_of("held.example");
        for number in 0..3 * TURNS_MAX {
            guarded.turn_of(&format!("{number}.example"));
        }
        assert!(guarded.turns.lock().unwrap().len() <= TURNS_MAX);
        assert!(Arc::ptr_eq(&held, &guarded.turn_of("held.example")));
    }
}
