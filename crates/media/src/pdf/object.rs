//! Reads the tokens of one object after the other: knows where in the object a value stands,
//! reports active content, and gathers the [`Record`].

use super::keys::Key;
use super::lexer::{Lexer, Token};
use super::record::{Record, Value};
use super::word::{Number, Pair, Word};
use crate::{Fault, Findings, Note};

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
        if self.pair.is_empty() {
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
            Some(frame) if is_dict => dict_role(frame.role, frame.key),
            Some(frame) => array_role(frame.role, frame.key),
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

/// What a dictionary is, by the container and key that it stands under.
fn dict_role(parent: Role, key: Option<Key>) -> Role {
    match (parent, key) {
        (Role::Own, Some(Key::DecodeParms)) | (Role::ParmsList, _) => Role::Parms,
        (Role::Own, Some(Key::Encrypt)) => Role::Encrypt,
        (Role::Own | Role::Encrypt, Some(Key::CryptFilters)) => Role::CryptFilters,
        (Role::CryptFilters, _) => Role::CryptFilter,
        (_, Some(Key::EmbeddedFile)) => Role::Files,
        (_, Some(Key::EmbeddedFiles)) => Role::NameTree,
        _ => Role::Plain,
    }
}

/// What an array is, by the container and key that it stands under.
fn array_role(parent: Role, key: Option<Key>) -> Role {
    match (parent, key) {
        (Role::Own, Some(Key::Filter)) => Role::Filters,
        (Role::Own, Some(Key::DecodeParms)) => Role::ParmsList,
        (Role::Own, Some(Key::Widths)) => Role::Widths,
        (Role::Own, Some(Key::Id)) => Role::Id,
        (_, Some(Key::Xfa)) => Role::Xfa,
        (Role::NameTree, Some(Key::Names | Key::Kids)) => Role::Files,
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
