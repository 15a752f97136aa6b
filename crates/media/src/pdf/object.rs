//! Reads the tokens of one object after the other: knows where in the object a value stands,
//! reports active content, and gathers the [`Record`].

use super::keys::Key;
use super::lexer::{Lexer, Token};
use super::record::{Record, Value};
use crate::{Fault, Findings, Note};

/// What a run of regular characters is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Int(i64),
    Real,
    True,
    False,
    Null,
    /// `R`, after two numbers
    Reference,
    /// `obj`, after two numbers
    Object,
    /// `endobj`; some programs write the next object right behind it
    EndObject,
    Stream,
    EndStream,
    Xref,
    Trailer,
    StartXref,
    /// `n`, of a cross-reference entry in use
    InUse,
    /// `f`, of a free cross-reference entry
    Free,
    Other,
}

impl Word {
    pub(super) fn of(text: &[u8]) -> Self {
        // Numbers are by far the most frequent.
        if text.first().is_some_and(|b| matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.')) {
            return Self::number(text);
        }
        match text {
            b"true" => Self::True,
            b"false" => Self::False,
            b"null" => Self::Null,
            b"R" => Self::Reference,
            b"obj" => Self::Object,
            b"stream" => Self::Stream,
            b"endstream" | b"endstreamendobj" => Self::EndStream,
            b"xref" => Self::Xref,
            b"trailer" => Self::Trailer,
            b"startxref" => Self::StartXref,
            b"n" => Self::InUse,
            b"f" => Self::Free,
            _ if text.starts_with(b"endobj") => Self::EndObject,
            _ => Self::Other,
        }
    }

    fn number(text: &[u8]) -> Self {
        let (negative, digits) = match text.split_first() {
            Some((b'-', digits)) => (true, digits),
            Some((b'+', digits)) => (false, digits),
            _ => (false, text),
        };
        let (mut size, mut dots) = (0_i64, 0);
        for &byte in digits {
            match byte {
                b'0'..=b'9' => {
                    size = size.saturating_mul(10).saturating_add(i64::from(byte - b'0'))
                }
                b'.' => dots += 1,
                _ => return Self::Other,
            }
        }
        if digits.len() == dots {
            Self::Other
        } else if dots > 0 {
            Self::Real
        } else {
            Self::Int(if negative { -size } else { size })
        }
    }
}

/// A whole number and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) value: i64,
    /// Offset of its first digit.
    pub(super) start: u64,
    /// White space right before it, in bytes.
    pub(super) blank: u64,
}

/// The last two numbers, when nothing stands after them: they may head a reference or an object.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pair {
    first: Option<Number>,
    second: Option<Number>,
}

impl Pair {
    /// Adds a number; answers the one that it pushes out.
    pub(super) fn push(&mut self, number: Number) -> Option<Number> {
        let out = if self.second.is_some() { self.first } else { None };
        if let Some(second) = self.second {
            self.first = Some(second);
        }
        if self.first.is_none() {
            self.first = Some(number);
        } else {
            self.second = Some(number);
        }
        out
    }

    /// Takes both numbers, when there are two.
    pub(super) fn take(&mut self) -> Option<(Number, Number)> {
        let pair = self.first.zip(self.second);
        *self = Self::default();
        pair
    }

    /// Takes whatever numbers there are, in order.
    fn drain(&mut self) -> impl Iterator<Item = Number> + use<> {
        let pair = std::mem::take(self);
        pair.first.into_iter().chain(pair.second)
    }
}

/// What the container is to the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// The object's own dictionary.
    Own,
    CryptFilter,
    CryptFilters,
    Encrypt,
    Filters,
    Id,
    NameTree,
    /// An array or dictionary in which anything at all is an embedded file.
    Files,
    Parms,
    ParmsList,
    Plain,
    Widths,
    Xfa,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    role: Role,
    is_dict: bool,
    /// The key whose value comes next.
    key: Option<Key>,
    has_verb: bool,
    has_script: bool,
}

/// Reads objects; one for the file, one for each object stream.
#[derive(Debug)]
pub(super) struct Reader {
    frames: Vec<Frame>,
    depth_max: usize,
    pair: Pair,
    /// The key that the token just before spells, when that was a name.
    name_before: Option<Key>,
    record: Record,
    /// There was a dictionary, so that the record may say something.
    has_record: bool,
}

