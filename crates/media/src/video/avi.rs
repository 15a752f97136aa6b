//! AVI: the RIFF chunks and the header lists; the frames in `movi` are skipped as a whole.
//!
//! Sources: Microsoft's AVI RIFF File Reference, and the OpenDML AVI File Format Extensions.

use crate::feed::{End, Feed, Step, Walk};
use crate::video::field::{self, Size};
use crate::video::padding::Padding;
use crate::walker::{Conclude, Format};
use crate::{Fault, Findings, Limits};

/// The structure walker.
pub(crate) fn format(limits: &Limits) -> Box<dyn Format> {
    Box::new(Feed::new(Avi::new(*limits)))
}

/// Chunks outside `movi`, which counts as one.
const CHUNKS_MAX: u32 = 65_536;

const CHUNK_HEAD: usize = 8;
const LIST_HEAD: usize = 12;

/// A list whose chunks are being walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    Riff,
    Header,
    Stream,
}

#[derive(Debug)]
struct Avi {
    limits: Limits,
    /// The lists around the next chunk with their ends: at most RIFF, `hdrl`, `strl`.
    open: Vec<(List, u64)>,
    riffs: u32,
    chunks: u32,
    header_seen: bool,
    video_seen: bool,
    frames_seen: bool,
    size: Size,
    duration_ms: Option<u64>,
    /// Where the step after this one starts.
    next: u64,
    padding: Option<Padding>,
}

impl Walk for Avi {
    fn step(&mut self, at: u64, bytes: &[u8]) -> Result<Step, Fault> {
        self.leave_ended(at);
        let Some((list, end)) = self.open.last().copied() else {
            return self.between_riffs(at, bytes);
        };
        if end - at < CHUNK_HEAD as u64 {
            // Only the pad byte of a list of odd size may be left over.
            self.next = end;
            return match end - at {
                1 => Ok(Step::Skip(1)),
                _ => Err(Fault::Malformed("AVI: bytes left over in a list")),
            };
        }
        self.chunk(at, bytes, list, end)
    }
}

impl Conclude for Avi {
    fn conclude(&mut self, end: End, findings: &mut Findings) -> Result<(), Fault> {
        self.leave_ended(self.next);
        if matches!(end, End::Short) || !self.open.is_empty() || self.riffs == 0 {
            return Err(Fault::Truncated);
        }
        if !self.header_seen {
            return Err(Fault::Malformed("AVI: no header list"));
        }
        if !self.video_seen {
            return Err(Fault::NoVideoTrack);
        }
        if !self.frames_seen {
            return Err(Fault::Malformed("AVI: no frames"));
        }
        findings.facts.duration_ms = self.duration_ms;
        self.size.record(&self.limits, &mut findings.facts)
    }
}

impl Avi {
    fn new(limits: Limits) -> Self {
        Self {
            limits,
            open: Vec::with_capacity(3),
            riffs: 0,
            chunks: 0,
            header_seen: false,
            video_seen: false,
            frames_seen: false,
            size: Size::default(),
            duration_ms: None,
            next: 0,
            padding: None,
        }
    }

    /// `RIFF AVI ` first, then any number of `RIFF AVIX`, then at most padding.
    fn between_riffs(&mut self, at: u64, bytes: &[u8]) -> Result<Step, Fault> {
        if bytes.first() == Some(&0) && self.riffs > 0 {
            self.padding.get_or_insert_default();
        }
        if let Some(padding) = &mut self.padding {
            return padding.take(bytes);
        }
        let Some([id, size, kind]) = list_head(bytes) else {
            return Ok(Step::Need(LIST_HEAD));
        };
        let expected = if self.riffs == 0 { b"AVI " } else { b"AVIX" };
        if id != *b"RIFF" || kind != *expected {
            return Err(Fault::Malformed("AVI: neither RIFF AVI nor RIFF AVIX"));
        }
        self.riffs += 1;
        self.count()?;
        match u32::from_le_bytes(size) {
            // Recorders fill the size in when they stop.
            0 | u32::MAX => Err(Fault::Truncated),
            1..=3 => Err(without_kind()),
            size => Ok(self.enter(at, List::Riff, at + 8 + u64::from(size))),
        }
    }

