//! Who has guessed wrong secrets how often. Secrets of 256 random bits cannot be guessed; the
//! limit keeps those who try from costing much, and makes them visible.
//!
//! Failures are counted for each claimed client and for each address. A client that was let in
//! from an address before is counted by itself there, so that others who guess at its secret, or
//! who sit behind the same proxy, do not lock it out. Requests that run at the same moment are
//! all let in before the first of them is known to fail: there are no more of them than
//! connections.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use dossier_domain::{ClientId, Timestamp};

/// The time in which so many failures are forgiven.
const WINDOW: Duration = Duration::from_secs(60);
/// Failures of one claimed client, from all addresses where it was never let in.
const CLIENT_FAILURES_MAX: u32 = 20;
/// Failures of one IPv4 address or one IPv6 /64 network.
const ADDRESS_FAILURES_MAX: u32 = 100;
/// Counters kept, and pairs of client and address that were let in: a flood of names and addresses
/// costs no more memory than this.
const KEPT_MAX: usize = 20_000;

/// Who asks, as far as can be said before he has proved it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Guesser {
    /// Whom he claims to be; all claims that nobody can be are one.
    claimed: Option<ClientId>,
    origin: Option<IpAddr>,
}

/// How long the next try has to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wait {
    /// Failures a minute that were too many.
    pub(super) limit: u32,
    /// Whole seconds, at least one.
    pub(super) seconds: u32,
}

/// What failures are counted for.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Counter {
    Client(Option<ClientId>),
    Address(Option<IpAddr>),
    Known(Guesser),
}

/// The failures of the last minute or so.
#[derive(Default)]
pub(crate) struct Guesses {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// When all failures of a counter are forgiven: the time stands for their number.
    forgiven: Recent<Counter, Timestamp>,
    /// Who was let in from where.
    known: Recent<Guesser, ()>,
}

impl Guesser {
    pub(super) fn new(claimed: Option<ClientId>, address: Option<IpAddr>) -> Self {
        Self { claimed, origin: address.map(network) }
    }
}

impl Guesses {
    /// Whether one more guess may be made.
    pub(super) fn admit(&self, guesser: Guesser, now: Timestamp) -> Result<(), Wait> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = state.counters(guesser).into_iter().map(|counter| {
            // A clock that was set back must not make the wait longer than it can be.
            let forgiven = state.forgiven.find(&counter).copied().unwrap_or(now);
            let busy = forgiven.micros().saturating_sub(now.micros()).min(micros(WINDOW));
            (busy - (micros(WINDOW) - counter.cost()), counter.failures_max())
        });
        match waits.max() {
            Some((wait @ 1.., limit)) => Err(Wait { limit, seconds: whole_seconds(wait) }),
            Some(_) | None => Ok(()),
        }
    }

    /// Notes a wrong secret.
    pub(super) fn failed(&self, guesser: Guesser, now: Timestamp) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for counter in state.counters(guesser) {
            let before = state.forgiven.find(&counter).copied().unwrap_or(now).max(now);
            let after = before.micros().saturating_add(counter.cost());
            let latest = now.micros().saturating_add(micros(WINDOW));
            state.forgiven.keep(counter, Timestamp::from_micros(after.min(latest)));
        }
    }

    /// Notes who was let in.
    pub(super) fn succeeded(&self, guesser: Guesser) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).known.keep(guesser, ());
    }
}

impl State {
    fn counters(&self, guesser: Guesser) -> Vec<Counter> {
        if self.known.find(&guesser).is_some() {
            vec![Counter::Known(guesser)]
        } else {
            vec![Counter::Client(guesser.claimed), Counter::Address(guesser.origin)]
        }
    }
}

impl Counter {
    /// Failures that are forgiven in the time of the window.
    const fn failures_max(self) -> u32 {
        match self {
            Self::Client(_) | Self::Known(_) => CLIENT_FAILURES_MAX,
            Self::Address(_) => ADDRESS_FAILURES_MAX,
        }
    }

    /// How many microseconds forgive one failure.
    fn cost(self) -> i64 {
        micros(WINDOW) / i64::from(self.failures_max())
    }
}