impl Reader {
    pub(super) fn new(depth_max: u16) -> Self {
        Self {
            frames: Vec::new(),
            depth_max: usize::from(depth_max),
            pair: Pair::default(),
            name_before: None,
            record: Record::default(),
            has_record: false,
        }
    }

    /// Ends the object under way and starts the next; answers what the ended one said, if it
    /// was one that says anything.
    pub(super) fn turn(&mut self) -> Option<Record> {
        self.frames.clear();
        self.pair = Pair::default();
        self.name_before = None;
        let has_record = std::mem::take(&mut self.has_record);
        has_record.then(|| std::mem::take(&mut self.record))
    }

    /// True when every container that was opened is closed.
    pub(super) fn is_closed(&self) -> bool {
        self.frames.is_empty()
    }

    /// Takes the two numbers before the current token, when there are two.
    pub(super) fn take_pair(&mut self) -> Option<(Number, Number)> {
        self.pair.take()
    }

    /// Takes the token that `lexer` just answered. Answers the word when the walker between the
    /// objects has to act on it.
    pub(super) fn token(
        &mut self,
        token: Token,
        lexer: &Lexer,
        findings: &mut Findings,
    ) -> Result<Option<Word>, Fault> {
        if token == Token::Regular {
            self.name_before = None;
            return self.word(lexer, findings);
        }
        self.flush(findings);
        let before = self.name_before.take();
        match token {
            Token::Regular => {}
            Token::Name => self.name(before, lexer.text(), findings),
            Token::Text => self.value(Value::Text(lexer.text()), findings),
            Token::ArrayOpen => self.open(Value::Array, findings)?,
            Token::DictOpen => self.open(Value::Dict, findings)?,
            Token::ArrayClose | Token::DictClose => {
                self.frames.pop();
            }
        }
        Ok(None)
    }

    fn word(&mut self, lexer: &Lexer, findings: &mut Findings) -> Result<Option<Word>, Fault> {
        let word = Word::of(lexer.text());
        match word {
            Word::Int(value) => {
                let number = Number { value, start: lexer.start(), blank: lexer.blank() };
                if let Some(out) = self.pair.push(number) {
                    self.value(Value::Int(out.value), findings);
                }
                return Ok(None);
            }
            Word::Reference => {
                if let Some((number, _generation)) = self.pair.take() {
                    let number = u32::try_from(number.value).unwrap_or(0);
                    self.value(Value::Reference(number), findings);
                }
                return Ok(None);
            }
            Word::Object => return Ok(Some(word)),
            Word::True => self.single(Value::True, findings),
            Word::False => self.single(Value::False, findings),
            Word::Null => self.single(Value::Null, findings),
            Word::Real => self.single(Value::Real, findings),
            Word::InUse | Word::Free | Word::Other => self.flush(findings),
            Word::EndObject
            | Word::Stream
            | Word::EndStream
            | Word::Xref
            | Word::Trailer
            | Word::StartXref => {
                self.flush(findings);
                return Ok(Some(word));
            }
        }
        Ok(None)
    }

    fn single(&mut self, value: Value<'_>, findings: &mut Findings) {
        self.flush(findings);
        self.value(value, findings);
    }

    /// Numbers that turned out to be values of their own.
    fn flush(&mut self, findings: &mut Findings) {
        if self.pair.first.is_none() {
            return;
        }
        for number in self.pair.drain() {
            self.value(Value::Int(number.value), findings);
        }
    }

    fn name(&mut self, before: Option<Key>, text: &[u8], findings: &mut Findings) {
        // Two names in a row are judged wherever they stand: readers differ on what is key and
        // what is value once an entry is malformed.
        if let Some(key) = before {
            active_pair(key, text, findings);
        }
        let key = Key::of(text);
        self.name_before = Some(key);
        match self.frames.last_mut() {
            Some(frame) if frame.is_dict && frame.key.is_none() => {
                frame.key = Some(key);
                if frame.role == Role::CryptFilters {
                    self.record.handler.open_filter(text);
                }
            }
            Some(_) => self.value(Value::Name(text), findings),
            // An action may name its kind through a reference to an object that is just a name.
            None => {
                active_pair(Key::Verb, text, findings);
                active_pair(Key::Subtype, text, findings);
            }
        }
    }

