//! A video elementary stream (ISO 11172-2, 13818-2: 6.2): its start codes in their order.
//!
//! Nothing in it has a length, so every byte is searched for the next start code. The standards
//! end a sequence with a code of its own, and that is the only sign that a file is not cut.

use memchr::memmem;

use super::SEQUENCE;
use super::sequence::{SEQUENCE_LEN, Sequence};
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
#[derive(Debug, Default)]
pub(super) struct Elementary {
    sequence: Option<Sequence>,
    place: Place,
    slice_seen: bool,
    /// Bytes of the current unit so far; `None` where a start code must stand.
    inside: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    /// Before the first sequence, or behind the end of one.
    #[default]
    Outside,
    Sequence,
    Picture,
}

impl Elementary {
    /// Walks to the next start code; `None` when the bytes start with one, or must.
    pub(super) fn find_start_code(&mut self, bytes: &[u8]) -> Result<Option<Step>, Fault> {
        let Some(inside) = &mut self.inside else { return Ok(None) };
        let found = memmem::find(bytes, &[0, 0, 1]);
        // Two bytes may be the first of a start code.
        let payload = found.unwrap_or(bytes.len().saturating_sub(2));
        *inside += payload as u64;
        if *inside > UNIT_MAX {
            return Err(Fault::Malformed("MPEG: a unit of video is too long"));
        }
        if found.is_some() {
            self.inside = None;
        }
        Ok(match (payload, found) {
            (0, Some(_)) => None,
            (0, None) => Some(Step::Need(bytes.len() + 1)),
            (payload, _) => Some(Step::Consumed(payload)),
        })
    }

    /// Takes the unit that starts with `code`.
    pub(super) fn unit(&mut self, code: u8, bytes: &[u8]) -> Result<Step, Fault> {
        let out_of_order = Fault::Malformed("MPEG: order of the video");
        if self.place == Place::Outside && code != SEQUENCE {
            return Err(out_of_order);
        }
        self.inside = Some(0);
        match code {
            SEQUENCE => {
                if bytes.len() < SEQUENCE_LEN {
                    self.inside = None;
                    return Ok(Step::Need(SEQUENCE_LEN));
                }
                let sequence = Sequence::read(bytes);
                let sequence = sequence.ok_or(Fault::Malformed("MPEG: sequence header"))?;
                self.sequence.get_or_insert(sequence);
                self.place = Place::Sequence;
                return Ok(Step::Consumed(SEQUENCE_LEN));
            }
            PICTURE => self.place = Place::Picture,
            1..=0xAF if self.place == Place::Picture => self.slice_seen = true,
            SEQUENCE_END => {
                self.place = Place::Outside;
                self.inside = None;
            }
            USER | ERROR | EXTENSION | GROUP => {}
            _ => return Err(out_of_order),
        }
        Ok(Step::Consumed(4))
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
