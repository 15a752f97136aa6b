//! The settings, as data. Loading, `--help` and `docs/configuration.md` all read this table.

mod place;
mod work;

use self::place::{KEYS, SERVER, STORAGE};
use self::work::{INTAKE, JOBS, LIMITS, LOG, WEBHOOKS};
use super::setting::{Key, Setting};

/// A heading of the documents and its settings, in their order.
pub const SECTIONS: &[(&str, &[Setting])] = &[
    ("Server", SERVER),
    ("Storage", STORAGE),
    ("Keys", KEYS),
    ("Intake", INTAKE),
    ("Limits", LIMITS),
    ("Webhooks", WEBHOOKS),
    ("Jobs", JOBS),
    ("Log", LOG),
];

/// Every setting, in the order of the documents.
pub fn settings() -> impl Iterator<Item = &'static Setting> {
    SECTIONS.iter().flat_map(|(_, settings)| settings.iter())
}

/// The row of one setting.
pub fn setting(key: Key) -> &'static Setting {
    settings().find(|setting| setting.key == key).expect("the table has a row for every key")
}
