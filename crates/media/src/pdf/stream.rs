//! Passes over the bytes of one stream (ISO 32000-2 §7.3.8); decodes them if they are structure.

use super::decode::{Decode, Told};
use super::filter::{NoChain, SpareCoder};
use super::lexer::{Grammar, Lexer};
use super::needle::Needle;

enum State {
    /// Behind the keyword; a carriage return was seen or not.
    Start { after_return: bool },
    /// So many bytes are left by the stream's own count.
    Counted { left: u64 },
    /// All counted bytes passed: `endstream` must come.
    Due,
    /// No count, or a wrong one: the stream ends where `endstream` is.
    Search(Box<Needle>),
}

/// How far a stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    Open,
    /// The count turned out to be wrong; the end is searched for from here on.
    Lied,
    Ended,
}

pub(super) struct Stream {
    at: u64,
    length: Option<u64>,
    state: State,
    decode: Option<Decode>,
    broken: Option<NoChain>,
}

impl Stream {
    /// The stream whose keyword stands at offset `at`, of `length` bytes when that is known.
    pub(super) fn new(at: u64, length: Option<u64>, decode: Option<Decode>) -> Self {
        let state = State::Start { after_return: false };
        Self { at, length, state, decode, broken: None }
    }

    /// Offset of the keyword.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// True while the end is where the count says.
    pub(super) fn is_counted(&self) -> bool {
        matches!(self.state, State::Counted { .. } | State::Due)
    }

    /// What kept the content from being read, if anything did.
    pub(super) fn broken(&self) -> Option<NoChain> {
        self.broken
    }

    /// Leaves a coder behind for the next stream.
    pub(super) fn recycle(&mut self, spare: &mut SpareCoder) {
        if let Some(decode) = self.decode.take() {
            decode.recycle(spare);
        }
    }

    /// Takes bytes off the front of `rest`, up to the end of the stream.
    pub(super) fn push(
        &mut self,
        rest: &mut &[u8],
        lexer: &mut Lexer,
        told: &mut Told<'_>,
    ) -> Progress {
        while let Some(&byte) = rest.first() {
            match &mut self.state {
                State::Start { after_return } => match byte {
                    b'\n' => {
                        skip(rest, 1, lexer);
                        self.begin();
                    }
                    b'\r' if !*after_return => {
                        skip(rest, 1, lexer);
                        *after_return = true;
                    }
                    b' ' | b'\t' if !*after_return => {
                        skip(rest, 1, lexer);
                    }
                    _ => self.begin(),
                },
                State::Counted { left } => {
                    let n = usize::try_from(*left).map_or(rest.len(), |n| n.min(rest.len()));
                    *left -= n as u64;
                    if *left == 0 {
                        self.state = State::Due;
                    }
                    let now = skip(rest, n, lexer);
                    self.decode(now, told);
                }
                State::Due => {
                    if lexer.next(rest, Grammar::Flat).is_none() {
                        continue;
                    }
                    if is_end(lexer.text()) {
                        self.finish(told);
                        return Progress::Ended;
                    }
                    self.state = State::Search(Box::new(Needle::new(END)));
                    self.decode = None;
                    return Progress::Lied;
                }
                State::Search(_) => {
                    if self.search(rest, lexer, told) {
                        self.finish(told);
                        return Progress::Ended;
                    }
                }
            }
        }
        Progress::Open
    }

    fn begin(&mut self) {
        self.state = match self.length {
            None => State::Search(Box::new(Needle::new(END))),
            Some(0) => State::Due,
            Some(left) => State::Counted { left },
        };
    }

    /// Searches for the end; true when it was found and taken.
    fn search(&mut self, rest: &mut &[u8], lexer: &mut Lexer, told: &mut Told<'_>) -> bool {
        let State::Search(needle) = &mut self.state else { return false };
        let before = needle.held();
        let found = needle.find(rest);
        let held = if found.is_some() { END.len() } else { needle.held().len() };
        let n = found.unwrap_or(rest.len());
        // What the pattern began with in the last piece is content, unless it is part of the end.
        let content = before.len() + n - held;
        let now = skip(rest, n, lexer);
        self.decode(before.get(..content.min(before.len())).unwrap_or_default(), told);
        self.decode(now.get(..content.saturating_sub(before.len())).unwrap_or_default(), told);
        found.is_some()
    }

    fn decode(&mut self, bytes: &[u8], told: &mut Told<'_>) {
        if self.broken.is_none()
            && let Some(decode) = &mut self.decode
            && let Err(fault) = decode.push(bytes, told)
        {
            self.broken = Some(decode.blame(fault));
        }
    }

    fn finish(&mut self, told: &mut Told<'_>) {
        if self.broken.is_none()
            && let Some(decode) = &mut self.decode
            && let Err(fault) = decode.finish(told)
        {
            self.broken = Some(decode.blame(fault));
        }
    }
}

const END: &[u8] = b"endstream";

/// Some programs count a few bytes too many or write no `endstream`; both do no harm.
fn is_end(word: &[u8]) -> bool {
    word.starts_with(END) || word.ends_with(END) || word == b"endobj"
}

/// Takes `n` bytes off the front of `rest`.
fn skip<'a>(rest: &mut &'a [u8], n: usize, lexer: &mut Lexer) -> &'a [u8] {
    let (now, later) = rest.split_at(n);
    *rest = later;
    lexer.skip(n as u64);
    now
}