    fn open(&mut self, value: Value<'_>, findings: &mut Findings) -> Result<(), Fault> {
        if self.frames.len() >= self.depth_max {
            return Err(Fault::Malformed("objects nested too deep"));
        }
        let is_dict = value == Value::Dict;
        let role = match self.frames.last() {
            Some(frame) => child(frame.role, frame.key, is_dict),
            None => {
                self.has_record |= is_dict;
                Role::Own
            }
        };
        self.value(value, findings);
        self.frames.push(Frame { role, is_dict, key: None, has_verb: false, has_script: false });
        Ok(())
    }

    /// A value in the innermost container.
    fn value(&mut self, value: Value<'_>, findings: &mut Findings) {
        let Some(frame) = self.frames.last_mut() else { return };
        let key = frame.key.take().unwrap_or(Key::Other);
        frame.has_verb |= key == Key::Verb;
        frame.has_script |= key == Key::Javascript && value != Value::Null;
        if frame.has_verb && frame.has_script {
            findings.fault(Fault::PdfJavaScript);
        }
        active_value(key, value, findings);
        let record = &mut self.record;
        match frame.role {
            Role::Own if frame.is_dict => record.entry(key, value),
            Role::Encrypt => record.handler.entry(key, value),
            Role::CryptFilter => record.handler.filter_entry(key, value),
            Role::Filters => record.filter_element(value),
            Role::ParmsList => record.parms_element(value),
            Role::Parms => record.parms_entry(key, value),
            Role::Widths => record.width(value),
            Role::Id => record.id_element(value),
            Role::Files if value != Value::Null => findings.note(Note::PdfAttachments),
            Role::Xfa if value != Value::Null => findings.fault(Fault::PdfXfa),
            Role::Own
            | Role::CryptFilters
            | Role::NameTree
            | Role::Files
            | Role::Xfa
            | Role::Plain => {}
        }
    }
}

/// What a container is, by the container and key that it stands under.
fn child(parent: Role, key: Option<Key>, is_dict: bool) -> Role {
    match (parent, key, is_dict) {
        (Role::Own, Some(Key::Filter), false) => Role::Filters,
        (Role::Own, Some(Key::DecodeParms), true) | (Role::ParmsList, _, true) => Role::Parms,
        (Role::Own, Some(Key::DecodeParms), false) => Role::ParmsList,
        (Role::Own, Some(Key::Widths), false) => Role::Widths,
        (Role::Own, Some(Key::Id), false) => Role::Id,
        (Role::Own, Some(Key::Encrypt), true) => Role::Encrypt,
        (Role::Own | Role::Encrypt, Some(Key::CryptFilters), true) => Role::CryptFilters,
        (Role::CryptFilters, _, true) => Role::CryptFilter,
        (_, Some(Key::Xfa), false) => Role::Xfa,
        (_, Some(Key::EmbeddedFile), true) => Role::Files,
        (_, Some(Key::EmbeddedFiles), true) => Role::NameTree,
        (Role::NameTree, Some(Key::Names | Key::Kids), false) => Role::Files,
        _ => Role::Plain,
    }
}

/// Two names that together are active content: an action's kind, an annotation's kind.
fn active_pair(key: Key, name: &[u8], findings: &mut Findings) {
    match (key, name) {
        (Key::Verb, b"JavaScript") => findings.fault(Fault::PdfJavaScript),
        (Key::Verb, b"Launch") => findings.fault(Fault::PdfLaunch),
        (Key::Verb, b"Rendition" | b"Movie" | b"RichMediaExecute" | b"GoTo3DView")
        | (Key::Subtype, b"RichMedia" | b"3D" | b"Movie") => {
            findings.fault(Fault::PdfRichMedia);
        }
        (Key::Subtype, b"FileAttachment") | (Key::Type, b"EmbeddedFile") => {
            findings.note(Note::PdfAttachments);
        }
        _ => {}
    }
}

/// A value that is active content by its key alone.
fn active_value(key: Key, value: Value<'_>, findings: &mut Findings) {
    match (key, value) {
        (Key::Xfa, Value::Null | Value::Array | Value::Text(b"")) => {}
        (Key::Xfa, _) => findings.fault(Fault::PdfXfa),
        (Key::EmbeddedFile, Value::Reference(_)) => findings.note(Note::PdfAttachments),
        _ => {}
    }
}
