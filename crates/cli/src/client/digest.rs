//! SHA-256 of files and its header form (RFC 9530).

use std::fs::File;
use std::io::{self, Read as _};
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dossier_seal::{Digest, Sha256};

const BUFFER_LEN: usize = 128 * 1024;

/// What a file held when it was read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FileSum {
    /// Its length in bytes.
    pub(crate) size: u64,
    /// Its SHA-256.
    pub(crate) sha256: Digest,
}

/// Reads the file once, off the runtime's thread. Pipes and devices are refused: their length is
/// unknown, and a retry could not read them again.
pub(crate) async fn sum_file(path: PathBuf) -> io::Result<FileSum> {
    tokio::task::spawn_blocking(move || {
        let mut file = File::open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("it is not a regular file"));
        }
        let mut buffer = vec![0; BUFFER_LEN];
        let (mut size, mut hash) = (0, Sha256::new());
        loop {
            let length = file.read(&mut buffer)?;
            let Some(bytes) = buffer.get(..length).filter(|bytes| !bytes.is_empty()) else {
                return Ok(FileSum { size, sha256: hash.finish() });
            };
            hash.push(bytes);
            size += bytes.len() as u64;
        }
    })
    .await
    .map_err(io::Error::other)?
}

/// The value of `Content-Digest` and `Repr-Digest` (RFC 9530, sections 2 and 3).
pub(crate) fn digest_field(digest: Digest) -> String {
    format!("sha-256=:{}:", STANDARD.encode(digest.0))
}

/// The SHA-256 in a `Repr-Digest`, if it has one: a dictionary of RFC 8941, section 3.2.
pub(crate) fn read_repr_digest(header: &str) -> Option<Digest> {
    let member = header.split(',').find_map(|member| member.trim().strip_prefix("sha-256=:"))?;
    let (text, _) = member.split_once(':')?;
    Some(Digest(STANDARD.decode(text).ok()?.try_into().ok()?))
}

/// A SHA-256 in hexadecimal digits.
pub(crate) fn read_hex(text: &str) -> Option<Digest> {
    let digits: Vec<u8> =
        text.chars().map(|c| c.to_digit(16)?.try_into().ok()).collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
    rest.is_empty().then_some(Digest(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_survive_their_header_form() {
        let digest = Sha256::of(b"x");
        let header = digest_field(digest);
        assert_eq!(read_repr_digest(&header), Some(digest));
        assert_eq!(read_repr_digest(&format!("sha-512=:AAAA:, {header};p=1")), Some(digest));
        for other in ["", "sha-256", "sha-256=:", "sha-256=:AAAA:", "sha-256=:?:", "sha-512=:AA:"] {
            assert_eq!(read_repr_digest(other), None, "{other}");
        }
    }

    #[test]
    fn hexadecimal_digests_have_64_digits() {
        assert_eq!(read_hex(&"aB".repeat(32)), Some(Digest([0xab; 32])));
        for other in [String::new(), "ab".repeat(31), "ab".repeat(33), "a".repeat(65)] {
            assert_eq!(read_hex(&other), None, "{other}");
        }
        assert_eq!(read_hex(&"zz".repeat(32)), None);
    }
}
