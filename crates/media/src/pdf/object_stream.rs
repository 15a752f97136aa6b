//! Reads the objects of one object stream (ISO 32000-2 §7.5.7) as it is decoded.

use super::document::Document;
use super::lexer::{Grammar, Lexer, Token};
use super::object::Reader;
use super::record::Record;
use super::word::Word;
use crate::walker::{Budget, Grant};
use crate::{Fault, Findings};

/// Listed objects that are on the walker's own account.
const OWN_ENTRIES: usize = 512;

/// Listed objects that one further grant pays for, and its size in bytes.
const GRANT_ENTRIES: usize = 8 * 1024;
const GRANT_BYTES: usize = 64 * 1024;

/// One listed object.
#[derive(Clone, Copy, Debug)]
struct Entry {
    number: u32,
    /// Offset behind `/First`, in bytes.
    offset: u32,
}

/// The reader of one object stream.
pub(super) struct ObjectStream {
    lexer: Lexer,
    reader: Reader,
    first: u64,
    count: usize,
    entries: Vec<Entry>,
    /// The number of a listed object whose offset comes next.
    number: Option<u32>,
    /// How many listed objects were begun; none while the list itself is read.
    begun: Option<usize>,
    budget: Budget,
    grants: Vec<Grant>,
    is_starved: bool,
}

impl ObjectStream {
    /// A reader of the stream that `record` describes.
    pub(super) fn new(record: &Record, depth_max: u16, budget: &Budget) -> Result<Self, Fault> {
        let (Some(first), Some(count)) = (record.first, record.number) else {
            return Err(Fault::Malformed("object stream without its size"));
        };
        Ok(Self {
            lexer: Lexer::new(0),
            reader: Reader::new(depth_max),
            first: u64::from(first),
            count: usize::try_from(count).unwrap_or(usize::MAX),
            entries: Vec::new(),
            number: None,
            begun: None,
            budget: budget.clone(),
            grants: Vec::new(),
            is_starved: false,
        })
    }

    /// True when the shared budget had no room for the list of objects.
    pub(super) fn is_starved(&self) -> bool {
        self.is_starved
    }

    /// Takes the next decoded bytes.
    pub(super) fn push(
        &mut self,
        bytes: &[u8],
        document: &mut Document,
        findings: &mut Findings,
    ) -> Result<(), Fault> {
        if self.count == 0 {
            return Ok(());
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            let near = self.boundary().saturating_sub(self.lexer.at());
            let near = usize::try_from(near).map_or(rest.len(), |n| n.min(rest.len()));
            let (mut now, later) = rest.split_at(near);
            rest = later;
            if self.begun.is_none() {
                self.read_list(&mut now)?;
            } else {
                self.read_objects(&mut now, findings)?;
            }
            while self.lexer.at() == self.boundary() {
                self.cross(document, findings)?;
            }
        }
        Ok(())
    }

    /// Ends the stream.
    pub(super) fn finish(
        &mut self,
        document: &mut Document,
        findings: &mut Findings,
    ) -> Result<(), Fault> {
        if self.count == 0 {
            return Ok(());
        }
        if self.begun != Some(self.entries.len()) || !self.lexer.may_end() {
            return Err(Fault::Malformed("object stream that ends early"));
        }
        self.end_object(document, findings)
    }

    /// Where the list ends or the next object begins.
    fn boundary(&self) -> u64 {
        let Some(begun) = self.begun else { return self.first };
        self.entries.get(begun).map_or(u64::MAX, |entry| self.first + u64::from(entry.offset))
    }

    fn read_list(&mut self, bytes: &mut &[u8]) -> Result<(), Fault> {
        while let Some(token) = self.lexer.next(bytes, Grammar::Flat) {
            self.list_token(token)?;
        }
        Ok(())
    }

    fn list_token(&mut self, _always_regular: Token) -> Result<(), Fault> {
        if self.entries.len() == self.count {
            return Ok(());
        }
        let Word::Int(value) = Word::of(self.lexer.text()) else { return Err(BROKEN_LIST) };
        let value = u32::try_from(value).map_err(|_| BROKEN_LIST)?;
        let Some(number) = self.number.take() else {
            self.number = Some(value);
            return Ok(());
        };
        let paid = OWN_ENTRIES + self.grants.len() * GRANT_ENTRIES;
        if self.entries.len() >= paid {
            let Some(grant) = self.budget.take(GRANT_BYTES) else {
                self.is_starved = true;
                return Err(Fault::Malformed("object stream too large to check"));
            };
            self.grants.push(grant);
        }
        self.entries.push(Entry { number, offset: value });
        Ok(())
    }

    fn read_objects(&mut self, bytes: &mut &[u8], findings: &mut Findings) -> Result<(), Fault> {
        while let Some(token) = self.lexer.next(bytes, Grammar::Objects) {
            let _keywords_mean_nothing_here = self.reader.token(token, &self.lexer, findings)?;
        }
        Ok(())
    }

    /// Crosses a boundary. Readers go by the list alone, so every listed object must begin where
    /// no other is under way: else one could hide inside the string of another.
    fn cross(&mut self, document: &mut Document, findings: &mut Findings) -> Result<(), Fault> {
        let Some(begun) = self.begun else { return self.end_list() };
        if begun > 0 {
            self.end_object(document, findings)?;
        } else if let Some(token) = self.lexer.flush() {
            let _between_list_and_objects = token;
        }
        self.reader.turn();
        if !self.lexer.is_between() {
            return Err(OVERLAP);
        }
        self.begun = Some(begun + 1);
        Ok(())
    }

    fn end_list(&mut self) -> Result<(), Fault> {
        if let Some(token) = self.lexer.flush() {
            self.list_token(token)?;
        }
        if self.entries.len() != self.count {
            return Err(BROKEN_LIST);
        }
        self.entries.sort_by_key(|entry| entry.offset);
        self.begun = Some(0);
        Ok(())
    }

    fn end_object(
        &mut self,
        document: &mut Document,
        findings: &mut Findings,
    ) -> Result<(), Fault> {
        if let Some(token) = self.lexer.flush() {
            let _keywords_mean_nothing_here = self.reader.token(token, &self.lexer, findings)?;
        }
        if !self.reader.is_closed() {
            return Err(OVERLAP);
        }
        let record = self.reader.turn();
        let number = self.begun.and_then(|begun| self.entries.get(begun.checked_sub(1)?));
        if let (Some(entry), Some(record)) = (number, record) {
            document.object(entry.number, record);
        }
        Ok(())
    }
}

const BROKEN_LIST: Fault = Fault::Malformed("object stream with a broken list");
const OVERLAP: Fault = Fault::Malformed("objects of an object stream overlap");
