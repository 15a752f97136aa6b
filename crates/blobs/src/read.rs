//! Reads the text of a blob, or a range of it. A row is checked before a byte of it is given out.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use dossier_seal::{HEADER_LEN, Layout, OpenError, Opener, RowOpener};
use futures_util::Stream;
use rustix::fs::{Mode, OFlags};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::error::{ReadError, joined};
use crate::local::Blobs;
use crate::location::Location;
use crate::pool::stored_len;

/// How many rows are read at once. One such batch is being given out while the next is read, so a
/// download holds at most 256 KiB.
const BATCH_ROWS: u32 = 2;

impl Blobs {
    /// Opens the blob at `location` and reads `range` of its text, cut to the length of the text.
    /// The first rows are read and checked before this returns, so damage there is known before
    /// an answer has begun.
    pub async fn read(
        &self,
        location: &Location,
        opener: Opener,
        range: Range<u64>,
    ) -> Result<TextStream, ReadError> {
        let path = location.path(self.folders.root());
        let first = spawn_blocking(move || {
            let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
            let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
            let mut header = [0; HEADER_LEN];
            let sealed_len = opener.layout().sealed_len();
            if file.metadata()?.len() != stored_len(sealed_len) {
                return Err(damaged(OpenError::Length));
            }
            file.read_exact_at(&mut header, 0)?;
            let opener = opener.begin(sealed_len, &header).map_err(damaged)?;
            Reader { file, opener, range }.read()
        });
        let Batch { texts, rest } = joined(first.await)?;
        Ok(TextStream { texts, next: rest.map(read_ahead) })
    }
}

/// The text of a blob, in order. After an error it ends.
#[derive(Debug)]
pub struct TextStream {
    texts: VecDeque<Bytes>,
    next: Option<JoinHandle<io::Result<Batch>>>,
}

impl Stream for TextStream {
    type Item = Result<Bytes, ReadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(text) = self.texts.pop_front() {
                return Poll::Ready(Some(Ok(text)));
            }
            let Some(next) = self.next.as_mut() else { return Poll::Ready(None) };
            let batch = joined(ready!(Pin::new(next).poll(cx)));
            self.next = None;
            match batch {
                Ok(Batch { texts, rest }) => {
                    self.texts = texts;
                    self.next = rest.map(read_ahead);
                }
                Err(error) => return Poll::Ready(Some(Err(error.into()))),
            }
        }
    }
}

fn read_ahead(reader: Reader) -> JoinHandle<io::Result<Batch>> {
    spawn_blocking(|| reader.read())
}

/// Rows that were checked, and the means to read those after them.
#[derive(Debug)]
struct Batch {
    texts: VecDeque<Bytes>,
    rest: Option<Reader>,
}

/// What is left to read.
#[derive(Debug)]
struct Reader {
    file: File,
    opener: RowOpener,
    range: Range<u64>,
}

impl Reader {
    /// Reads and checks the next rows. It blocks.
    fn read(mut self) -> io::Result<Batch> {
        let layout = self.opener.layout();
        self.range.end = self.range.end.min(layout.text_len());
        let Some((rows, skip)) = self.next_rows(layout) else {
            return Ok(Batch { texts: VecDeque::new(), rest: None });
        };
        let stored = layout.row_range(rows.start).start..layout.row_range(rows.end - 1).end;
        let len = usize::try_from(stored.end - stored.start).expect("a batch is 128 KiB");
        let mut bytes = vec![0; len];
        self.file.read_exact_at(&mut bytes, stored.start)?;

        let mut texts = Vec::new();
        let mut rest = bytes.as_mut_slice();
        let mut start = 0;
        for index in rows {
            let row = layout.row_range(index);
            let row_len = usize::try_from(row.end - row.start).expect("a row is 64 KiB");
            let (row, others) = rest.split_at_mut(row_len);
            let text = self.opener.open_row(index, row).map_err(damaged)?;
            texts.push(start + text.start..start + text.end);
            (rest, start) = (others, start + row_len);
        }
        let bytes = Bytes::from(bytes);
        let texts = texts.into_iter().map(|text| bytes.slice(text)).collect();
        Ok(self.cut(texts, skip))
    }

    /// The next rows that hold text of the range, and the text of the first that comes before it.
    fn next_rows(&self, layout: Layout) -> Option<(Range<u32>, usize)> {
        let last = layout.place(self.range.end.checked_sub(1)?)?;
        let first = layout.place(self.range.start).filter(|_| !self.range.is_empty())?;
        let end = last.row.min(first.row.saturating_add(BATCH_ROWS - 1)) + 1;
        Some((first.row..end, first.offset))
    }

    /// Cuts the text of whole rows to the range, and moves the range behind them.
    fn cut(mut self, mut texts: VecDeque<Bytes>, skip: usize) -> Batch {
        if let Some(first) = texts.front_mut() {
            *first = first.slice(skip..);
        }
        for text in &mut texts {
            let left = usize::try_from(self.range.end - self.range.start).unwrap_or(usize::MAX);
            text.truncate(left);
            self.range.start += u64::try_from(text.len()).expect("a row is 64 KiB");
        }
        let rest = (!self.range.is_empty()).then_some(self);
        Batch { texts, rest }
    }
}

/// Carries damage through the blocking thread.
fn damaged(error: OpenError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
