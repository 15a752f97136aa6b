//! PNG structure (W3C PNG, third edition): every chunk in its place, critical ones with a right
//! checksum, from the signature to the end of the file. Nothing is inflated.

use crc32fast::Hasher;

use crate::feed::{End, Feed, Step, Walk};
use crate::polyglot::Tail;
use crate::walker::{Conclude, Format};
use crate::{Fault, Findings, Limits};

/// More chunks than any encoder writes: 200 MiB in parts of 4 KiB make half of it.
const CHUNKS_MAX: u32 = 100_000;

const LENGTH_MAX: u32 = 0x7FFF_FFFF;

/// Deflate cannot shrink anything further than this (RFC 1951: 258 bytes in 2 bits).
const DEFLATE_RATIO_MAX: u64 = 1032;

/// The structure walker.
pub(crate) fn format(limits: &Limits) -> Box<dyn Format> {
    Box::new(Feed::new(Png::new(*limits)))
}

#[derive(Debug)]
struct Png {
    limits: Limits,
    state: State,
    order: Order,
    chunks: u32,
    header: Option<Header>,
    palette_seen: bool,
    /// Bytes in all IDAT chunks.
    picture_bytes: u64,
    tail: Tail,
}

#[derive(Debug)]
enum State {
    Signature,
    ChunkHead,
    /// Inside the data of a critical chunk.
    Body {
        left: u32,
        crc: Hasher,
    },
    Checksum {
        expected: u32,
    },
    Tail,
}

/// IDAT chunks stand in one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    BeforePicture,
    InPicture,
    AfterPicture,
    AfterEnd,
}

#[derive(Clone, Copy, Debug)]
struct Header {
    width: u32,
    height: u32,
    bits_per_pixel: u8,
    indexed: bool,
}

impl Png {
    fn new(limits: Limits) -> Self {
        Self {
            limits,
            state: State::Signature,
            order: Order::BeforePicture,
            chunks: 0,
            header: None,
            palette_seen: false,
            picture_bytes: 0,
            tail: Tail::new(),
        }
    }

    fn chunk_head(&mut self, bytes: &[u8]) -> Result<Step, Fault> {
        let Some(head) = bytes.first_chunk::<8>() else { return Ok(Step::Need(8)) };
        let [l0, l1, l2, l3, name @ ..] = *head;
        let length = u32::from_be_bytes([l0, l1, l2, l3]);
        self.chunks += 1;
        if self.chunks > CHUNKS_MAX {
            return Err(Fault::Malformed("more chunks than any picture needs"));
        }
        if length > LENGTH_MAX || !name.iter().all(u8::is_ascii_alphabetic) {
            return Err(Fault::Malformed("a chunk header is broken"));
        }
        if self.header.is_none() && &name != b"IHDR" {
            return Err(Fault::Malformed("the first chunk is not IHDR"));
        }
        if self.order == Order::InPicture && &name != b"IDAT" {
            self.order = Order::AfterPicture;
        }
        if name.first().is_some_and(u8::is_ascii_lowercase) {
            return Ok(Step::Skip(8 + u64::from(length) + 4));
        }
        self.critical(name, length, bytes)
    }

    /// Judges a critical chunk before its data, which IHDR alone needs in one piece.
    fn critical(&mut self, name: [u8; 4], length: u32, bytes: &[u8]) -> Result<Step, Fault> {
        match (&name, length) {
            (b"IHDR", 13) if self.header.is_none() => {
                let Some(whole) = bytes.first_chunk::<21>() else { return Ok(Step::Need(21)) };
                self.header = Some(read_header(whole, &self.limits)?);
            }
            (b"PLTE", _) => self.palette(length)?,
            (b"IDAT", _) => self.picture(length)?,
            (b"IEND", 0) => self.finish_picture()?,
            (b"IHDR" | b"IEND", _) => {
                return Err(Fault::Malformed("a critical chunk has a wrong length or place"));
            }
            _unknown => return Err(Fault::Malformed("an unknown critical chunk")),
        }
        let mut crc = Hasher::new();
        crc.update(&name);
        self.state = State::Body { left: length, crc };
        Ok(Step::Consumed(8))
    }

    /// Only indexed pictures use the palette; encoders leave odd ones in others.
    fn palette(&mut self, length: u32) -> Result<(), Fault> {
        let sound = matches!(length, 3..=768) && length.is_multiple_of(3);
        if self.header.is_some_and(|header| header.indexed) && !sound {
            return Err(Fault::Malformed("the length of PLTE is wrong"));
        }
        if self.palette_seen || self.order != Order::BeforePicture {
            return Err(Fault::Malformed("PLTE is repeated or behind the picture"));
        }
        self.palette_seen = true;
        Ok(())
    }

