//! One forward pass over the file: finds the objects and trailers without trusting
//! cross-reference tables, and passes over what streams hold.

use super::crypt::FileKey;
use super::decode::{Decode, Told};
use super::document::Document;
use super::exact::{Exact, Rows};
use super::filter::{Chain, NoChain, SpareCoder};
use super::keys::Type;
use super::lexer::{Grammar, Lexer, Token};
use super::object::Reader;
use super::object_stream::ObjectStream;
use super::record::{Filter, Record};
use super::shadow::Shadow;
use super::stream::{Progress, Stream};
use super::tail::Tail;
use super::word::{Number, Pair, Word};
use crate::walker::Budget;
use crate::{Fault, Findings, Limits};

/// Bytes looked at in one go: [`Shadow`] remembers every object head of a piece.
const PIECE: usize = 8 * 1024;

/// Streams with a wrong length that are remembered for the second pass.
const LIARS_MAX: usize = 1024;

/// `m` is the major version, `n` the minor one.
const VERSION: &[u8; 8] = b"%PDF-m.n";

/// What a pass knows beforehand.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    /// This is the second pass.
    pub(super) is_second: bool,
    /// The document's key, when it is encrypted.
    pub(super) key: Option<Box<FileKey>>,
    /// Offsets of streams whose length is wrong, ascending.
    pub(super) liars: Vec<u64>,
}

/// What a pass learned beside the [`Document`].
#[derive(Debug, Default)]
pub(super) struct Learned {
    /// Offsets of streams whose length turned out to be wrong, ascending.
    pub(super) liars: Vec<u64>,
    /// The shared budget had no room for an object stream.
    pub(super) is_starved: bool,
    pub(super) has_object_streams: bool,
    /// What is wrong with the first unreadable object stream; says nothing when the document is
    /// encrypted and this pass did not know the key.
    pub(super) broken: Option<Fault>,
}

enum Mode {
    /// Between objects, or inside a cross-reference table.
    Outer,
    /// In the object of that number and generation.
    Object(u32, u32),
    Trailer,
    Stream(Box<Stream>),
}

/// One pass.
pub(super) struct Scan {
    pub(super) plan: Plan,
    pub(super) learned: Learned,
    pub(super) document: Document,
    /// Only in the second pass.
    pub(super) exact: Option<Exact>,
    pub(super) shadow: Shadow,
    budget: Budget,
    /// Passed on from stream to stream.
    coder: SpareCoder,
    depth_max: u16,
    /// Bytes that may still be inflated.
    allowance: u64,
    tail: Tail,
    head: Vec<u8>,
    lexer: Lexer,
    reader: Reader,
    mode: Mode,
    /// The last two numbers between objects.
    pair: Pair,
    /// The number after `startxref` comes next.
    start_is_next: bool,
}

impl Scan {
    pub(super) fn new(limits: &Limits, budget: &Budget, plan: Plan) -> Self {
        Self {
            exact: plan.is_second.then(|| Exact::new(budget)),
            plan,
            learned: Learned::default(),
            document: Document::default(),
            shadow: Shadow::new(),
            budget: budget.clone(),
            coder: SpareCoder::default(),
            depth_max: limits.depth_max,
            allowance: limits.inflate_bytes_max,
            tail: Tail::new(),
            head: Vec::new(),
            lexer: Lexer::new(0),
            reader: Reader::new(limits.depth_max),
            mode: Mode::Outer,
            pair: Pair::default(),
            start_is_next: false,
        }
    }

    /// Takes the next bytes of the file.
    pub(super) fn push(&mut self, bytes: &[u8], findings: &mut Findings) -> Result<(), Fault> {
        for piece in bytes.chunks(PIECE) {
            self.check_version(piece)?;
            self.shadow.push(piece);
            self.tail.push(piece);
            let mut rest = piece;
            while !rest.is_empty() {
                match self.mode {
                    Mode::Outer => self.outer(&mut rest),
                    Mode::Object(..) | Mode::Trailer => self.inner(&mut rest, findings)?,
                    Mode::Stream(_) => self.stream(&mut rest, findings)?,
                }
            }
            self.shadow.passed(self.lexer.at());
        }
        Ok(())
    }

    /// Judges where the file ended; a stream that counts more bytes than there are is a liar.
    pub(super) fn finish(&mut self) -> Result<(), Fault> {
        if self.head.len() < VERSION.len() {
            return Err(Fault::Truncated);
        }
        self.tail.finish()?;
        match &self.mode {
            Mode::Outer => Ok(()),
            Mode::Stream(stream) if stream.is_counted() && !self.plan.is_second => {
                let at = stream.at();
                self.lied(at)
            }
            Mode::Stream(_) | Mode::Object(..) | Mode::Trailer => Err(Fault::Truncated),
        }
    }

