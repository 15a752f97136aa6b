//! The header block of one part: collected line by line within its limits, then checked.

use std::fmt;

use bytes::Bytes;

use crate::Limits;
use crate::digest::content_digest_sha256;
use crate::disposition::{self, Disposition};
use crate::error::HeadError;
use crate::parameter;

/// What the headers of a part say.
#[derive(Clone, PartialEq, Eq)]
pub struct PartHead {
    /// The field name, never empty. A browser's escaped line end is a line end here.
    pub name: String,
    /// The filename; its presence makes the part a file. `filename*` wins over `filename`.
    pub filename: Option<Filename>,
    /// The essence of `Content-Type`: lower case, parameters removed, visible ASCII, but not
    /// checked to be of the form `type/subtype`.
    pub content_type: Option<String>,
    /// `Content-Length` in bytes. The parser checks it against the content.
    pub content_length: Option<u64>,
    /// The SHA-256 that `Content-Digest` states (RFC 9530). The parser does not check it.
    pub content_digest: Option<[u8; 32]>,
}

/// What a client sends never reaches a log by way of `Debug`.
impl fmt::Debug for PartHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PartHead(…)")
    }
}

/// A filename with its escapes undone. It may be empty and may hold control characters.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Filename {
    /// The name.
    Text(String),
    /// A name was sent, but it is not UTF-8.
    NotUtf8,
}

impl fmt::Debug for Filename {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text(…)",
            Self::NotUtf8 => "NotUtf8",
        })
    }
}

impl Filename {
    pub(crate) fn from_bytes(bytes: Vec<u8>) -> Self {
        String::from_utf8(bytes).map_or(Self::NotUtf8, Self::Text)
    }
}

/// Collects one header block. Memory: one line, which the limit on the block bounds.
#[derive(Default)]
pub(crate) struct HeadBuilder {
    line: Vec<u8>,
    bytes: usize,
    lines: usize,
    fields: Fields,
}

#[derive(Default)]
struct Fields {
    disposition: Option<Disposition>,
    content_type: Option<String>,
    content_length: Option<u64>,
    content_digest: Option<Option<[u8; 32]>>,
    transfer_encoding: Option<()>,
}

impl HeadBuilder {
    /// Takes header bytes from the front of the chunk; the head once its empty line was read.
    pub(crate) fn collect(
        &mut self,
        chunk: &mut Bytes,
        limits: &Limits,
    ) -> Result<Option<PartHead>, HeadError> {
        while !chunk.is_empty() {
            let room = limits.header_bytes_max.saturating_sub(self.bytes);
            let window = chunk.get(..room).unwrap_or(chunk);
            let end = memchr::memchr(b'\n', window);
            if end.is_none() && chunk.len() > room {
                return Err(HeadError::Bytes);
            }
            let piece = chunk.split_to(end.map_or(chunk.len(), |at| at + 1));
            self.bytes += piece.len();
            self.line.extend_from_slice(&piece);
            if end.is_some() && self.end_line(limits)? {
                return self.build().map(Some);
            }
        }
        Ok(None)
    }

    /// Reads the line that just got its line feed; true when it was the empty one.
    fn end_line(&mut self, limits: &Limits) -> Result<bool, HeadError> {
        let line = self.line.strip_suffix(b"\r\n").ok_or(HeadError::LineEnd)?;
        if line.contains(&b'\r') {
            return Err(HeadError::LineEnd);
        }
        if line.is_empty() {
            return Ok(true);
        }
        if self.lines == limits.header_lines_max {
            return Err(HeadError::Lines);
        }
        self.fields.read(line)?;
        self.lines += 1;
        self.line.clear();
        Ok(false)
    }

    fn build(&mut self) -> Result<PartHead, HeadError> {
        let fields = std::mem::take(self).fields;
        let Disposition { name, filename } =
            fields.disposition.ok_or(HeadError::DispositionMissing)?;
        Ok(PartHead {
            name,
            filename,
            content_type: fields.content_type,
            content_length: fields.content_length,
            content_digest: fields.content_digest.flatten(),
        })
    }
}

