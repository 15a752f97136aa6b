//! BMP structure (Windows GDI `BITMAPFILEHEADER` and the OS/2 and Windows headers behind it):
//! a plausible header, and all the pixels that it promises.

mod header;
mod rle;

use self::header::{Bitmap, Coding};
use self::rle::Rle;
use crate::feed::{End, Feed, Step, Walk};
use crate::polyglot::Tail;
use crate::walker::{Conclude, Format};
use crate::{Fault, Findings, Limits};

/// The structure walker.
pub(crate) fn format(limits: &Limits) -> Box<dyn Format> {
    Box::new(Feed::new(Bmp {
        limits: *limits,
        state: State::Header,
        bitmap: None,
        end: 0,
        tail: Tail::new(),
    }))
}

#[derive(Debug)]
struct Bmp {
    limits: Limits,
    state: State,
    bitmap: Option<Bitmap>,
    /// The offset behind the last byte that was seen or passed over.
    end: u64,
    tail: Tail,
}

#[derive(Debug)]
enum State {
    Header,
    Pixels,
    Runs(Rle),
    Tail,
}

impl Bmp {
    fn header(&mut self, bytes: &[u8]) -> Result<Step, Fault> {
        let need = match header::dib_size(bytes) {
            None => header::FILE_HEADER + 4,
            Some(size) => header::FILE_HEADER + size,
        };
        if bytes.len() < need {
            return Ok(Step::Need(need));
        }
        let bitmap = header::read(bytes, &self.limits)?;
        self.state = match bitmap.coding {
            Coding::Plain => State::Pixels,
            Coding::Rle(unit) => State::Runs(Rle::new(unit, bitmap.pixels())),
        };
        let step = Step::Skip(bitmap.pixels_at);
        self.bitmap = Some(bitmap);
        Ok(step)
    }
}

impl Walk for Bmp {
    fn step(&mut self, at: u64, bytes: &[u8]) -> Result<Step, Fault> {
        match &mut self.state {
            State::Header => self.header(bytes),
            State::Pixels => {
                let length = self.bitmap.as_ref().map_or(0, Bitmap::plain_bytes);
                self.state = State::Tail;
                self.end = at + length;
                Ok(Step::Skip(length))
            }
            State::Runs(rle) => {
                let step = rle.step(bytes)?;
                match step {
                    Step::Consumed(n) => self.end = at + n as u64,
                    Step::Skip(n) => self.end = at + n,
                    Step::Need(_) | Step::Done => {}
                }
                if rle.is_over() {
                    self.state = State::Tail;
                }
                Ok(step)
            }
            State::Tail => {
                self.tail.push(bytes);
                self.end = at + bytes.len() as u64;
                Ok(Step::Consumed(bytes.len()))
            }
        }
    }
}

impl Conclude for Bmp {
    fn conclude(&mut self, end: End, findings: &mut Findings) -> Result<(), Fault> {
        let Some(bitmap) = &self.bitmap else { return Err(Fault::Truncated) };
        findings.facts.width = Some(bitmap.width);
        findings.facts.height = Some(bitmap.height);
        let complete = match &self.state {
            State::Header | State::Pixels => false,
            // Encoders forget the end marker; the pixels are there nevertheless.
            State::Runs(rle) => rle.is_painted(),
            State::Tail => true,
        };
        if !complete || end == End::Short || self.end < bitmap.least_end {
            return Err(Fault::Truncated);
        }
        match self.tail.second_file() {
            Some(other) => Err(Fault::TwoFormats(other)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
