//! How many connections there may be, in all and from one address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::metrics::gauge::Gauge;

/// The places for connections.
pub(super) struct Slots {
    total_max: u64,
    per_address_max: u64,
    taken: Mutex<Taken>,
    open: Gauge,
}

#[derive(Default)]
struct Taken {
    total: u64,
    by_origin: HashMap<Origin, u64>,
}

/// Whose connections are counted together. Its text goes nowhere: an address is personal.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Origin {
    V4(Ipv4Addr),
    /// The network of a site: one host has all its 2^64 addresses (RFC 7421).
    V6Network([u8; 8]),
}

/// The place of one connection; free again when it is dropped.
pub(super) struct Slot {
    slots: Arc<Slots>,
    origin: Origin,
}

impl Slots {
    pub(super) fn new(total_max: u64, per_address_max: u64, open: Gauge) -> Self {
        Self { total_max, per_address_max, taken: Mutex::default(), open }
    }

    /// A place for a connection from this address, if there is one.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr) -> Option<Slot> {
        let origin = Origin::from(address);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let of_origin = taken.by_origin.get(&origin).copied().unwrap_or(0);
        if taken.total >= self.total_max || of_origin >= self.per_address_max {
            return None;
        }
        taken.total += 1;
        taken.by_origin.insert(origin, of_origin + 1);
        self.open.inc();
        Some(Slot { slots: self.clone(), origin })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.total = taken.total.saturating_sub(1);
        let left = taken.by_origin.get(&self.origin).map_or(0, |count| count.saturating_sub(1));
        if left == 0 {
            taken.by_origin.remove(&self.origin);
        } else {
            taken.by_origin.insert(self.origin, left);
        }
        self.slots.open.dec();
    }
}

impl From<IpAddr> for Origin {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => {
                let [a, b, c, d, e, f, g, h, ..] = address.octets();
                Self::V6Network([a, b, c, d, e, f, g, h])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(total_max: u64, per_address_max: u64) -> Arc<Slots> {
        Arc::new(Slots::new(total_max, per_address_max, Gauge::default()))
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_over_its_limit_is_refused_and_another_is_not() {
        let slots = slots(10, 2);
        let held = [slots.take(ip("192.0.2.1")), slots.take(ip("192.0.2.1"))];
        assert!(held.iter().all(Option::is_some));
        assert!(slots.take(ip("192.0.2.1")).is_none());
        assert!(slots.take(ip("::ffff:192.0.2.1")).is_none());
        assert!(slots.take(ip("192.0.2.2")).is_some());
        drop(held);
        assert!(slots.take(ip("192.0.2.1")).is_some());
    }

    #[test]
    fn addresses_of_one_site_count_together() {
        let slots = slots(10, 1);
        let _held = slots.take(ip("2001:db8:1:2::1")).unwrap();
        assert!(slots.take(ip("2001:db8:1:2:ffff::2")).is_none());
        assert!(slots.take(ip("2001:db8:1:3::1")).is_some());
    }

    #[test]
    fn the_total_holds_for_all_addresses_and_nothing_is_kept_of_those_who_left() {
        let slots = slots(2, 2);
        let held = [slots.take(ip("192.0.2.1")), slots.take(ip("192.0.2.2"))];
        assert_eq!(slots.open.get(), 2);
        assert!(slots.take(ip("192.0.2.3")).is_none());
        drop(held);
        assert_eq!(slots.open.get(), 0);
        assert!(slots.taken.lock().unwrap().by_origin.is_empty());
    }
}