impl Fields {
    fn read(&mut self, line: &[u8]) -> Result<(), HeadError> {
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            return Err(HeadError::Folded);
        }
        let colon = memchr::memchr(b':', line).ok_or(HeadError::Field)?;
        let (name, value) = line.split_at(colon);
        let value = parameter::trim(value.split_at(1).1);
        if name.is_empty() || !name.iter().all(|&byte| parameter::is_token_byte(byte)) {
            return Err(HeadError::Field);
        }
        let name = name.to_ascii_lowercase();
        // A filename may hold any character but a line end: which of them are fit for a name is
        // not a question of syntax. The disposition checks its other parameters itself.
        if name != b"content-disposition" && value.iter().any(is_control) {
            return Err(HeadError::Field);
        }
        match name.as_slice() {
            b"content-disposition" => set(&mut self.disposition, disposition::parse(value)?),
            b"content-type" => set(&mut self.content_type, content_type(value)?),
            b"content-length" => set(&mut self.content_length, content_length(value)?),
            b"content-transfer-encoding" => {
                set(&mut self.transfer_encoding, transfer_encoding(value)?)
            }
            b"content-digest" => {
                let digest = content_digest_sha256(value).map_err(|_| HeadError::ContentDigest)?;
                set(&mut self.content_digest, digest)
            }
            _ => Ok(()),
        }
    }
}

fn set<T>(field: &mut Option<T>, value: T) -> Result<(), HeadError> {
    if field.replace(value).is_some() { Err(HeadError::Repeated) } else { Ok(()) }
}

const fn is_control(byte: &u8) -> bool {
    byte.is_ascii_control() && *byte != b'\t'
}

fn content_type(value: &[u8]) -> Result<String, HeadError> {
    let (essence, _) = parameter::split(value);
    if !essence.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ') {
        return Err(HeadError::ContentType);
    }
    String::from_utf8(essence.to_ascii_lowercase()).map_err(|_| HeadError::ContentType)
}

fn content_length(value: &[u8]) -> Result<u64, HeadError> {
    let digits = std::str::from_utf8(value).map_err(|_| HeadError::ContentLength)?;
    // `parse` alone would accept a sign.
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(HeadError::ContentLength);
    }
    digits.parse().map_err(|_| HeadError::ContentLength)
}

