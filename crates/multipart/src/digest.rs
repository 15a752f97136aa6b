//! `Content-Digest: sha-256=:…:` (RFC 9530 §2), a dictionary of structured fields (RFC 9651).

use crate::parameter::{is_token_byte, trim};

/// Characters of base64 that carry 32 bytes, without the padding.
const SEXTETS: usize = 43;

/// The field is no dictionary of byte sequences, or its `sha-256` is not 32 bytes once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("the digest field is malformed")]
pub struct DigestError;

/// The SHA-256 that a `Content-Digest` or `Repr-Digest` field states; `None` when it states other
/// algorithms only.
///
/// # Errors
/// [`DigestError`], also for a repeated `sha-256`, of which readers would choose different ones.
pub fn content_digest_sha256(value: &[u8]) -> Result<Option<[u8; 32]>, DigestError> {
    let mut found = None;
    for member in value.split(|&byte| byte == b',') {
        let (key, base64) = split_member(trim(member)).ok_or(DigestError)?;
        if key == b"sha-256" && found.replace(decode(base64).ok_or(DigestError)?).is_some() {
            return Err(DigestError);
        }
    }
    Ok(found)
}

/// Splits `key=:base64:`. Neither half of a well-formed member holds a comma, and RFC 9530 defines
/// no parameters.
fn split_member(member: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = member.iter().position(|&byte| byte == b'=')?;
    let (key, value) = member.split_at(at);
    let base64 = value.strip_prefix(b"=:")?.strip_suffix(b":")?;
    let is_key = |&byte: &u8| is_token_byte(byte) && !byte.is_ascii_uppercase();
    (!key.is_empty() && key.iter().all(is_key)).then_some((key, base64))
}

/// 43 characters of base64 and one `=`, which RFC 9651 §4.2.7 lets a sender leave out.
fn decode(base64: &[u8]) -> Option<[u8; 32]> {
    let text = base64.strip_suffix(b"=").unwrap_or(base64);
    if text.len() != SEXTETS {
        return None;
    }
    let mut digest = [0; 32];
    let mut bytes = digest.iter_mut();
    let (mut bits, mut width) = (0_u32, 0_u32);
    for &character in text {
        bits = bits << 6 | u32::from(sextet(character)?);
        width += 6;
        if width >= 8 {
            width -= 8;
            let [.., byte] = (bits >> width).to_be_bytes();
            *bytes.next()? = byte;
        }
        bits &= (1 << width) - 1;
    }
    (bits == 0).then_some(digest)
}

const fn sextet(character: u8) -> Option<u8> {
    match character {
        b'A'..=b'Z' => Some(character - b'A'),
        b'a'..=b'z' => Some(character - b'a' + 26),
        b'0'..=b'9' => Some(character - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 9530 §B.1: `{"hello": "world"}` and a line feed.
    const HELLO: &str = "RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=";
    const HELLO_BYTES: [u8; 32] = [
        0x44, 0xaf, 0xf4, 0xab, 0x2d, 0x7c, 0x32, 0x50, 0x52, 0x56, 0x75, 0xa0, 0x8f, 0x0c, 0xfa,
        0x95, 0x91, 0x16, 0x8c, 0xff, 0xe5, 0x17, 0x91, 0xc5, 0xf5, 0xbb, 0xc4, 0x17, 0xc1, 0x5a,
        0x6c, 0x38,
    ];

    #[test]
    fn the_example_of_the_standard_is_read() {
        let bare = HELLO.trim_end_matches('=');
        for value in [
            format!("sha-256=:{HELLO}:"),
            format!("sha-256=:{bare}:"),
            format!("sha-512=:AAAA:, sha-256=:{HELLO}:"),
            format!("sha-256=:{HELLO}:\t,\tunixsum=:AA==:"),
        ] {
            assert_eq!(content_digest_sha256(value.as_bytes()), Ok(Some(HELLO_BYTES)), "{value}");
        }
    }

    #[test]
    fn other_algorithms_are_ignored() {
        assert_eq!(content_digest_sha256(b"sha-512=:AAAA:"), Ok(None));
    }

    #[test]
    fn everything_else_is_malformed() {
        for value in [
            String::new(),
            HELLO.to_owned(),
            format!("sha-256={HELLO}"),
            format!("sha-256=:{HELLO}"),
            format!("SHA-256=:{HELLO}:"),
            format!("sha-256=:{HELLO}:,"),
            format!("sha-256=:{HELLO}:, sha-256=:{HELLO}:"),
            format!("sha-256=:{HELLO}=:"),
            "sha-256=::".to_owned(),
            "sha-256=:AAAA:".to_owned(),
            format!("sha-256=:{}!=:", &HELLO[..42]),
            // The last character carries two bits more than 32 bytes have.
            format!("sha-256=:{}h=:", &HELLO[..42]),
            format!("=:{HELLO}:"),
        ] {
            assert_eq!(content_digest_sha256(value.as_bytes()), Err(DigestError), "{value}");
        }
    }
}