    fn chunk(&mut self, at: u64, bytes: &[u8], list: List, end: u64) -> Result<Step, Fault> {
        let (Some(id), Some(size)) = (field::array(bytes, 0), field::le32(bytes, 4)) else {
            return Ok(Step::Need(CHUNK_HEAD));
        };
        if !id.iter().all(|byte: &u8| (0x20..0x7F).contains(byte)) {
            return Err(Fault::Malformed("AVI: not a chunk identifier"));
        }
        let body_end = at + CHUNK_HEAD as u64 + u64::from(size);
        if body_end > end {
            return Err(Fault::Malformed("AVI: a chunk reaches past its list"));
        }
        let padded_end = (body_end + u64::from(size % 2)).min(end);
        let step = match (list, &id) {
            (List::Riff | List::Header, b"LIST") => {
                return self.list(at, bytes, list, padded_end);
            }
            (List::Header, b"avih") => self.main_header(bytes, size)?,
            (List::Stream, b"strh") => self.stream_header(bytes, size)?,
            (List::Riff | List::Header | List::Stream, _) => None,
        };
        if let Some(need) = step {
            return Ok(need);
        }
        self.count()?;
        Ok(self.skip_to(at, padded_end))
    }

    fn list(&mut self, at: u64, bytes: &[u8], parent: List, end: u64) -> Result<Step, Fault> {
        let Some([_, size, kind]) = list_head(bytes) else {
            return Ok(Step::Need(LIST_HEAD));
        };
        let size = u32::from_le_bytes(size);
        if size < 4 {
            return Err(without_kind());
        }
        self.count()?;
        match (parent, &kind) {
            (List::Riff, b"hdrl") => {
                self.header_seen = true;
                Ok(self.enter(at, List::Header, end))
            }
            (List::Header, b"strl") => Ok(self.enter(at, List::Stream, end)),
            (List::Riff, b"movi") => {
                // One chunk at least.
                self.frames_seen |= size >= 4 + 8;
                Ok(self.skip_to(at, end))
            }
            (List::Riff | List::Header | List::Stream, _) => Ok(self.skip_to(at, end)),
        }
    }

    /// `AVIMAINHEADER`; answers a need while too few bytes are shown.
    fn main_header(&mut self, bytes: &[u8], size: u32) -> Result<Option<Step>, Fault> {
        if size < 40 {
            return Err(Fault::Malformed("AVI: main header too short"));
        }
        let (Some(width), Some(height)) = (field::le32(bytes, 40), field::le32(bytes, 44)) else {
            return Ok(Some(Step::Need(48)));
        };
        self.size = Size { width: u64::from(width), height: u64::from(height) };
        Ok(None)
    }

    /// `AVISTREAMHEADER`; answers a need while too few bytes are shown.
    fn stream_header(&mut self, bytes: &[u8], size: u32) -> Result<Option<Step>, Fault> {
        if size < 36 {
            return Err(Fault::Malformed("AVI: stream header too short"));
        }
        let Some(length) = field::le32(bytes, 40) else {
            return Ok(Some(Step::Need(44)));
        };
        // `iavs` is video and audio of a digital camcorder in one stream.
        if matches!(field::array(bytes, 8), Some(kind) if kind == *b"vids" || kind == *b"iavs") {
            self.video_seen = true;
            let scale = field::le32(bytes, 28).unwrap_or_default();
            let rate = field::le32(bytes, 32).unwrap_or_default();
            let duration = field::millis(u64::from(length), u64::from(scale), u64::from(rate));
            self.duration_ms = self.duration_ms.or(duration.filter(|millis| *millis > 0));
        }
        Ok(None)
    }

