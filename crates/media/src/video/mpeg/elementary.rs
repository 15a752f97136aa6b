//! A video elementary stream (ISO 11172-2, 13818-2: 6.2): its start codes in their order.
//!
//! Nothing in it has a length, so every byte is searched for the next start code. The standards
//! end a sequence with a code of its own, and that is the only sign that a file is not cut.

use memchr::memmem;

use super::sequence::{SEQUENCE_LEN, Sequence};
use super::{SEQUENCE, START};
use crate::Fault;
use crate::feed::Step;

/// No coded unit is longer: the largest buffer of any level holds a whole picture in less.
const UNIT_MAX: u64 = 2 * 1024 * 1024;

const PICTURE: u8 = 0x00;
const USER: u8 = 0xB2;
const ERROR: u8 = 0xB4;
const EXTENSION: u8 = 0xB5;
const SEQUENCE_END: u8 = 0xB7;
const GROUP: u8 = 0xB8;

/// The walk through one elementary stream.
#[derive(Debug)]
pub(super) struct Elementary {
    /// Made once: slices may be a few bytes long.
    prefix: memmem::Finder<'static>,
    sequence: Option<Sequence>,
    place: Place,
    slice_seen: bool,
    /// Bytes of the current unit so far; `None` where a start code must stand.
    inside: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Before the first sequence, or behind the end of one.
    Outside,
    Sequence,
    Picture,
}

impl Elementary {
    pub(super) fn new() -> Self {
        Self {
            prefix: memmem::Finder::new(&[0, 0, 1]),
            sequence: None,
            place: Place::Outside,
            slice_seen: false,
            inside: None,
        }
    }

    /// Whether bytes of a unit may follow, and not only the next start code.
    pub(super) fn is_inside(&self) -> bool {
        self.inside.is_some()
    }

    /// Counts bytes of the current unit.
    pub(super) fn lengthen(&mut self, bytes: u64) -> Result<(), Fault> {
        let inside = self.inside.map_or(bytes, |inside| inside + bytes);
        if inside > UNIT_MAX {
            return Err(Fault::Malformed("MPEG: a unit of video is too long"));
        }
        self.inside = Some(inside);
        Ok(())
    }

    /// Takes bytes, the first of them not zero, up to the zeros of the next start code.
    pub(super) fn payload(&mut self, bytes: &[u8]) -> Result<Step, Fault> {
        let found = self.prefix.find(bytes).and_then(|at| bytes.get(..at));
        let with_zeros = found.unwrap_or(bytes);
        let zeros = with_zeros.iter().rev().take_while(|byte| **byte == 0).count();
        let payload = with_zeros.len() - zeros;
        self.lengthen(payload as u64)?;
        Ok(Step::Consumed(payload))
    }

    /// Takes the unit that starts with `code`; `bytes` start with the last two of the start code.
    pub(super) fn unit(&mut self, code: u8, bytes: &[u8]) -> Result<Step, Fault> {
        let out_of_order = Fault::Malformed("MPEG: order of the video");
        if self.place == Place::Outside && code != SEQUENCE {
            return Err(out_of_order);
        }
        match code {
            SEQUENCE => return self.sequence(bytes),
            PICTURE => self.place = Place::Picture,
            1..=0xAF if self.place == Place::Picture => self.slice_seen = true,
            SEQUENCE_END => {
                self.place = Place::Outside;
                self.inside = None;
                return Ok(Step::Consumed(START));
            }
            USER | ERROR | EXTENSION | GROUP => {}
            _ => return Err(out_of_order),
        }
        self.inside = Some(0);
        Ok(Step::Consumed(START))
    }

    fn sequence(&mut self, bytes: &[u8]) -> Result<Step, Fault> {
        let Some(fields) = bytes.get(START..START + SEQUENCE_LEN) else {
            return Ok(Step::Need(START + SEQUENCE_LEN));
        };
        let sequence = Sequence::read(fields).ok_or(Fault::Malformed("MPEG: sequence header"))?;
        self.sequence.get_or_insert(sequence);
        self.place = Place::Sequence;
        self.inside = Some(0);
        Ok(Step::Consumed(START + SEQUENCE_LEN))
    }

    /// The first sequence header, if the stream ended as it must.
    pub(super) fn conclude(&self) -> Result<Option<Sequence>, Fault> {
        if self.place != Place::Outside || self.sequence.is_none() {
            return Err(Fault::Truncated);
        }
        if !self.slice_seen {
            return Err(Fault::Malformed("MPEG: no picture"));
        }
        Ok(self.sequence)
    }
}
