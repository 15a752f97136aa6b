//! The multipart body of an upload (RFC 7578), streamed from the disk. The name arrives exactly as
//! it is: what a quoted `filename` cannot carry goes into `filename*` (RFC 8187).

use std::fmt::{self, Write as _};
use std::io;
use std::path::PathBuf;

use dossier_seal::Digest;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};
use indicatif::ProgressBar;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::{Body, RequestBuilder};
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;
use tokio_util::io::ReaderStream;

use super::digest::digest_field;

const CHUNK_LEN: usize = 128 * 1024;

/// One upload: the purpose and the file, as they go over the wire.
#[derive(Clone, Debug)]
pub(crate) struct UploadForm {
    /// Where the bytes are.
    pub(crate) path: PathBuf,
    /// How many of them are sent.
    pub(crate) size: u64,
    /// The SHA-256 of these bytes; the service compares it with what arrives.
    pub(crate) sha256: Digest,
    /// What the file is for.
    pub(crate) purpose: String,
    /// What it is called.
    pub(crate) name: String,
    /// The declared type, if its extension tells.
    pub(crate) media_type: Option<&'static str>,
    /// A text that does not occur in the file: random.
    pub(crate) boundary: String,
}

impl UploadForm {
    /// Attaches the body, with its length, to a request. The bar shows the bytes of the file.
    pub(crate) async fn attach(
        &self,
        request: RequestBuilder,
        bar: &ProgressBar,
    ) -> io::Result<RequestBuilder> {
        let (head, tail) = (self.head(), format!("\r\n--{}--\r\n", self.boundary));
        let length = (head.len() + tail.len()) as u64 + self.size;
        bar.set_position(0);
        let shown = bar.clone();
        let file = File::open(&self.path).await?;
        let bytes = whole(file, self.size).inspect_ok(move |chunk| shown.inc(chunk.len() as u64));
        let body =
            stream::iter([Ok(head.into())]).chain(bytes).chain(stream::iter([Ok(tail.into())]));
        let content_type = format!("multipart/form-data; boundary={}", self.boundary);
        Ok(request
            .header(CONTENT_TYPE, content_type)
            .header(CONTENT_LENGTH, length)
            .body(Body::wrap_stream(body)))
    }

    fn head(&self) -> String {
        let Self { boundary, purpose, .. } = self;
        let mut head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n{purpose}\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"file\"; {}\r\n\
             Content-Digest: {}\r\n",
            file_name(&self.name),
            digest_field(self.sha256)
        );
        if let Some(media_type) = self.media_type {
            head.push_str("Content-Type: ");
            head.push_str(media_type);
            head.push_str("\r\n");
        }
        head.push_str("\r\n");
        head
    }
}

/// Exactly `size` bytes of the file. A file that shrank since it was measured is an error, and one
/// that grew is cut: its digest then disagrees, and the service refuses it.
fn whole(file: File, size: u64) -> impl Stream<Item = io::Result<bytes::Bytes>> {
    let chunks = ReaderStream::with_capacity(file.take(size), CHUNK_LEN);
    let ended = stream::iter([None]);
    chunks.map(Some).chain(ended).scan(size, |left, chunk| {
        let item = match chunk {
            Some(Ok(chunk)) => {
                *left = left.saturating_sub(chunk.len() as u64);
                Some(Ok(chunk))
            }
            Some(Err(error)) => Some(Err(ReadFault(error.to_string()).into())),
            None if *left == 0 => None,
            None => Some(Err(ReadFault("the file shrank while it was sent".to_owned()).into())),
        };
        std::future::ready(item)
    })
}

/// The file could not be read to its end, which is nothing that the connection did.
#[derive(Debug)]
struct ReadFault(String);

impl std::error::Error for ReadFault {}

impl fmt::Display for ReadFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<ReadFault> for io::Error {
    fn from(fault: ReadFault) -> Self {
        Self::other(fault)
    }
}

/// What went wrong with the file, if that is why the exchange failed.
pub(crate) fn reading_fault(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(fault) = inner.and_then(|inner| inner.downcast_ref::<ReadFault>()) {
            return Some(fault.to_string());
        }
        cause = error.source();
    }
    None
}

/// The `filename` parameter, with `filename*` beside it where the quoted form cannot be exact.
fn file_name(name: &str) -> String {
    let plain = |c: char| (' '..='~').contains(&c) && !matches!(c, '"' | '\\' | '%');
    let fallback: String = name.chars().map(|c| if plain(c) { c } else { '_' }).collect();
    if fallback == name {
        return format!("filename=\"{name}\"");
    }
    let mut parameters = format!("filename=\"{fallback}\"; filename*=UTF-8''");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            parameters.push(char::from(byte));
        } else {
            let _ = write!(parameters, "%{byte:02X}");
        }
    }
    parameters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_quotes_cannot_carry_go_into_the_extended_parameter() {
        for (name, parameters) in [
            ("a b.pdf", "filename=\"a b.pdf\""),
            ("a;b'.pdf", "filename=\"a;b'.pdf\""),
            ("a%22.pdf", "filename=\"a_22.pdf\"; filename*=UTF-8''a%2522.pdf"),
            ("a\"\\.pdf", "filename=\"a__.pdf\"; filename*=UTF-8''a%22%5C.pdf"),
            ("ä.pdf", "filename=\"_.pdf\"; filename*=UTF-8''%C3%A4.pdf"),
            ("a\r\nX: y", "filename=\"a__X: y\"; filename*=UTF-8''a%0D%0AX%3A%20y"),
        ] {
            assert_eq!(file_name(name), parameters);
        }
    }

    #[tokio::test]
    async fn a_file_that_shrank_is_an_error_and_one_that_grew_is_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        std::fs::write(&path, "0123456789").unwrap();
        for (size, sent) in [(10, Some(10)), (4, Some(4)), (0, Some(0)), (11, None)] {
            let file = File::open(&path).await.unwrap();
            let chunks: io::Result<Vec<_>> = whole(file, size).try_collect().await;
            assert_eq!(chunks.ok().map(|c| c.concat().len()), sent, "{size}");
        }
    }
}
