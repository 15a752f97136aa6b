//! The delimiter `CRLF--boundary` and the search for it in content that comes in chunks.

use bytes::Bytes;
use memchr::memmem;

use crate::Boundary;

/// A delimiter and its prepared search.
pub(crate) struct Delimiter {
    bytes: Bytes,
    finder: memmem::Finder<'static>,
    /// Bytes looked at so far, the measure of the tests that time is linear.
    #[cfg(test)]
    pub(crate) examined: usize,
}

/// What a chunk of content holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A whole delimiter that starts at this index.
    Whole(usize),
    /// The chunk ends in this many first bytes of the delimiter, possibly none.
    Ending(usize),
}

/// The delimiter's first bytes that chunks before this one ended in. They are kept as a count:
/// the delimiter itself holds the bytes, should they turn out to be content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hold {
    /// First byte of the delimiter that was read as content; the ones before are not content.
    pub(crate) start: usize,
    /// One past the last byte of the delimiter that matched.
    pub(crate) end: usize,
}

impl Hold {
    /// Nothing matched so far.
    pub(crate) const NONE: Self = Self { start: 0, end: 0 };
    /// At the start of a line whose CRLF is not content: where a body or a part starts.
    pub(crate) const LINE_START: Self = Self { start: 2, end: 2 };

    pub(crate) const fn is_open(self) -> bool {
        self.end > 0
    }

    pub(crate) const fn len(self) -> usize {
        self.end - self.start
    }
}

impl Delimiter {
    pub(crate) fn new(boundary: &Boundary) -> Self {
        let bytes = Bytes::from([b"\r\n--", boundary.as_bytes()].concat());
        let finder = memmem::Finder::new(&bytes).into_owned();
        Self {
            bytes,
            finder,
            #[cfg(test)]
            examined: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The bytes of a hold, or the first `count` of them, without a copy.
    pub(crate) fn held(&self, hold: Hold, count: usize) -> Bytes {
        self.bytes.slice(hold.start..hold.start + count)
    }

    /// How many bytes at the front of the chunk go on with the delimiter after its first `from`.
    pub(crate) fn continues(&mut self, from: usize, chunk: &[u8]) -> usize {
        let wanted = self.bytes.iter().skip(from);
        let common = wanted.zip(chunk).take_while(|(wanted, byte)| wanted == byte).count();
        self.examine(common + 1);
        common
    }

    /// Searches a chunk. CR stands only at the front of the delimiter, so the only place where a
    /// delimiter can have started without ending is the last CR of the chunk.
    pub(crate) fn search(&mut self, chunk: &[u8]) -> Found {
        if let Some(at) = self.finder.find(chunk) {
            self.examine(at + self.len());
            return Found::Whole(at);
        }
        let (_, tail) = chunk.split_at(chunk.len().saturating_sub(self.len() - 1));
        self.examine(chunk.len() + tail.len());
        let held = memchr::memrchr(b'\r', tail).map_or(&[][..], |at| tail.split_at(at).1);
        Found::Ending(if self.bytes.starts_with(held) { held.len() } else { 0 })
    }

    #[cfg(test)]
    const fn examine(&mut self, bytes: usize) {
        self.examined += bytes;
    }

    #[cfg(not(test))]
    const fn examine(&mut self, _bytes: usize) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delimiter() -> Delimiter {
        let value = b"multipart/form-data; boundary=XbX";
        Delimiter::new(&Boundary::from_content_type(value).unwrap())
    }

    #[test]
    fn a_whole_delimiter_is_found_where_it_starts() {
        for (chunk, at) in [
            ("\r\n--XbX", 0),
            ("a\r\n--XbXb", 1),
            ("\r\n--Xb\r\n--XbX\r\n--XbX", 6),
            ("\r\r\n--XbX", 1),
            ("\r\n-\r\n--\r\n--X\r\n--XbX", 12),
        ] {
            assert_eq!(delimiter().search(chunk.as_bytes()), Found::Whole(at), "{chunk:?}");
        }
    }

    #[test]
    fn a_delimiter_that_the_chunk_cuts_is_held() {
        for (chunk, held) in [
            ("", 0),
            ("a", 0),
            ("\r", 1),
            ("a\r\n--Xb", 6),
            ("\r\n--Xb", 6),
            ("\r\n--Xb\r", 1),
            ("\r\r\r", 1),
            ("\n--XbX", 0),
            ("\r\n--Xba", 0),
            ("\r\n--X\r\n-", 3),
        ] {
            assert_eq!(delimiter().search(chunk.as_bytes()), Found::Ending(held), "{chunk:?}");
        }
    }

    #[test]
    fn the_next_chunk_continues_a_held_delimiter() {
        for (from, chunk, common) in
            [(1, "\n--XbX", 6), (2, "--Y", 2), (1, "\r\n", 0), (6, "X--", 1), (4, "X", 1)]
        {
            assert_eq!(delimiter().continues(from, chunk.as_bytes()), common, "{chunk:?}");
        }
    }
}
