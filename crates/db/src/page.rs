//! Pages of lists in the order of version 7 ids, which is the order of time to the millisecond.

use std::time::Duration;

use dossier_domain::{ClientId, Timestamp};

use crate::value::{Value, params};

/// In which order a list is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListOrder {
    /// Newest first.
    #[default]
    NewestFirst,
    /// Oldest first.
    OldestFirst,
}

impl ListOrder {
    /// The statement of this order, of two that list newest first and oldest first.
    pub(crate) const fn choose(self, statements: [&'static str; 2]) -> &'static str {
        let [newest_first, oldest_first] = statements;
        match self {
            Self::NewestFirst => newest_first,
            Self::OldestFirst => oldest_first,
        }
    }
}

/// Where a page lies.
pub(crate) struct Page {
    pub(crate) order: ListOrder,
    /// The last id of the page before.
    pub(crate) after: Option<[u8; 16]>,
    /// Only made later than this.
    pub(crate) made_after: Option<Timestamp>,
    /// Only made earlier than this.
    pub(crate) made_before: Option<Timestamp>,
}

/// An id is made of the time that its row holds, which it keeps to the millisecond. All that lies
/// within the slack is read and left out, so that it is short.
const ID_TIME_SLACK: Duration = Duration::from_millis(1);

impl Page {
    /// The values of `?1` to `?6` of a list: the client, the bounds of the ids and those of the
    /// times, and the most rows.
    pub(crate) fn params(&self, client_id: ClientId, rows_max: usize) -> Vec<Value> {
        let (above, below) = self.id_bounds();
        let (after, before) = self.time_bounds();
        params![client_id, above, below, after, before, rows_max]
    }

    /// Between which ids the page lies, both excluded, so that a list starts where its page does.
    fn id_bounds(&self) -> (Vec<u8>, Vec<u8>) {
        // A blob of no bytes stands before every id, and one of 17 bytes 0xff after every id.
        let (mut above, mut below) = (Vec::new(), vec![0xff; 17]);
        if let Some(time) = self.made_after {
            above = first_id_of(time.minus(ID_TIME_SLACK));
        }
        if let Some(time) = self.made_before {
            below = first_id_of(time.plus(ID_TIME_SLACK));
        }
        let after = self.after.map(|id| id.to_vec());
        match self.order {
            ListOrder::NewestFirst => below = after.map_or(below.clone(), |id| id.min(below)),
            ListOrder::OldestFirst => above = after.map_or(above.clone(), |id| id.max(above)),
        }
        (above, below)
    }

    /// Between which times the page lies exactly, both excluded.
    fn time_bounds(&self) -> (Timestamp, Timestamp) {
        let after = self.made_after.unwrap_or(Timestamp::from_micros(i64::MIN));
        let before = self.made_before.unwrap_or(Timestamp::from_micros(i64::MAX));
        (after, before)
    }
}

/// What stands before every version 7 UUID of this time and after every earlier one: 48 bits of
/// milliseconds since the epoch (RFC 9562, section 5.7).
fn first_id_of(time: Timestamp) -> Vec<u8> {
    const MILLIS_MAX: i64 = (1 << 48) - 1;
    let millis = time.micros().div_euclid(1000).clamp(0, MILLIS_MAX);
    millis.to_be_bytes().into_iter().skip(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_id_of_a_time_is_its_milliseconds_in_48_bits() {
        let time = Timestamp::parse_rfc3339("2022-02-22T19:22:22Z").unwrap();
        assert_eq!(first_id_of(time), [0x01, 0x7f, 0x22, 0xe2, 0x79, 0xb0]);
        assert_eq!(first_id_of(Timestamp::from_micros(-1)), [0; 6]);
        assert_eq!(first_id_of(Timestamp::from_micros(i64::MAX)), [0xff; 6]);
    }
}
