//! Where a blob lies. Outside this crate it is opaque text for a database column.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use dossier_domain::BlobId;

/// Folders are named by the last 12 bits of a blob id, which are random, and which keeps both
/// levels small: ten million files are 4,096 folders of 2,500 each.
const FOLDER_DIGITS: usize = 3;
const NAME_DIGITS: usize = 32;

/// Where a blob lies. It reads back only what it wrote, so no path can be smuggled in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    folder: FolderName,
    blob: BlobId,
}

/// A text that is not a location.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a location of a blob")]
pub struct BadLocation;

impl Location {
    pub(crate) const fn new(folder: FolderName, blob: BlobId) -> Self {
        Self { folder, blob }
    }

    pub(crate) const fn blob(&self) -> BlobId {
        self.blob
    }

    pub(crate) fn path(&self, root: &Path) -> PathBuf {
        root.join(self.folder.to_string()).join(file_name(self.blob))
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.folder, file_name(self.blob))
    }
}

impl FromStr for Location {
    type Err = BadLocation;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (folder, name) = text.split_once('/').ok_or(BadLocation)?;
        let folder = FolderName::parse(folder).ok_or(BadLocation)?;
        Ok(Self { folder, blob: parse_file_name(name).ok_or(BadLocation)? })
    }
}

/// The name of a folder: three lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FolderName(u16);

impl FolderName {
    /// The folder that starts its turn with `blob`: random, as the end of the id is.
    pub(crate) fn of(blob: BlobId) -> Self {
        let [.., before_last, last] = blob.to_bytes();
        Self(u16::from_be_bytes([before_last, last]) & 0xfff)
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let number = u16::from_str_radix(lower_hex(text, FOLDER_DIGITS)?, 16).ok()?;
        Some(Self(number))
    }
}

impl fmt::Display for FolderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03x}", self.0)
    }
}

/// The name of a blob's file: its id as 32 lower-case hexadecimal digits.
pub(crate) fn file_name(blob: BlobId) -> String {
    format!("{:032x}", u128::from_be_bytes(blob.to_bytes()))
}

/// The blob with this file name; `None` if no blob has it.
pub(crate) fn parse_file_name(text: &str) -> Option<BlobId> {
    let number = u128::from_str_radix(lower_hex(text, NAME_DIGITS)?, 16).ok()?;
    Some(BlobId::from_bytes(number.to_be_bytes()))
}

fn lower_hex(text: &str, digits: usize) -> Option<&str> {
    let plain = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (text.len() == digits && text.bytes().all(plain)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_reads_what_it_writes() {
        let blob = BlobId::from_bytes(*b"\x0a\xbcfor a location");
        let location = Location::new(FolderName::of(blob), blob);
        assert_eq!(location.to_string(), "f6e/0abc666f722061206c6f636174696f6e");
        assert_eq!(location.to_string().parse(), Ok(location));
    }

    #[test]
    fn nothing_else_is_a_location() {
        let name = "0".repeat(32);
        assert!(format!("abc/{name}").parse::<Location>().is_ok());
        for text in [
            String::new(),
            "/".into(),
            format!("../{name}"),
            format!("ABC/{name}"),
            format!("+bc/{name}"),
            format!("abcd/{name}"),
            format!("ab/{name}"),
            format!("/abc/{name}"),
            format!("abc//{name}"),
            format!("abc/{name}/"),
            format!("abc/{name}0"),
            format!("abc/+{}", &name[1..]),
            "abc/../../../../../../../etc/passwd".into(),
            format!("abc/{}\0", &name[1..]),
        ] {
            assert_eq!(text.parse::<Location>(), Err(BadLocation), "{text}");
        }
    }
}
