//! Support for the tests of the real binary: starts, kills and stops it, speaks HTTP to it, keeps a
//! journal of what it promised, and breaks its system calls.

mod document;
mod http;
mod journal;
mod random;
mod receiver;
mod service;
mod store;
mod strace;

pub use document::Document;
pub use http::{Answer, Client};
pub use journal::Journal;
pub use random::Random;
pub use receiver::{Authority, Reaction, Receiver, Webhook};
pub use service::{KEY, Service, dossier, refused, run, sh};
pub use store::{Fsck, audited_files, blob_files, data_folder, fsck, fsck_contents};
pub use strace::{Strace, can_trace};

use std::io::Write as _;
use std::path::PathBuf;

/// A variable that steers these tests.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the tests have no other place for their settings")]
pub fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The folder of the real clients, as `./test` installs them.
#[must_use]
pub fn parts() -> PathBuf {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../.parts");
    setting("DOSSIER_PARTS").unwrap_or_else(|| default.to_owned()).into()
}

/// Says on the real standard error, past the capture of the test harness, that something was not
/// tested.
pub fn skip(what: &str, why: &str) {
    let line = format!("\n*** SKIPPED: {what}: {why}\n");
    std::io::stderr().write_all(line.as_bytes()).expect("standard error is open");
}

/// Looks again until it is so, for a time that no machine needs.
///
/// # Panics
/// When it never is.
pub fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..600 {
        if is_so() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("never: {what}");
}

/// Shows how a long run goes on.
pub fn progress(text: &str) {
    let line = format!("{text}\n");
    std::io::stderr().write_all(line.as_bytes()).expect("standard error is open");
}