    fn lied(&mut self, at: u64) -> Result<(), Fault> {
        if self.plan.is_second || self.learned.liars.len() == LIARS_MAX {
            return Err(Fault::Malformed("stream lengths that are wrong"));
        }
        self.learned.liars.push(at);
        Ok(())
    }

    fn check_version(&mut self, piece: &[u8]) -> Result<(), Fault> {
        let missing = VERSION.len() - self.head.len();
        self.head.extend(piece.iter().take(missing));
        let fits = |(byte, pattern): (&u8, &u8)| match pattern {
            b'm' => matches!(byte, b'1' | b'2'),
            b'n' => byte.is_ascii_digit(),
            exact => byte == exact,
        };
        if self.head.iter().zip(VERSION).all(fits) {
            Ok(())
        } else {
            Err(Fault::Malformed("unknown version of PDF"))
        }
    }

    /// Between objects only numbers and keywords count: nothing there can hide an object.
    fn outer(&mut self, rest: &mut &[u8]) {
        while self.lexer.next(rest, Grammar::Flat).is_some() {
            let word = Word::of(self.lexer.text());
            self.outer_word(word);
            if !matches!(self.mode, Mode::Outer) {
                return;
            }
        }
    }

    fn outer_word(&mut self, word: Word) {
        let (start, blank) = (self.lexer.start(), self.lexer.blank());
        let start_is_next = std::mem::take(&mut self.start_is_next);
        match word {
            Word::Int(value) => {
                if start_is_next {
                    self.names_head(value);
                }
                self.pair.push(Number { value, start, blank });
                return;
            }
            Word::Object => {
                let pair = self.pair.take();
                self.begin_object(pair);
            }
            Word::Trailer => {
                self.reader.turn();
                self.shadow.trailer_seen(self.lexer.at());
                self.mode = Mode::Trailer;
            }
            Word::Xref => {
                if let Some(exact) = &mut self.exact {
                    exact.head(start, blank);
                }
            }
            Word::StartXref => self.start_is_next = true,
            Word::InUse => {
                if let Some((place, _generation)) = self.pair.take() {
                    self.names_head(place.value);
                }
            }
            Word::EndObject | Word::Real | Word::Other => {
                self.pair = Pair::default();
                self.glued_number();
                return;
            }
            Word::Stream | Word::EndStream | Word::Reference => {}
            Word::True | Word::False | Word::Null | Word::Free => {}
        }
        self.pair = Pair::default();
    }

    /// Takes the number at the end of some other word: programs that forget a line end write
    /// `endobj5 0 obj` or `%%EOF5 0 obj`, and readers that were told the place do not mind.
    fn glued_number(&mut self) {
        let text = self.lexer.text();
        let digits = text.iter().rev().take_while(|b| b.is_ascii_digit()).count();
        if let Word::Int(value) = Word::of(text.get(text.len() - digits..).unwrap_or_default()) {
            let start = self.lexer.at() - digits as u64;
            self.pair.push(Number { value, start, blank: 0 });
        }
    }

    /// A cross-reference section says that a head is at `place`.
    fn names_head(&mut self, place: i64) {
        if let (Some(exact), Ok(place)) = (&mut self.exact, u64::try_from(place)) {
            exact.entry(place);
        }
    }

    fn begin_object(&mut self, pair: Option<(Number, Number)>) {
        let Some((number, generation)) = pair else { return };
        if let Some(exact) = &mut self.exact {
            exact.head(number.start, number.blank);
        }
        self.shadow.object_seen(self.lexer.at());
        self.reader.turn();
        self.mode = Mode::Object(
            u32::try_from(number.value).unwrap_or(0),
            u32::try_from(generation.value).unwrap_or(0),
        );
    }

    /// Reads inside an object or a trailer.
    fn inner(&mut self, rest: &mut &[u8], findings: &mut Findings) -> Result<(), Fault> {
        while let Some(token) = self.lexer.next(rest, Grammar::Objects) {
            let word = self.reader.token(token, &self.lexer, findings)?;
            if let Some(word) = word {
                self.inner_word(word);
            } else if token == Token::DictClose
                && self.reader.is_closed()
                && matches!(self.mode, Mode::Trailer)
            {
                self.end_inner();
            }
            if !matches!(self.mode, Mode::Object(..) | Mode::Trailer) {
                return Ok(());
            }
        }
        Ok(())
    }

