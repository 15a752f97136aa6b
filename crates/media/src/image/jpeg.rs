//! JPEG structure (ITU-T T.81, annex B): the markers from SOI to EOI, one frame, its scans.
//! What follows EOI is normal in photos and judged only for being a file of its own.

use memchr::memchr;

use crate::feed::{End, Feed, Step, Walk};
use crate::polyglot::Tail;
use crate::walker::{Conclude, Format};
use crate::{Fault, Findings, Limits};

/// Extended metadata of 200 MiB takes about 3,200 segments.
const SEGMENTS_MAX: u32 = 10_000;

/// A progressive picture has a few dozen scans; each costs a decoder a pass over all pixels.
const SCANS_MAX: u32 = 1_000;

/// How many bytes of a scan are looked at together.
const BLOCK: usize = 64;

/// Decoders pass over stray bytes between segments, and some cameras leave a few.
const STRAY_BYTES_MAX: usize = 4096;

/// The structure walker.
pub(crate) fn format(limits: &Limits) -> Box<dyn Format> {
    Box::new(Feed::new(Jpeg::new(*limits)))
}

#[derive(Debug)]
struct Jpeg {
    limits: Limits,
    state: State,
    segments: u32,
    scans: u32,
    stray_bytes: usize,
    frame: Option<Frame>,
    /// Bytes of entropy-coded data in all scans.
    picture_bytes: u64,
    tail: Tail,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Start,
    Marker,
    Scan,
    Tail,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    width: u16,
    height: u16,
    components: u8,
}

impl Jpeg {
    fn new(limits: Limits) -> Self {
        Self {
            limits,
            state: State::Start,
            segments: 0,
            scans: 0,
            stray_bytes: 0,
            frame: None,
            picture_bytes: 0,
            tail: Tail::new(),
        }
    }

    /// Takes one marker and, if it has one, its segment.
    fn marker(&mut self, bytes: &[u8]) -> Result<Step, Fault> {
        let Some([prefix, code]) = bytes.first_chunk::<2>() else { return Ok(Step::Need(2)) };
        if *prefix != 0xFF {
            return self.stray(memchr(0xFF, bytes).unwrap_or(bytes.len()));
        }
        match code {
            0x00 => self.stray(2),
            // Fill bytes may precede a marker (B.1.1.2).
            0xFF => Ok(Step::Consumed(bytes.iter().take_while(|b| **b == 0xFF).count() - 1)),
            0xD9 => self.end_of_image(),
            // TEM and stray restart markers stand alone.
            0x01 | 0xD0..=0xD7 => self.count(Step::Consumed(2)),
            0xC0..=0xC2 => self.start_of_frame(bytes),
            0xC4 | 0xDB | 0xDD | 0xE0..=0xEF | 0xFE => self.skip_segment(bytes),
            0xDA => self.start_of_scan(bytes),
            0xDC => self.number_of_lines(bytes),
            0xD8 => Err(Fault::Malformed("a second picture begins within the first")),
            0xC3 | 0xC5..=0xCF | 0xDE | 0xDF | 0xF7 => {
                Err(Fault::Malformed("lossless, arithmetic or hierarchical coding"))
            }
            0x02..=0xBF | 0xF0..=0xF6 | 0xF8..=0xFD => Err(Fault::Malformed("a reserved marker")),
        }
    }

    fn count(&mut self, step: Step) -> Result<Step, Fault> {
        self.segments += 1;
        if self.segments > SEGMENTS_MAX {
            return Err(Fault::Malformed("more segments than any picture needs"));
        }
        Ok(step)
    }

    fn stray(&mut self, n: usize) -> Result<Step, Fault> {
        self.stray_bytes += n;
        if self.stray_bytes > STRAY_BYTES_MAX {
            return Err(Fault::Malformed("there is data between two segments"));
        }
        Ok(Step::Consumed(n))
    }

    fn skip_segment(&mut self, bytes: &[u8]) -> Result<Step, Fault> {
        match segment_len(bytes)? {
            None => Ok(Step::Need(4)),
            Some(length) => self.count(Step::Skip(2 + u64::from(length))),
        }
    }

    fn start_of_frame(&mut self, bytes: &[u8]) -> Result<Step, Fault> {
        let Some(head) = bytes.first_chunk::<10>() else { return Ok(Step::Need(10)) };
        let [_, code, l0, l1, precision, h0, h1, w0, w1, components] = *head;
        let length = u16::from_be_bytes([l0, l1]);
        if self.frame.is_some() {
            return Err(Fault::Malformed("there is a second frame header"));
        }
        let precise = precision == 8 || (precision == 12 && code != 0xC0);
        let counted = matches!(components, 1..=4) && length == 8 + 3 * u16::from(components);
        if !precise || !counted {
            return Err(Fault::Malformed("the frame header is broken"));
        }
        let width = u16::from_be_bytes([w0, w1]);
        // A height of zero announces DNL, which the common decoders do not support either.
        let height = u16::from_be_bytes([h0, h1]);
        self.limits.check_pixels(u64::from(width), u64::from(height))?;
        self.frame = Some(Frame { width, height, components });
        self.count(Step::Skip(2 + u64::from(length)))
    }

