//! Cursors of lists: the last id of a page, with a keyed hash so that a made-up one is refused.

use dossier_domain::{ClientId, FileId};
use dossier_seal::{Digest, HmacKey};

use crate::files::{FileFilter, ListFiles, Order};

const ID_DIGITS: usize = 32;
const MAC_DIGITS: usize = 32;

/// The cursor after `last`, for the same list only.
pub(crate) fn write(key: &HmacKey, client: ClientId, list: &ListFiles, last: FileId) -> String {
    let id = last.to_string().replace('-', "");
    let mac = mac(key, client, list, last);
    format!("{id}{mac}")
}

/// The id in a cursor, if it was made for this list.
pub(crate) fn read(
    key: &HmacKey,
    client: ClientId,
    list: &ListFiles,
    text: &str,
) -> Option<FileId> {
    let (id, _) = text.split_at_checked(ID_DIGITS)?;
    let last: FileId = id.parse().ok()?;
    (text == write(key, client, list, last)).then_some(last)
}

fn mac(key: &HmacKey, client: ClientId, list: &ListFiles, last: FileId) -> String {
    let FileFilter { purpose, status, user_id, created_after, created_before } = list.filter;
    let order = match list.order {
        Order::Ascending => "asc",
        Order::Descending => "desc",
    };
    let text = format!(
        "{client} {last} {order} {} {} {} {} {}",
        purpose.map_or("-", |p| p.name()),
        status.map_or("-", |s| s.name()),
        user_id.map_or("-".to_owned(), |u| u.to_string()),
        created_after.map_or("-".to_owned(), |t| t.micros().to_string()),
        created_before.map_or("-".to_owned(), |t| t.micros().to_string()),
    );
    let Digest(bytes) = key.digest(text.as_bytes());
    bytes.iter().take(MAC_DIGITS / 2).map(|b| format!("{b:02x}")).collect()
}