    /// A keyword inside an object ends it wherever it stands: containers that were left open
    /// swallow nothing.
    fn inner_word(&mut self, word: Word) {
        match word {
            Word::Stream => {
                if let Mode::Object(number, generation) = self.mode {
                    self.begin_stream(number, generation);
                }
            }
            Word::Object => {
                let pair = self.reader.take_pair();
                if pair.is_some() {
                    self.end_inner();
                    self.begin_object(pair);
                }
            }
            Word::EndObject | Word::Xref | Word::Trailer | Word::StartXref => {
                self.end_inner();
                self.outer_word(word);
            }
            Word::EndStream | Word::InUse | Word::Free | Word::Other => {}
            Word::Int(_) | Word::Real | Word::True | Word::False | Word::Null => {}
            Word::Reference => {}
        }
    }

    fn end_inner(&mut self) {
        let mode = std::mem::replace(&mut self.mode, Mode::Outer);
        self.pair = Pair::default();
        let Some(record) = self.reader.turn() else { return };
        match mode {
            Mode::Object(number, _) => self.document.object(number, record),
            Mode::Trailer => self.trailer(record),
            Mode::Outer | Mode::Stream(_) => {}
        }
    }

    fn trailer(&mut self, record: Record) {
        if let Some(exact) = &mut self.exact {
            record.sections.iter().for_each(|&place| exact.entry(place));
        }
        self.document.trailer(record);
    }

    fn begin_stream(&mut self, number: u32, generation: u32) {
        let at = self.lexer.start();
        let record = self.reader.turn().unwrap_or_default();
        let length = record.length.filter(|_| self.plan.liars.binary_search(&at).is_err());
        let is_section = record.kind == Some(Type::Xref) || !record.widths.is_empty();
        let is_objects =
            record.kind == Some(Type::ObjectStream) || record.has_number && record.has_first;
        let mut decode = None;
        if is_objects {
            self.learned.has_object_streams = true;
            match self.decode_objects(&record, (number, generation)) {
                Ok(objects) => decode = Some(objects),
                Err(why) => self.blame(why),
            }
        }
        if is_section && let Some(exact) = &mut self.exact {
            let chain = Chain::new(&record, None, &mut self.coder, &self.budget);
            match chain.ok().zip(Rows::new(&record)) {
                Some((chain, rows)) if decode.is_none() => {
                    decode = Some(Decode::entries(chain, rows))
                }
                Some(_) | None => exact.miss(),
            }
        }
        if is_section {
            self.trailer(record);
        } else {
            self.document.object(number, record);
        }
        self.mode = Mode::Stream(Box::new(Stream::new(at, length, decode)));
    }

    fn decode_objects(&mut self, record: &Record, id: (u32, u32)) -> Result<Decode, NoChain> {
        let fault = |text| NoChain::Fault(Fault::Malformed(text));
        let mut decryptor = None;
        if let Some(key) = &self.plan.key {
            let crypt = record.filters.iter().position(|f| *f == Filter::Crypt);
            let parms = crypt.map(|n| record.parms.get(n).map(|p| p.name.as_slice()));
            let name = parms.map(|name| name.unwrap_or(b"Identity"));
            decryptor = key
                .decryptor(id, name)
                .map_err(|_| fault("object stream with an unknown cipher"))?;
        }
        let objects = ObjectStream::new(record, self.depth_max, &self.budget);
        let chain = Chain::new(record, decryptor, &mut self.coder, &self.budget)?;
        Ok(Decode::objects(chain, objects.map_err(NoChain::Fault)?))
    }

    /// Passes over the bytes of a stream.
    fn stream(&mut self, rest: &mut &[u8], findings: &mut Findings) -> Result<(), Fault> {
        let Mode::Stream(stream) = &mut self.mode else { return Ok(()) };
        let mut told = Told {
            document: &mut self.document,
            exact: self.exact.as_mut(),
            findings,
            allowance: &mut self.allowance,
        };
        let progress = stream.push(rest, &mut self.lexer, &mut told);
        let (at, broken) = (stream.at(), stream.broken());
        match progress {
            Progress::Open => {}
            Progress::Lied => self.lied(at)?,
            Progress::Ended => {
                stream.recycle(&mut self.coder);
                self.mode = Mode::Outer;
                self.pair = Pair::default();
                if let Some(why) = broken {
                    self.blame(why);
                }
            }
        }
        Ok(())
    }

    fn blame(&mut self, why: NoChain) {
        match why {
            NoChain::Starved => self.learned.is_starved = true,
            NoChain::Fault(fault) => {
                self.learned.broken.get_or_insert(fault);
            }
        }
    }
}
