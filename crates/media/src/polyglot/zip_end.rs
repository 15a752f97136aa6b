//! The end-of-central-directory record of a ZIP archive (APPNOTE 4.3.16), found in a stream.

use memchr::memmem;

const MAGIC: &[u8] = b"PK\x05\x06";
const RECORD: usize = 22;

/// A central directory entry is at least this long (APPNOTE 4.3.12).
const ENTRY_MIN: u64 = 46;

/// Readers search backwards through the longest comment that the record can declare.
const REACH: u64 = RECORD as u64 + u16::MAX as u64;

/// Records whose comment reaches beyond what was seen; more of them at once is no accident.
const OPEN_MAX: usize = 16;

#[derive(Debug)]
pub(super) struct ZipEnd {
    finder: memmem::Finder<'static>,
    at: u64,
    /// The last bytes seen, too few for a record that begins among them.
    carry: Vec<u8>,
    last: Option<u64>,
    /// Where the comments end that are not over yet.
    open: Vec<u64>,
    crowded: bool,
}

impl ZipEnd {
    pub(super) fn new() -> Self {
        let finder = memmem::Finder::new(MAGIC);
        Self { finder, at: 0, carry: Vec::new(), last: None, open: Vec::new(), crowded: false }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.push_edge(bytes);
        let mut from = 0;
        while let Some(found) = bytes.get(from..).and_then(|rest| self.finder.find(rest)) {
            let start = from + found;
            if let Some(record) = bytes.get(start..).and_then(|rest| rest.first_chunk()) {
                self.judge(self.at + start as u64, record);
            }
            from = start + 1;
        }
        super::keep_last(&mut self.carry, bytes, RECORD - 1);
        self.at += bytes.len() as u64;
    }

    /// Whether an archive ends, with its comment, at the last byte of a file of `len` bytes.
    pub(super) fn ends_exactly(&self, len: u64) -> bool {
        self.crowded || self.open.contains(&len)
    }

    /// Whether readers that search backwards from the end of a file of `len` bytes find one.
    pub(super) fn ends_near(&self, len: u64) -> bool {
        self.last.is_some_and(|at| at + REACH >= len)
    }

    /// Records that begin before this push and end within it.
    fn push_edge(&mut self, bytes: &[u8]) {
        let Some(edge) = self.carry.len().checked_sub(1) else { return };
        let mut joined = std::mem::take(&mut self.carry);
        let before = self.at - joined.len() as u64;
        joined.extend_from_slice(bytes.get(..bytes.len().min(RECORD - 1)).unwrap_or_default());
        for (start, record) in joined.windows(RECORD).enumerate().take(edge + 1) {
            if let (true, Some(record)) = (record.starts_with(MAGIC), record.first_chunk()) {
                self.judge(before + start as u64, record);
            }
        }
        joined.truncate(edge + 1);
        self.carry = joined;
    }

    /// Notes a record at offset `at` whose fields can be those of an archive.
    fn judge(&mut self, at: u64, record: &[u8; RECORD]) {
        let [_, _, _, _, d0, d1, c0, c1, n0, n1, t0, t1, s0, s1, s2, s3, o0, o1, o2, o3, k0, k1] =
            *record;
        let entries = u16::from_le_bytes([t0, t1]);
        let size = u64::from(u32::from_le_bytes([s0, s1, s2, s3]));
        let offset = u64::from(u32::from_le_bytes([o0, o1, o2, o3]));
        let zip64 = entries == u16::MAX || size == u64::from(u32::MAX);
        let fits = size + offset <= at && size >= u64::from(entries) * ENTRY_MIN;
        let one_disk = [d0, d1] == [c0, c1] && [n0, n1] == [t0, t1];
        if entries == 0 || !one_disk || !(fits || zip64) {
            return;
        }
        self.last = Some(at);
        self.open.retain(|end| *end >= at);
        if self.open.len() < OPEN_MAX {
            self.open.push(at + RECORD as u64 + u64::from(u16::from_le_bytes([k0, k1])));
        } else {
            self.crowded = true;
        }
    }
}
