//! Cursors of lists: where a page ended, with a keyed hash so that a made-up one is refused.

use dossier_seal::{Digest, HmacKey, same_text};

use crate::App;

const PLACE_DIGITS: usize = 32;
const MAC_DIGITS: usize = 32;

/// The cursors of one list; they are good for no other.
pub(crate) struct Cursors<'a> {
    key: &'a HmacKey,
    list: String,
}

/// The cursor was not made here, or not for this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StrangeCursor;

impl App {
    /// The cursors of a list that is named by `list`: its client, filters and order included.
    pub(crate) const fn cursors(&self, list: String) -> Cursors<'_> {
        Cursors { key: &self.cursor_key, list }
    }
}

impl Cursors<'_> {
    /// The cursor behind the place `last`.
    pub(crate) fn write(&self, last: [u8; 16]) -> String {
        let (list, place) = (&self.list, u128::from_be_bytes(last));
        let Digest(mac) = self.key.digest(format!("{list} {place:032x}").as_bytes());
        let mac: String = mac.iter().take(MAC_DIGITS / 2).map(|b| format!("{b:02x}")).collect();
        format!("{place:032x}{mac}")
    }

    /// The place in the cursor of a request, which has none for the first page.
    pub(crate) fn read(&self, cursor: Option<&str>) -> Result<Option<[u8; 16]>, StrangeCursor> {
        let Some(text) = cursor else { return Ok(None) };
        let (place, _) = text.split_at_checked(PLACE_DIGITS).ok_or(StrangeCursor)?;
        let place = u128::from_str_radix(place, 16).map_err(|_| StrangeCursor)?.to_be_bytes();
        if same_text(text, &self.write(place)) { Ok(Some(place)) } else { Err(StrangeCursor) }
    }
}
