//! Watches the raw bytes for the end of the file (ISO 32000-2 §7.5.5): the last `startxref` with
//! its offset, the last `%%EOF`, and what stands behind it.

use super::lexer::is_white;
use super::needle::Needle;
use crate::Fault;

/// Bytes other than white space that may stand behind the last `%%EOF`: transfer programs of
/// another age leave a few there.
const TAIL_MAX: u64 = 64;

/// How far before its `%%EOF` a `startxref` may stand, in bytes.
const DISTANCE_MAX: u64 = 1024;

#[derive(Debug)]
pub(super) struct Tail {
    at: u64,
    start_xref: Needle,
    start_xref_end: Option<u64>,
    end_mark: Needle,
    end_mark_end: Option<u64>,
    /// Bytes other than white space since the last `%%EOF`, as far as they are counted.
    behind: u64,
}

impl Tail {
    pub(super) fn new() -> Self {
        Self {
            at: 0,
            start_xref: Needle::new(b"startxref"),
            start_xref_end: None,
            end_mark: Needle::new(b"%%EOF"),
            end_mark_end: None,
            behind: 0,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some(n) = self.start_xref.find(rest) {
            rest = rest.get(n..).unwrap_or_default();
            self.start_xref_end = Some(self.at + (bytes.len() - rest.len()) as u64);
        }
        let mut rest = bytes;
        while let Some(n) = self.end_mark.find(rest) {
            rest = rest.get(n..).unwrap_or_default();
            self.end_mark_end = Some(self.at + (bytes.len() - rest.len()) as u64);
            self.behind = 0;
        }
        if self.end_mark_end.is_some() && self.behind <= TAIL_MAX {
            self.behind += rest.iter().filter(|&&b| !is_white(b)).count() as u64;
        }
        self.at += bytes.len() as u64;
    }

    /// Judges the end of the file.
    pub(super) fn finish(&self) -> Result<(), Fault> {
        let (Some(mark), Some(start)) = (self.end_mark_end, self.start_xref_end) else {
            return Err(Fault::Truncated);
        };
        if self.behind > TAIL_MAX {
            return Err(Fault::Malformed("data behind the end mark"));
        }
        if start > mark || mark - start > DISTANCE_MAX {
            return Err(Fault::Truncated);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Tail;
    use crate::Fault;

    fn judge(text: &str) -> Result<(), Fault> {
        let mut whole = Tail::new();
        whole.push(text.as_bytes());
        for piece in 1..16 {
            let mut tail = Tail::new();
            text.as_bytes().chunks(piece).for_each(|bytes| tail.push(bytes));
            assert_eq!(tail.finish(), whole.finish(), "pieces of {piece}");
        }
        whole.finish()
    }

    #[test]
    fn the_end_of_the_file_is_judged_by_its_last_marks() {
        let end = "startxref\n9\n%%EOF";
        let behind = Err(Fault::Malformed("data behind the end mark"));
        let rows = [
            (end.to_owned(), Ok(())),
            (format!("{end}\r\n{}", "\0\n".repeat(5_000)), Ok(())),
            (format!("{end}{}", "x".repeat(64)), Ok(())),
            (format!("{end}{}", "x".repeat(65)), behind),
            (format!("{end}{}{end}", "x".repeat(500)), Ok(())),
            (format!("{end}{}startxref\n9\n%%EO", " ".repeat(5)), Err(Fault::Truncated)),
            ("%%EOF startxref 9".to_owned(), Err(Fault::Truncated)),
            ("startxref 9".to_owned(), Err(Fault::Truncated)),
            ("%%EOF".to_owned(), Err(Fault::Truncated)),
            (String::new(), Err(Fault::Truncated)),
        ];
        for (text, expected) in rows {
            assert_eq!(judge(&text), expected, "{text}");
        }
    }
}
