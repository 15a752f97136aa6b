//! What the tests of the store share: ids, keys, texts, a tap, and a look at the folder itself.

use std::convert::Infallible;
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use dossier_blobs::{Blobs, Flight, LocalOptions, Location, Published, ReadError, Staging, Tap};
use dossier_domain::BlobId;
use dossier_seal::{Entropy, FileKey, Header, Opener, Sealer, SecretKey, Sha256};
use futures_util::{StreamExt, stream};

/// Counts up from its seed.
struct Counter(u8);

impl Entropy for Counter {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.iter_mut().zip(self.0..).for_each(|(byte, n)| *byte = n);
    }
}

pub(crate) fn blob(n: u8) -> BlobId {
    BlobId::from_bytes([n; 16])
}

pub(crate) fn key(n: u8) -> FileKey {
    FileKey::from_secret([n; 32])
}

pub(crate) fn sealer(n: u8) -> Sealer {
    Sealer::new(&key(n), Header::new(blob(n).to_bytes(), &Counter(n)))
}

pub(crate) fn opener(n: u8, len: usize) -> Opener {
    Opener::new(&key(n), blob(n).to_bytes(), len as u64).expect("a test text is short")
}

/// Text whose bytes tell their place.
pub(crate) fn text(len: usize) -> Vec<u8> {
    (0..len).map(|i| (31 * i + i / 251 + i / 65_521).to_le_bytes()[0]).collect()
}

/// Keeps all it sees, and breaks off when that is more than `max`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Keep {
    pub(crate) seen: Vec<u8>,
    pub(crate) max: usize,
}

impl Keep {
    pub(crate) fn all() -> Self {
        Self { seen: Vec::new(), max: usize::MAX }
    }
}

impl Tap for Keep {
    fn push(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        self.seen.extend_from_slice(bytes);
        if self.seen.len() > self.max { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// A stream of `text` in pieces of `piece` bytes.
pub(crate) fn chunks(
    text: &[u8],
    piece: usize,
) -> impl futures_util::Stream<Item = Result<Bytes, Infallible>> + Unpin + Send + use<> {
    let chunks: Vec<_> = text.chunks(piece).map(|c| Ok(Bytes::copy_from_slice(c))).collect();
    stream::iter(chunks)
}

/// Opens a store that makes no names ahead, so that blobs have the ids that the tests say.
pub(crate) fn open(root: &Path) -> Blobs {
    open_with(root, LocalOptions { names_ahead: 0, ..LocalOptions::default() })
}

pub(crate) fn open_with(root: &Path, options: LocalOptions) -> Blobs {
    Blobs::open_local(root, options).expect("the test folder opens")
}

/// Begins the upload of blob `n`.
pub(crate) fn begin(blobs: &Blobs, n: u8) -> Flight {
    blobs.begin(|| blob(n)).expect("the blob is new")
}

/// Stages and publishes `text` as blob `n`.
pub(crate) async fn store(blobs: &Blobs, n: u8, text: &[u8], piece: usize) -> Published {
    let flight = begin(blobs, n);
    let staged = blobs.stage(flight, sealer(n), &mut chunks(text, piece), Keep::all()).await;
    match staged.expect("the text is staged") {
        Staging::Whole { staged, tap } => {
            assert!(tap.seen == text, "the tap sees the text");
            assert_eq!(staged.size().get(), text.len() as u64);
            assert_eq!(staged.sha256(), Sha256::of(text));
            staged.publish().await.expect("the blob is published")
        }
        Staging::Stopped { .. } => panic!("this tap takes everything"),
    }
}

/// Reads a range; the bytes that were given out, and the error that ended them.
pub(crate) async fn read(
    blobs: &Blobs,
    location: &Location,
    opener: Opener,
    range: Range<u64>,
) -> (Vec<u8>, Option<ReadError>) {
    let mut out = Vec::new();
    let mut stream = match blobs.read(location, opener, range).await {
        Ok(stream) => stream,
        Err(error) => return (out, Some(error)),
    };
    while let Some(bytes) = stream.next().await {
        match bytes {
            Ok(bytes) => out.extend_from_slice(&bytes),
            Err(error) => {
                assert!(stream.next().await.is_none(), "after an error a stream ends");
                return (out, Some(error));
            }
        }
    }
    (out, None)
}

/// Every file below the root.
pub(crate) fn files(root: &Path) -> Vec<PathBuf> {
    let entries = |path: &Path| -> Vec<PathBuf> {
        std::fs::read_dir(path).expect("a folder").map(|e| e.expect("an entry").path()).collect()
    };
    let (folders, mut files): (Vec<_>, Vec<_>) =
        entries(root).into_iter().partition(|path| path.is_dir());
    files.extend(folders.iter().flat_map(|folder| entries(folder)));
    files
}
