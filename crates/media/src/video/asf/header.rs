//! What the walk reads of the ASF header objects.

use crate::Fault;
use crate::feed::NEED_MAX;
use crate::video::field::{self, Size};

/// Identifier and size, in front of every object.
pub(super) const OBJECT_HEAD: usize = 24;

const FILE: [u8; 16] = *b"\xA1\xDC\xAB\x8C\x47\xA9\xCF\x11\x8E\xE4\x00\xC0\x0C\x20\x53\x65";
const STREAM: [u8; 16] = *b"\x91\x07\xDC\xB7\xB7\xA9\xCF\x11\x8E\xE6\x00\xC0\x0C\x20\x53\x65";
const VIDEO: [u8; 16] = *b"\xC0\xEF\x19\xBC\x4D\x5B\xCF\x11\xA8\xFD\x00\x80\x5F\x5C\x44\x2B";
const EXTENSION: [u8; 16] = *b"\xB5\x03\xBF\x5F\x2E\xA9\xCF\x11\x8E\xE3\x00\xC0\x0C\x20\x53\x65";
const EXTENDED: [u8; 16] = *b"\xCB\xA5\xE6\x14\x72\xC6\x32\x43\x83\x99\xA9\x69\x52\x06\x5B\x5A";

/// File Properties: all of the object.
const FILE_LEN: usize = 104;
/// Stream Properties up to the type-specific data, and of a video stream its picture size.
const STREAM_LEN: usize = 78;
const STREAM_LEN_WITH_SIZE: usize = STREAM_LEN + 8;
/// Header Extension up to its objects.
const EXTENSION_LEN: usize = 46;
/// Extended Stream Properties up to the stream names.
const EXTENDED_LEN: usize = 88;

/// The head of one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) id: [u8; 16],
    /// Of the whole object, the head included.
    pub(super) size: u64,
}

impl Object {
    /// The head that `bytes` start with; `None` when they are too few.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        Some(Self { id: field::array(bytes, 0)?, size: field::le64(bytes, 16)? })
    }

    /// Where the object that starts at `at` ends.
    pub(super) fn end(&self, at: u64) -> Result<u64, Fault> {
        let end = at.checked_add(self.size).filter(|_| self.size >= OBJECT_HEAD as u64);
        end.ok_or(Fault::Malformed("ASF: size of an object"))
    }
}

/// What the header says.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Header {
    pub(super) video_seen: bool,
    pub(super) is_broadcast: bool,
    /// Of the whole file, in bytes.
    pub(super) file_size: u64,
    /// Of one data packet, in bytes.
    pub(super) packet_size: u32,
    pub(super) duration_ms: Option<u64>,
    pub(super) size: Size,
}

/// How many bytes of an object [`Header::take`] looks at.
pub(super) fn wanted(object: &Object) -> usize {
    let cap = match object.id {
        FILE => FILE_LEN,
        STREAM => STREAM_LEN_WITH_SIZE,
        EXTENSION => EXTENSION_LEN,
        EXTENDED => NEED_MAX,
        _ => OBJECT_HEAD,
    };
    usize::try_from(object.size).map_or(cap, |size| size.min(cap))
}

/// Where the objects in a Header Extension start; `None` for other objects.
pub(super) fn extension_head(object: &Object, shown: &[u8]) -> Result<Option<usize>, Fault> {
    if object.id != EXTENSION {
        return Ok(None);
    }
    let inner = field::le32(shown, 42).map(|len| u64::from(len) + EXTENSION_LEN as u64);
    if inner != Some(object.size) {
        return Err(Fault::Malformed("ASF: size of the header extension"));
    }
    Ok(Some(EXTENSION_LEN))
}

impl Header {
    /// Takes the first [`wanted`] bytes of an object.
    pub(super) fn take(&mut self, object: &Object, shown: &[u8]) -> Result<(), Fault> {
        match object.id {
            FILE => self.file(shown).ok_or(Fault::Malformed("ASF: file properties")),
            STREAM => self.stream(shown).ok_or(Fault::Malformed("ASF: stream properties")),
            EXTENDED => self.extended(shown).ok_or(Fault::Malformed("ASF: extended properties")),
            _ => Ok(()),
        }
    }

    fn file(&mut self, shown: &[u8]) -> Option<()> {
        self.file_size = field::le64(shown, 40)?;
        let play_100_ns = field::le64(shown, 64)?;
        let preroll_ms = field::le64(shown, 80)?;
        self.is_broadcast = field::le32(shown, 88)? & 1 == 1;
        self.packet_size = field::le32(shown, 92)?;
        let duration = (play_100_ns / 10_000).saturating_sub(preroll_ms);
        self.duration_ms = (duration > 0 && !self.is_broadcast).then_some(duration);
        Some(())
    }

    fn stream(&mut self, shown: &[u8]) -> Option<()> {
        if shown.len() < STREAM_LEN {
            return None;
        }
        if field::array(shown, 24)? == VIDEO {
            self.video_seen = true;
            let width = u64::from(field::le32(shown, STREAM_LEN)?);
            let height = u64::from(field::le32(shown, STREAM_LEN + 4)?);
            if !self.size.is_known() {
                self.size = Size { width, height };
            }
        }
        Some(())
    }

    /// The Stream Properties that may stand behind the names and payload systems.
    fn extended(&mut self, shown: &[u8]) -> Option<()> {
        let mut at = EXTENDED_LEN;
        for _ in 0..field::le16(shown, 84)? {
            at = at.checked_add(4 + usize::from(field::le16(shown, at + 2)?))?;
        }
        for _ in 0..field::le16(shown, 86)? {
            let len = usize::try_from(field::le32(shown, at + 18)?).ok()?;
            at = at.checked_add(22)?.checked_add(len)?;
        }
        let rest = shown.get(at..)?;
        if rest.is_empty() {
            return Some(());
        }
        let object = Object::read(rest)?;
        if object.id == STREAM { self.stream(rest) } else { None }
    }
}