    fn start_of_scan(&mut self, bytes: &[u8]) -> Result<Step, Fault> {
        let Some(head) = bytes.first_chunk::<5>() else { return Ok(Step::Need(5)) };
        let [_, _, l0, l1, components] = *head;
        let length = u16::from_be_bytes([l0, l1]);
        let Some(frame) = self.frame else {
            return Err(Fault::Malformed("a scan stands before the frame header"));
        };
        let counted = components >= 1 && components <= frame.components;
        if !counted || length != 6 + 2 * u16::from(components) {
            return Err(Fault::Malformed("a scan header is broken"));
        }
        self.scans += 1;
        if self.scans > SCANS_MAX {
            return Err(Fault::Malformed("more scans than any picture needs"));
        }
        self.state = State::Scan;
        self.count(Step::Skip(2 + u64::from(length)))
    }

    /// DNL (B.2.5) may repeat the height, not change it.
    fn number_of_lines(&mut self, bytes: &[u8]) -> Result<Step, Fault> {
        let Some(segment) = bytes.first_chunk::<6>() else { return Ok(Step::Need(6)) };
        let [_, _, 0, 4, h0, h1] = *segment else {
            return Err(Fault::Malformed("the DNL segment is broken"));
        };
        let height = u16::from_be_bytes([h0, h1]);
        if self.frame.is_none_or(|frame| frame.height != height) {
            return Err(Fault::Malformed("DNL changes the height"));
        }
        self.count(Step::Consumed(6))
    }

    /// Passes over entropy-coded data, in which FF is followed by 00 or a restart number.
    fn scan(&mut self, bytes: &[u8]) -> Result<Step, Fault> {
        let mut from = 0;
        while let Some(found) = bytes.get(from..).and_then(next_prefix) {
            let at = from + found;
            match bytes.get(at + 1) {
                Some(0x00 | 0xD0..=0xD7) => from = at + 2,
                Some(0xFF) => from = at + 1,
                Some(_) => {
                    self.state = State::Marker;
                    return Ok(self.passed(at));
                }
                None if at == 0 => return Ok(Step::Need(2)),
                None => return Ok(self.passed(at)),
            }
        }
        Ok(self.passed(bytes.len()))
    }

    fn passed(&mut self, n: usize) -> Step {
        self.picture_bytes += n as u64;
        if n == 0 { Step::Skip(0) } else { Step::Consumed(n) }
    }

    /// Each block of the finest component takes at least one bit, whatever the code.
    fn end_of_image(&mut self) -> Result<Step, Fault> {
        let (Some(frame), 1..) = (self.frame, self.scans) else {
            return Err(Fault::Malformed("the picture ends before its first scan"));
        };
        let blocks = u64::from(frame.width.div_ceil(8)) * u64::from(frame.height.div_ceil(8));
        if self.picture_bytes < blocks / 8 {
            return Err(Fault::Truncated);
        }
        self.state = State::Tail;
        Ok(Step::Consumed(2))
    }
}

impl Walk for Jpeg {
    fn step(&mut self, _at: u64, bytes: &[u8]) -> Result<Step, Fault> {
        match self.state {
            State::Start => {
                // The recognition has seen SOI.
                self.state = State::Marker;
                Ok(Step::Skip(2))
            }
            State::Marker => self.marker(bytes),
            State::Scan => self.scan(bytes),
            State::Tail => {
                self.tail.push(bytes);
                Ok(Step::Consumed(bytes.len()))
            }
        }
    }
}

impl Conclude for Jpeg {
    fn conclude(&mut self, _end: End, findings: &mut Findings) -> Result<(), Fault> {
        if let Some(frame) = self.frame {
            findings.facts.width = Some(u32::from(frame.width));
            findings.facts.height = Some(u32::from(frame.height));
        }
        match (self.state, self.tail.second_file()) {
            (State::Start | State::Marker | State::Scan, _) => Err(Fault::Truncated),
            (State::Tail, Some(other)) => Err(Fault::TwoFormats(other)),
            (State::Tail, None) => Ok(()),
        }
    }
}

/// Where the next FF stands that is worth a look. Of random bytes every 256th is one, and nearly
/// all of those are followed by 00: whole blocks that hold no others are passed over first.
fn next_prefix(bytes: &[u8]) -> Option<usize> {
    let followed = bytes.get(1..).unwrap_or_default();
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    let (followed, _) = followed.as_chunks::<BLOCK>();
    let plain = blocks.iter().zip(followed).take_while(|(block, next)| is_plain(block, next));
    let passed = plain.count() * BLOCK;
    Some(passed + memchr(0xFF, bytes.get(passed..)?)?)
}

/// Whether each FF of `block` is followed by 00; `next` is the block one byte on. Without a branch,
/// so that it is a handful of vector instructions.
fn is_plain(block: &[u8; BLOCK], next: &[u8; BLOCK]) -> bool {
    let markers = block.iter().zip(next).map(|(a, b)| u8::from(*a == 0xFF) & u8::from(*b != 0));
    markers.fold(0, |any, marker| any | marker) == 0
}

/// The length field of the segment whose marker begins `bytes`; it counts itself (B.1.1.4).
fn segment_len(bytes: &[u8]) -> Result<Option<u16>, Fault> {
    let Some([_, _, l0, l1]) = bytes.first_chunk::<4>() else { return Ok(None) };
    match u16::from_be_bytes([*l0, *l1]) {
        0 | 1 => Err(Fault::Malformed("a segment is shorter than its own length field")),
        length => Ok(Some(length)),
    }
}

#[cfg(test)]
mod tests;
