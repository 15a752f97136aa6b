//! Which endpoints have a round: so many at a time, so many of them of one client, each in turn.

use std::collections::HashMap;

use dossier_domain::{ClientId, EndpointId};

/// Endpoints that are worked for at a time; each makes a few attempts.
const PLACES: usize = 32;
/// Of one client, so that his receivers that hang leave places to others.
const PLACES_OF_A_CLIENT: usize = 8;

/// The places that are taken.
#[derive(Debug, Default)]
pub(super) struct Places {
    taken: HashMap<EndpointId, ClientId>,
    /// Clients that had all of theirs since the look before.
    turns: HashMap<ClientId, Turn>,
}

/// Whose turn it is among the endpoints of one client: those behind the last one.
#[derive(Debug)]
struct Turn {
    last: EndpointId,
    /// Whether one of them was found and had no place.
    awaited: bool,
}

impl Places {
    /// Whether nobody else finds a place.
    pub(super) fn are_full(&self) -> bool {
        self.taken.len() >= PLACES
    }

    /// Takes a place for an endpoint that has none, if there is one and it is its turn. Endpoints
    /// are found in the order of their ids.
    pub(super) fn take(&mut self, client: ClientId, endpoint: EndpointId) -> bool {
        if self.are_full() || self.taken.contains_key(&endpoint) {
            return false;
        }
        let own = self.taken.values().filter(|other| **other == client).count();
        let free = own < PLACES_OF_A_CLIENT;
        if let Some(turn) = self.turns.get_mut(&client) {
            let behind = endpoint > turn.last;
            turn.awaited |= behind && !free;
            if !behind {
                return false;
            }
        }
        if free {
            self.taken.insert(endpoint, client);
        }
        if free && (own + 1 == PLACES_OF_A_CLIENT || self.turns.contains_key(&client)) {
            self.turns.insert(client, Turn { last: endpoint, awaited: false });
        }
        free
    }

    /// Every endpoint that has work was found once: where nobody waits behind the last one, the
    /// turn is the first one's.
    pub(super) fn begin_again(&mut self) {
        self.turns.retain(|_, turn| std::mem::take(&mut turn.awaited));
    }

    pub(super) fn give_back(&mut self, endpoint: EndpointId) {
        self.taken.remove(&endpoint);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(byte: u8) -> ClientId {
        ClientId::from_bytes([byte; 16])
    }

    fn endpoint(client: u8, number: u8) -> EndpointId {
        let mut bytes = [number; 16];
        bytes[15] = client;
        EndpointId::from_bytes(bytes)
    }

    /// Finds the endpoints 1 to `endpoints` of a client; those that got a place.
    fn look(places: &mut Places, of: u8, endpoints: u8) -> Vec<u8> {
        let got = (1..=endpoints).filter(|n| places.take(client(of), endpoint(of, *n))).collect();
        places.begin_again();
        got
    }

    #[test]
    fn a_client_leaves_places_to_others_and_all_of_them_are_bounded() {
        let mut places = Places::default();
        assert_eq!(look(&mut places, 1, 16).len(), PLACES_OF_A_CLIENT);
        assert!(look(&mut places, 1, 16).is_empty());
        assert_eq!(look(&mut places, 2, 3), [1, 2, 3]);
        assert!(look(&mut places, 2, 3).is_empty(), "an endpoint has one place");
        let others: usize = (3..99).map(|of| look(&mut places, of, 16).len()).sum();
        assert_eq!(PLACES_OF_A_CLIENT + 3 + others, PLACES);
        assert!(places.are_full());
    }

    #[test]
    fn every_endpoint_of_a_client_has_its_turn_however_many_always_have_work() {
        let mut places = Places::default();
        assert_eq!(look(&mut places, 1, 12), (1..=8).collect::<Vec<_>>());
        let mut running: Vec<_> = (1..=8).collect();
        let mut turns = vec![0; 13];
        for round in 0..240 {
            // Sometimes one has ended, sometimes all of them.
            let ended = if round % 7 == 0 { running.len() } else { running.len().min(1) };
            for number in running.drain(..ended) {
                places.give_back(endpoint(1, number));
            }
            let started = look(&mut places, 1, 12);
            for number in &started {
                turns[usize::from(*number)] += 1;
            }
            running.extend(started);
        }
        let (least, most) = (turns.iter().skip(1).min(), turns.iter().max());
        assert!(most.unwrap() - least.unwrap() <= 2, "{turns:?}");
    }

    #[test]
    fn a_place_that_comes_free_in_the_middle_of_a_look_is_not_the_first_ones_again() {
        let mut places = Places::default();
        look(&mut places, 1, 9);
        assert!(!places.take(client(1), endpoint(1, 9)));
        places.give_back(endpoint(1, 1));
        places.begin_again();
        assert_eq!(look(&mut places, 1, 9), [9]);
        places.give_back(endpoint(1, 9));
        assert_eq!(look(&mut places, 1, 9), [1]);
    }

    #[test]
    fn nothing_is_left_of_a_client_without_work() {
        let mut places = Places::default();
        look(&mut places, 1, 9);
        (1..=9).for_each(|number| places.give_back(endpoint(1, number)));
        (0..2).for_each(|_| places.begin_again());
        assert!(places.taken.is_empty() && places.turns.is_empty());
    }
}
