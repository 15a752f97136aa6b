//! How many test deliveries run at a time: each is a request that waits for a stranger.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use dossier_domain::ClientId;

use super::WebhookError;

/// Of all clients together.
const PLACES: usize = 8;
/// Of one client, so that his receivers that hang leave places to others.
const PLACES_OF_A_CLIENT: usize = 2;

/// The places that are taken; a client without one is not in it.
#[derive(Debug, Default)]
pub(super) struct TestPlaces(Mutex<HashMap<ClientId, usize>>);

/// One of them, given back when it is dropped.
#[derive(Debug)]
pub(super) struct TestPlace<'a> {
    places: &'a TestPlaces,
    client: ClientId,
}

impl TestPlaces {
    pub(super) fn take(&self, client: ClientId) -> Result<TestPlace<'_>, WebhookError> {
        let mut taken = self.taken();
        if taken.get(&client).is_some_and(|own| *own >= PLACES_OF_A_CLIENT) {
            return Err(WebhookError::TooManyTests(PLACES_OF_A_CLIENT));
        }
        if taken.values().sum::<usize>() >= PLACES {
            return Err(WebhookError::Unavailable("too many tests of webhooks run".into()));
        }
        *taken.entry(client).or_default() += 1;
        Ok(TestPlace { places: self, client })
    }

    /// Numbers are whole after every statement, so a panic elsewhere spoils nothing.
    fn taken(&self) -> MutexGuard<'_, HashMap<ClientId, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for TestPlace<'_> {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        if let Some(own) = taken.get_mut(&self.client) {
            *own -= 1;
        }
        taken.retain(|_, own| *own > 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(byte: u8) -> ClientId {
        ClientId::from_bytes([byte; 16])
    }

    #[test]
    fn a_client_takes_its_places_and_no_more_until_it_gives_one_back() {
        let places = TestPlaces::default();
        let (one, _two) = (places.take(client(1)).unwrap(), places.take(client(1)).unwrap());
        let third = places.take(client(1)).unwrap_err();
        assert!(matches!(third, WebhookError::TooManyTests(PLACES_OF_A_CLIENT)), "{third}");
        let _other = places.take(client(2)).unwrap();
        drop(one);
        assert!(places.take(client(1)).is_ok());
    }

    #[test]
    fn all_clients_together_take_all_places_and_leave_nothing_behind() {
        let places = TestPlaces::default();
        let taken: Vec<_> = (0..u8::MAX).map_while(|n| places.take(client(n / 2)).ok()).collect();
        assert_eq!(taken.len(), PLACES);
        let full = places.take(client(99)).unwrap_err();
        assert!(matches!(full, WebhookError::Unavailable(_)), "{full}");
        drop(taken);
        assert!(places.taken().is_empty());
        assert!(places.take(client(99)).is_ok());
    }
}