/// A map that forgets what was not kept again for the longest time: two halves, of which the older
/// goes when the younger is full.
struct Recent<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K: Eq + Hash, V> Recent<K, V> {
    fn find(&self, key: &K) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    fn keep(&mut self, key: K, value: V) {
        if self.young.len() >= KEPT_MAX / 2 && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }
}

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self { young: HashMap::new(), old: HashMap::new() }
    }
}

/// A host has all addresses of its IPv6 network (RFC 7421).
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
    }
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).expect("the spans here are a minute at most")
}

/// Rounds up.
fn whole_seconds(micros: i64) -> u32 {
    u32::try_from(micros.saturating_add(999_999) / 1_000_000).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guesser(client: u8, address: &str) -> Guesser {
        let address = address.parse().unwrap();
        Guesser::new(Some(ClientId::from_bytes([client; 16])), Some(address))
    }

    fn wait(seconds: u32) -> Wait {
        Wait { limit: CLIENT_FAILURES_MAX, seconds }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(1_800_000_000_000_000 + seconds * 1_000_000)
    }

    /// How many wrong guesses are let in at one moment.
    fn guess(guesses: &Guesses, guesser: Guesser, now: Timestamp) -> u32 {
        let mut admitted = 0;
        while guesses.admit(guesser, now).is_ok() {
            guesses.failed(guesser, now);
            admitted += 1;
        }
        admitted
    }

    #[test]
    fn a_client_is_guessed_at_so_often_and_then_no_more_from_anywhere() {
        let guesses = Guesses::default();
        assert_eq!(guess(&guesses, guesser(1, "192.0.2.1"), at(0)), CLIENT_FAILURES_MAX);
        let elsewhere = guesser(1, "192.0.2.2");
        assert_eq!(guesses.admit(elsewhere, at(0)), Err(wait(3)));
        assert_eq!(guesses.admit(elsewhere, at(2)), Err(wait(1)));
        assert_eq!(guess(&guesses, elsewhere, at(3)), 1);
        assert_eq!(guess(&guesses, elsewhere, at(63)), CLIENT_FAILURES_MAX);
        assert!(guesses.admit(guesser(2, "192.0.2.1"), at(0)).is_ok());
    }

    #[test]
    fn an_address_guesses_so_often_whoever_it_claims_to_be() {
        let guesses = Guesses::default();
        let sum: u32 = (0..20).map(|n| guess(&guesses, guesser(n, "2001:db8:1:2::1"), at(0))).sum();
        assert_eq!(sum, ADDRESS_FAILURES_MAX);
        assert!(guesses.admit(guesser(99, "2001:db8:1:2::ffff"), at(0)).is_err());
        assert!(guesses.admit(guesser(99, "2001:db8:1:3::1"), at(0)).is_ok());
        let nobody = Guesser::new(None, None);
        assert_eq!(guess(&guesses, nobody, at(0)), CLIENT_FAILURES_MAX);
    }

    #[test]
    fn a_client_is_not_locked_out_of_where_it_was_let_in_before() {
        let guesses = Guesses::default();
        let client = guesser(1, "192.0.2.1");
        guesses.succeeded(client);
        guess(&guesses, guesser(1, "192.0.2.2"), at(0));
        for other in 2..20 {
            guess(&guesses, guesser(other, "192.0.2.1"), at(0));
        }
        assert!(guesses.admit(client, at(0)).is_ok());
        // It has a limit of its own.
        assert_eq!(guess(&guesses, client, at(0)), CLIENT_FAILURES_MAX);
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out_for_longer() {
        let guesses = Guesses::default();
        let client = guesser(1, "192.0.2.1");
        guess(&guesses, client, at(100_000));
        assert_eq!(guesses.admit(client, at(0)), Err(wait(3)));
        guesses.failed(client, at(0));
        assert!(guesses.admit(client, at(61)).is_ok());
    }

    #[test]
    fn a_flood_of_names_takes_no_more_memory_than_is_set() {
        let mut recent = Recent::default();
        for number in 0..3 * KEPT_MAX {
            recent.keep(number, ());
            recent.keep(0, ());
        }
        assert!(recent.young.len() + recent.old.len() <= KEPT_MAX);
        assert!(recent.find(&0).is_some());
        assert!(recent.find(&1).is_none());
    }
}
