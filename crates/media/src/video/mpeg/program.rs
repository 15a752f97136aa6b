//! A program stream (ISO 11172-1, 13818-1: 2.5): packs and packets, one right behind the other.

use memchr::memmem;

use super::sequence::{SEQUENCE_LEN, Sequence};
use super::{PACK, SEQUENCE, START};
use crate::Fault;
use crate::feed::Step;
use crate::video::field;

const PROGRAM_END: u8 = 0xB9;
const VIDEO_FIRST: u8 = 0xE0;
const VIDEO_LAST: u8 = 0xEF;
/// A stream with an extended identifier: VC-1 in practice.
const EXTENDED: u8 = 0xFD;
const AUDIO_FIRST: u8 = 0xC0;

/// The rest of the start code, and the length of a packet.
const PACKET_HEAD: usize = START + 2;
/// Pack headers of MPEG-1 and MPEG-2 with the rest of the start code.
const PACK_LEN_1: usize = START + 8;
const PACK_LEN_2: usize = START + 10;

/// The sequence header is looked for in the first packets of video only, and there at the start.
const SEARCHED_PACKETS: u32 = 8;
const SEARCHED_BYTES: usize = 2048;

/// The walk through one program stream.
#[derive(Debug, Default)]
pub(super) struct Program {
    sequence: Option<Sequence>,
    video_packets: u32,
}

impl Program {
    /// Takes the pack header or packet that starts with `code`; `bytes` start with the last two of
    /// the start code.
    pub(super) fn unit(&mut self, code: u8, bytes: &[u8]) -> Result<Step, Fault> {
        match code {
            PACK => pack(bytes),
            PROGRAM_END => Ok(Step::Consumed(START)),
            0xBB..=0xFF => self.packet(code, bytes),
            _ => Err(Fault::Malformed("MPEG: a start code that no program stream has")),
        }
    }

    /// The sequence header, if one was found at the start of the video.
    pub(super) fn conclude(&self) -> Result<Option<Sequence>, Fault> {
        if self.video_packets == 0 { Err(Fault::NoVideoTrack) } else { Ok(self.sequence) }
    }

    fn packet(&mut self, code: u8, bytes: &[u8]) -> Result<Step, Fault> {
        let Some(length) = field::be16(bytes, START) else { return Ok(Step::Need(PACKET_HEAD)) };
        let length = usize::from(length);
        let is_video = matches!(code, VIDEO_FIRST..=VIDEO_LAST | EXTENDED);
        if matches!(code, AUDIO_FIRST..=VIDEO_LAST) {
            if length == 0 {
                return Err(Fault::Malformed("MPEG: a packet without a length"));
            }
            let Some(first) = bytes.get(PACKET_HEAD) else {
                return Ok(Step::Need(PACKET_HEAD + 1));
            };
            if !may_begin_packet(*first) {
                return Err(Fault::Malformed("MPEG: packet header"));
            }
        }
        if is_video && self.sequence.is_none() && self.video_packets < SEARCHED_PACKETS {
            let searched = PACKET_HEAD + length.min(SEARCHED_BYTES);
            let Some(start) = bytes.get(..searched) else { return Ok(Step::Need(searched)) };
            self.sequence = find_sequence(start);
        }
        self.video_packets = self.video_packets.saturating_add(u32::from(is_video));
        Ok(Step::Skip((PACKET_HEAD + length) as u64))
    }
}

/// A pack header: its version shows in the first bits, its marker bits are all set.
fn pack(bytes: &[u8]) -> Result<Step, Fault> {
    let broken = Fault::Malformed("MPEG: pack header");
    let Some([b4, _, b6, _, b8, b9, _, b11]) = field::array(bytes, START) else {
        return Ok(Step::Need(PACK_LEN_1));
    };
    if b4 & 0xF0 == 0x20 {
        let markers = b4 & b6 & b8 & b11 & 1 == 1 && b9 & 0x80 != 0;
        return if markers { Ok(Step::Consumed(PACK_LEN_1)) } else { Err(broken) };
    }
    let Some([b12, b13]) = field::array(bytes, PACK_LEN_1) else {
        return Ok(Step::Need(PACK_LEN_2));
    };
    let markers = b4 & b6 & b8 & 4 == 4 && b9 & 1 == 1 && b12 & 3 == 3;
    if b4 & 0xC0 != 0x40 || !markers {
        return Err(broken);
    }
    Ok(Step::Skip(PACK_LEN_2 as u64 + u64::from(b13 & 7)))
}

/// MPEG-2 headers start with 10; those of MPEG-1 with stuffing, a buffer size, time stamps or none.
fn may_begin_packet(first: u8) -> bool {
    matches!(first, 0x80..=0xBF | 0xFF | 0x40..=0x7F | 0x20..=0x3F | 0x0F)
}

fn find_sequence(start: &[u8]) -> Option<Sequence> {
    let at = memmem::find(start, &[0, 0, 1, SEQUENCE])?;
    Sequence::read(start.get(at + 4..)?.get(..SEQUENCE_LEN)?)
}
