//! The root keys: versions, their file, and how a database row proves that it is the right one.
//!
//! The file is text: one line `dossier-root-key-v1 <version> <64 hexadecimal digits>` for each
//! version, in ascending order; empty lines and lines that start with `#` are skipped. The
//! highest version is the active one; older ones still open what they wrapped.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use zeroize::Zeroizing;

use crate::entropy::Entropy;
use crate::hash::{Digest, HmacKey};
use crate::hex;
use crate::keys::{RootKey, SecretKey};

const LINE_TAG: &str = "dossier-root-key-v1";
/// Rotating daily for a hundred years stays below it; without a bound a wrong file would be read
/// to its end.
const TEXT_LEN_MAX: usize = 4 << 20;

/// The number of a root key, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RootVersion(NonZeroU32);

impl RootVersion {
    /// The version of the first root key.
    pub const FIRST: Self = Self(NonZeroU32::MIN);

    /// The version with this number; `None` for 0.
    #[must_use]
    pub const fn new(number: u32) -> Option<Self> {
        match NonZeroU32::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

/// Why a root key file was refused. The text of the file is never part of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// There is no key in it.
    #[error("the root key file holds no key")]
    Empty,
    /// It is longer than any root key file.
    #[error("the root key file is too long")]
    TooLong,
    /// A line is not a root key, or its version is not above the one before.
    #[error("line {line} of the root key file is not a root key of a higher version")]
    Line {
        /// The line, from 1.
        line: usize,
    },
}

/// The root keys by version.
#[derive(Clone, Debug)]
pub struct RootKeyring {
    older: Vec<(RootVersion, RootKey)>,
    active: (RootVersion, RootKey),
}

impl RootKeyring {
    /// A ring with one new random key of version 1.
    #[must_use]
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self { older: Vec::new(), active: (RootVersion::FIRST, RootKey::generate(entropy)) }
    }

    /// The version and key that wrap from now on.
    #[must_use]
    pub const fn active(&self) -> (RootVersion, &RootKey) {
        (self.active.0, &self.active.1)
    }

    /// The key of `version`, if the ring holds it.
    #[must_use]
    pub fn find(&self, version: RootVersion) -> Option<&RootKey> {
        self.all().find(|(known, _)| *known == version).map(|(_, key)| key)
    }

    /// A value that only the key of `version` gives. It is kept in the database, so that a node
    /// with another key is found out before it writes.
    #[must_use]
    pub fn check_value(&self, version: RootVersion) -> Option<Digest> {
        let key = HmacKey::derive(self.find(version)?, "dossier root key check v1");
        Some(key.digest(&version.get().to_be_bytes()))
    }

    /// The text of the root key file.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let line_len = LINE_TAG.len() + 80;
        let mut text = Zeroizing::new(String::with_capacity(line_len * (self.older.len() + 1)));
        for (version, key) in self.all() {
            let line: &mut String = &mut text;
            line.push_str(LINE_TAG);
            line.push_str(&format!(" {} ", version.get()));
            hex::write(key.secret(), line).expect("a String takes every write");
            line.push('\n');
        }
        text
    }

    fn all(&self) -> impl Iterator<Item = &(RootVersion, RootKey)> {
        self.older.iter().chain(std::iter::once(&self.active))
    }
}

/// Reads the text of a root key file.
impl FromStr for RootKeyring {
    type Err = KeyringError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > TEXT_LEN_MAX {
            return Err(KeyringError::TooLong);
        }
        let mut keys: Vec<(RootVersion, RootKey)> = Vec::new();
        for (line, number) in text.lines().map(str::trim).zip(1..) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let entry = parse_line(line)
                .filter(|(version, _)| keys.last().is_none_or(|(before, _)| before < version))
                .ok_or(KeyringError::Line { line: number })?;
            keys.push(entry);
        }
        let active = keys.pop().ok_or(KeyringError::Empty)?;
        Ok(Self { older: keys, active })
    }
}

impl fmt::Display for RootVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

fn parse_line(line: &str) -> Option<(RootVersion, RootKey)> {
    let mut words = line.split_ascii_whitespace();
    let tagged = words.next() == Some(LINE_TAG);
    let version = RootVersion::new(words.next()?.parse().ok()?)?;
    let key = hex::read_32(words.next()?)?;
    (tagged && words.next().is_none()).then(|| (version, RootKey::from_secret(*key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u8);
    impl Entropy for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn a_ring_reads_what_it_writes_and_the_highest_version_is_active() {
        let one = RootKeyring::generate(&Fixed(0x11));
        let line = format!("dossier-root-key-v1 1 {}\n", "11".repeat(32));
        assert_eq!(*one.to_text(), line);
        let text = format!("# keys\n\n{line}dossier-root-key-v1 7 {}\n", "Ab".repeat(32));
        let ring: RootKeyring = text.parse().unwrap();
        let (version, key) = ring.active();
        assert_eq!((version.get(), key.secret()), (7, &[0xab; 32]));
        assert_eq!(ring.find(RootVersion::FIRST).unwrap().secret(), &[0x11; 32]);
        assert!(ring.find(RootVersion::new(2).unwrap()).is_none());
        let again: RootKeyring = ring.to_text().parse().unwrap();
        assert_eq!(again.check_value(version), ring.check_value(version));
        assert_eq!(one.check_value(RootVersion::FIRST), ring.check_value(RootVersion::FIRST));
        assert_ne!(ring.check_value(version), ring.check_value(RootVersion::FIRST));
        assert_eq!(one.check_value(version), None);
    }

    #[test]
    fn a_file_that_is_not_a_keyring_is_refused_by_line_and_never_quoted() {
        let key = "22".repeat(32);
        for (text, want) in [
            (String::new(), KeyringError::Empty),
            ("# nothing".into(), KeyringError::Empty),
            (format!("\ndossier-root-key-v1 0 {key}"), KeyringError::Line { line: 2 }),
            (format!("dossier-root-key-v2 1 {key}"), KeyringError::Line { line: 1 }),
            (format!("dossier-root-key-v1 1 {key}0"), KeyringError::Line { line: 1 }),
            (format!("dossier-root-key-v1 1 {key}00"), KeyringError::Line { line: 1 }),
            (format!("dossier-root-key-v1 1 {key} 1"), KeyringError::Line { line: 1 }),
            (format!("dossier-root-key-v1 1 g{}", &key[1..]), KeyringError::Line { line: 1 }),
            (
                format!("dossier-root-key-v1 2 {key}\ndossier-root-key-v1 2 {key}"),
                KeyringError::Line { line: 2 },
            ),
            (" ".repeat(TEXT_LEN_MAX + 1), KeyringError::TooLong),
        ] {
            let error = text.parse::<RootKeyring>().unwrap_err();
            assert_eq!(error, want);
            assert!(!error.to_string().contains("22"));
        }
        assert!(!format!("{:?}", RootKeyring::generate(&Fixed(0x22))).contains("22"));
    }
}