    fn picture(&mut self, length: u32) -> Result<(), Fault> {
        if self.order == Order::AfterPicture {
            return Err(Fault::Malformed("the IDAT chunks are not in one row"));
        }
        if self.header.is_some_and(|header| header.indexed) && !self.palette_seen {
            return Err(Fault::Malformed("an indexed picture has no PLTE before it"));
        }
        self.order = Order::InPicture;
        self.picture_bytes += u64::from(length);
        Ok(())
    }

    fn finish_picture(&mut self) -> Result<(), Fault> {
        if self.order != Order::AfterPicture {
            return Err(Fault::Malformed("there is no IDAT before IEND"));
        }
        let needed = self.header.map_or(0, |header| header.raw_bytes() / DEFLATE_RATIO_MAX);
        if self.picture_bytes < needed {
            return Err(Fault::Malformed("too little picture data for the declared size"));
        }
        self.order = Order::AfterEnd;
        Ok(())
    }
}

impl Walk for Png {
    fn step(&mut self, _at: u64, bytes: &[u8]) -> Result<Step, Fault> {
        match &mut self.state {
            State::Signature => {
                // The recognition has compared all eight bytes.
                self.state = State::ChunkHead;
                Ok(Step::Skip(8))
            }
            State::ChunkHead => self.chunk_head(bytes),
            State::Body { left, crc } => {
                let length = usize::try_from(*left).unwrap_or(usize::MAX);
                let (now, _) = bytes.split_at(bytes.len().min(length));
                crc.update(now);
                *left = u32::try_from(length - now.len()).unwrap_or_default();
                if *left == 0 {
                    let expected = crc.clone().finalize();
                    self.state = State::Checksum { expected };
                }
                Ok(if now.is_empty() { Step::Skip(0) } else { Step::Consumed(now.len()) })
            }
            State::Checksum { expected } => {
                let Some(found) = bytes.first_chunk::<4>() else { return Ok(Step::Need(4)) };
                if u32::from_be_bytes(*found) != *expected {
                    return Err(Fault::Malformed("a critical chunk has a wrong checksum"));
                }
                self.state = match self.order {
                    Order::BeforePicture | Order::InPicture | Order::AfterPicture => {
                        State::ChunkHead
                    }
                    Order::AfterEnd => State::Tail,
                };
                Ok(Step::Consumed(4))
            }
            State::Tail => {
                self.tail.push(bytes);
                Ok(Step::Consumed(bytes.len()))
            }
        }
    }
}

impl Conclude for Png {
    fn conclude(&mut self, _end: End, findings: &mut Findings) -> Result<(), Fault> {
        if let Some(header) = self.header {
            findings.facts.width = Some(header.width);
            findings.facts.height = Some(header.height);
        }
        match self.state {
            State::Tail if self.tail.is_blank() => Ok(()),
            State::Tail => Err(match self.tail.second_file() {
                Some(other) => Fault::TwoFormats(other),
                None => Fault::Malformed("there is data behind the end of the picture"),
            }),
            State::Signature | State::ChunkHead | State::Body { .. } | State::Checksum { .. } => {
                Err(Fault::Truncated)
            }
        }
    }
}

impl Header {
    /// Bytes of the filtered rows; an interlaced picture has some more.
    fn raw_bytes(self) -> u64 {
        let row = (u64::from(self.width) * u64::from(self.bits_per_pixel)).div_ceil(8) + 1;
        row * u64::from(self.height)
    }
}

/// Reads the length, name and data of IHDR (section 11.2.1).
fn read_header(chunk: &[u8; 21], limits: &Limits) -> Result<Header, Fault> {
    let [_, _, _, _, _, _, _, _, w0, w1, w2, w3, h0, h1, h2, h3, depth, colour, rest @ ..] = *chunk;
    let channels = match (colour, depth) {
        (0, 1 | 2 | 4 | 8 | 16) | (3, 1 | 2 | 4 | 8) => 1,
        (2, 8 | 16) => 3,
        (4, 8 | 16) => 2,
        (6, 8 | 16) => 4,
        _undefined => return Err(Fault::Malformed("the colour type and bit depth do not match")),
    };
    let [0, 0, 0 | 1] = rest else {
        return Err(Fault::Malformed("an unknown compression, filter or interlace method"));
    };
    let width = u32::from_be_bytes([w0, w1, w2, w3]);
    let height = u32::from_be_bytes([h0, h1, h2, h3]);
    limits.check_pixels(u64::from(width), u64::from(height))?;
    Ok(Header { width, height, bits_per_pixel: channels * depth, indexed: colour == 3 })
}

#[cfg(test)]
mod tests;
