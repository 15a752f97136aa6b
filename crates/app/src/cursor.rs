//! Cursors of lists: where a page ended, with a keyed hash so that a made-up one is refused.

use dossier_seal::{Digest, HmacKey};

const PLACE_DIGITS: usize = 32;
const MAC_DIGITS: usize = 32;

/// The cursor after `last`. `list` names the list, its client, filters and order included: the
/// cursor is good for no other.
pub(crate) fn write(key: &HmacKey, list: &str, last: [u8; 16]) -> String {
    let place = u128::from_be_bytes(last);
    let Digest(mac) = key.digest(format!("{list} {place:032x}").as_bytes());
    let mac: String = mac.iter().take(MAC_DIGITS / 2).map(|b| format!("{b:02x}")).collect();
    format!("{place:032x}{mac}")
}

/// The place in a cursor, if it was made for this list.
pub(crate) fn read(key: &HmacKey, list: &str, text: &str) -> Option<[u8; 16]> {
    let (place, _) = text.split_at_checked(PLACE_DIGITS)?;
    let last = u128::from_str_radix(place, 16).ok()?.to_be_bytes();
    (text == write(key, list, last)).then_some(last)
}