    fn enter(&mut self, at: u64, list: List, end: u64) -> Step {
        self.open.push((list, end));
        self.next = at + LIST_HEAD as u64;
        Step::Consumed(LIST_HEAD)
    }

    fn leave_ended(&mut self, at: u64) {
        while self.open.pop_if(|(_, end)| *end == at).is_some() {}
    }

    fn skip_to(&mut self, at: u64, end: u64) -> Step {
        self.next = end;
        Step::Skip(end - at)
    }

    fn count(&mut self) -> Result<(), Fault> {
        self.chunks += 1;
        if self.chunks > CHUNKS_MAX {
            return Err(Fault::Malformed("AVI: too many chunks"));
        }
        Ok(())
    }
}

/// Identifier, size and kind of a `RIFF` or `LIST` chunk.
fn list_head(bytes: &[u8]) -> Option<[[u8; 4]; 3]> {
    Some([field::array(bytes, 0)?, field::array(bytes, 4)?, field::array(bytes, 8)?])
}

fn without_kind() -> Fault {
    Fault::Malformed("AVI: a list without its kind")
}

#[cfg(test)]
mod tests {
    use dossier_testkit::video::avi as built;

    use super::*;
    use crate::MediaType::Avi as AVI;
    use crate::video::checks::{self, malformed};

    #[test]
    fn whole_files_with_a_video_stream_are_taken_in() {
        let table = [
            ("plain", built::avi()),
            ("OpenDML", built::open_dml()),
            ("interleaved", built::interleaved()),
            ("a playlist as subtitle stays inert", built::with_playlist()),
        ];
        for (name, bytes) in table {
            let findings = checks::walk(AVI, &bytes);
            assert_eq!(findings.faults, [], "{name}");
            let facts = (findings.facts.width, findings.facts.height, findings.facts.duration_ms);
            assert_eq!(facts, (Some(320), Some(240), Some(2000)), "{name}");
        }
    }

    #[test]
    fn every_broken_file_is_refused_with_its_fault() {
        let past = "AVI: a chunk reaches past its list";
        let junk = "AVI: neither RIFF AVI nor RIFF AVIX";
        let table = [
            ("audio only", built::audio_only(), Fault::NoVideoTrack),
            ("unfinished", built::unfinished(), Fault::Truncated),
            ("no movi", built::without_movi(), malformed("AVI: no frames")),
            ("list past its RIFF", built::list_past_its_riff(), malformed(past)),
            ("no header", built::list(b"RIFF", b"AVI ", &[]), malformed("AVI: no header list")),
            ("twice", [built::avi(), built::avi()].concat(), malformed(junk)),
            (
                "appended",
                [built::avi(), b"PK\x03\x04PK\x03\x04PK\x03\x04".to_vec()].concat(),
                malformed(junk),
            ),
        ];
        for (name, bytes, fault) in table {
            assert_eq!(checks::walk(AVI, &bytes).faults, [fault], "{name}");
        }
    }

    #[test]
    fn a_file_cut_anywhere_is_truncated() {
        checks::every_cut_is_truncated(AVI, &built::avi(), &[]);
        // A second part has its own size: what ends before it is a file of one part.
        checks::every_cut_is_truncated(AVI, &built::open_dml(), &[built::avi().len()]);
    }

    #[test]
    fn a_card_may_pad_the_file_with_some_zeros() {
        checks::zeros_may_follow(AVI, &built::avi());
    }

    #[test]
    fn more_chunks_than_any_writer_makes_are_refused() {
        let many = built::chunk(b"JUNK", &[]).repeat(70_000);
        let bytes = built::list(b"RIFF", b"AVI ", &[many]);
        assert_eq!(checks::walk(AVI, &bytes).faults, [malformed("AVI: too many chunks")]);
    }
}