fn transfer_encoding(value: &[u8]) -> Result<(), HeadError> {
    let is_identity = [&b"7bit"[..], b"8bit", b"binary"]
        .iter()
        .any(|identity| value.eq_ignore_ascii_case(identity));
    if is_identity { Ok(()) } else { Err(HeadError::TransferEncoding) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "Content-Disposition: form-data; name=a\r\n";

    fn collect(block: &[u8]) -> Result<Option<PartHead>, HeadError> {
        let mut chunk = Bytes::copy_from_slice(block);
        let whole = HeadBuilder::default().collect(&mut chunk, &Limits::default());
        let mut builder = HeadBuilder::default();
        let mut bytewise = Ok(None);
        for byte in block {
            bytewise = builder.collect(&mut Bytes::copy_from_slice(&[*byte]), &Limits::default());
            if bytewise != Ok(None) {
                break;
            }
        }
        assert_eq!(whole, bytewise, "{}", block.escape_ascii());
        whole
    }

    fn head(lines: &str) -> Result<PartHead, HeadError> {
        collect(format!("{lines}\r\n").as_bytes()).map(Option::unwrap)
    }

    #[test]
    fn all_fields_are_read_in_any_case_and_order() {
        let digest = "RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=";
        let head = head(&format!(
            "content-LENGTH:12\r\nX-Other:\r\nContent-Digest: sha-256=:{digest}:\r\n\
             CONTENT-TYPE:\tImage/PNG ; name=\"x\"\r\ncontent-transfer-encoding:BINARY\r\n{NAME}"
        ))
        .unwrap();
        assert_eq!(head.name, "a");
        assert_eq!(head.filename, None);
        assert_eq!(head.content_type.as_deref(), Some("image/png"));
        assert_eq!(head.content_length, Some(12));
        assert_eq!(head.content_digest.unwrap().first(), Some(&0x44));
    }

    #[test]
    fn bytes_after_the_empty_line_stay_in_the_chunk() {
        let mut chunk = Bytes::from(format!("{NAME}\r\nrest"));
        let head = HeadBuilder::default().collect(&mut chunk, &Limits::default());
        assert!(head.unwrap().is_some());
        assert_eq!(chunk, "rest");
    }

    #[test]
    fn malformed_lines_are_refused() {
        use HeadError::{DispositionMissing, Field, Folded, LineEnd, Repeated};
        for (lines, error) in [
            ("", DispositionMissing),
            ("X: y\r\n", DispositionMissing),
            ("X: y\n", LineEnd),
            ("\n", LineEnd),
            ("X: a\rb\r\n", LineEnd),
            ("X: a\r\r\n", LineEnd),
            ("\r\r\n", LineEnd),
            (" X: y\r\n", Folded),
            ("\tX: y\r\n", Folded),
            ("X: y\r\n z\r\n", Folded),
            ("no colon\r\n", Field),
            (": y\r\n", Field),
            ("X : y\r\n", Field),
            ("X Y: z\r\n", Field),
            ("X(: y\r\n", Field),
            ("ü: y\r\n", Field),
            ("X: \0\r\n", Field),
            ("X: \x7f\r\n", Field),
            ("Content-Type: image/png\0\r\n", Field),
            ("Content-Type: a/b\r\ncontent-type: a/b\r\n", Repeated),
            ("Content-Length: 1\r\nContent-Length: 1\r\n", Repeated),
            ("Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: 7bit\r\n", Repeated),
            ("Content-Digest: a=::\r\nContent-Digest: a=::\r\n", Repeated),
        ] {
            assert_eq!(head(lines), Err(error), "{}", lines.escape_debug());
        }
        assert_eq!(head(&format!("{NAME}{NAME}")), Err(Repeated));
        assert!(head(&format!("X: y\r\nX: y\r\nX-T: a\tb\r\n{NAME}")).is_ok());
    }

    #[test]
    fn a_length_is_a_plain_number() {
        let read = |value: &str| {
            head(&format!("{NAME}Content-Length: {value}\r\n")).map(|head| head.content_length)
        };
        assert_eq!(read("0"), Ok(Some(0)));
        assert_eq!(read("  18446744073709551615 "), Ok(Some(u64::MAX)));
        for value in
            ["", "-1", "+5", "0x5", "5, 5", "5,6", "5 5", "5.0", "18446744073709551616", "٥"]
        {
            assert_eq!(read(value), Err(HeadError::ContentLength), "{value}");
        }
    }

    #[test]
    fn only_identity_encodings_are_accepted() {
        let read = |value: &str| {
            head(&format!("{NAME}Content-Transfer-Encoding: {value}\r\n")).map(|_| ())
        };
        for value in ["7bit", "8BIT", "Binary"] {
            assert_eq!(read(value), Ok(()), "{value}");
        }
        for value in ["base64", "quoted-printable", "gzip", "", "binary; x=y", "7bit, binary"] {
            assert_eq!(read(value), Err(HeadError::TransferEncoding), "{value}");
        }
    }

    #[test]
    fn a_content_type_loses_case_and_parameters_only() {
        let read = |value: &str| {
            head(&format!("{NAME}Content-Type: {value}\r\n")).map(|head| head.content_type)
        };
        for (sent, meant) in [
            ("Application/PDF", "application/pdf"),
            ("text/plain; charset=UTF-8", "text/plain"),
            ("text/plain;charset=\"", "text/plain"),
            ("video/*", "video/*"),
            ("", ""),
            ("null", "null"),
            ("image/png image/png", "image/png image/png"),
        ] {
            assert_eq!(read(sent), Ok(Some(meant.to_owned())), "{sent}");
        }
        assert_eq!(read("image/ü"), Err(HeadError::ContentType));
    }

    #[test]
    fn a_malformed_digest_is_refused() {
        let read = |value: &str| head(&format!("{NAME}Content-Digest: {value}\r\n"));
        assert_eq!(read("sha-256=abc"), Err(HeadError::ContentDigest));
        assert_eq!(read("sha-512=:AA==:").unwrap().content_digest, None);
    }

    #[test]
    fn the_block_is_limited_to_8_kib() {
        let block = |filler: usize| format!("{NAME}X: {}\r\n\r\n", "a".repeat(filler));
        let rest = block(0).len();
        assert!(collect(block(8_192 - rest).as_bytes()).unwrap().is_some());
        assert_eq!(collect(block(8_193 - rest).as_bytes()), Err(HeadError::Bytes));
        assert_eq!(collect(&b"a".repeat(8_192)), Ok(None));
        assert_eq!(collect(&b"a".repeat(8_193)), Err(HeadError::Bytes));
    }

    #[test]
    fn the_block_is_limited_to_8_lines() {
        let lines = |count: usize| format!("{NAME}{}\r\n", "X: y\r\n".repeat(count));
        assert!(collect(lines(7).as_bytes()).unwrap().is_some());
        assert_eq!(collect(lines(8).as_bytes()), Err(HeadError::Lines));
        assert_eq!(collect(lines(100_000).as_bytes()), Err(HeadError::Lines));
    }
}
