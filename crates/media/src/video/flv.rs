//! FLV: the header and the tags with their back pointers.
//!
//! Source: Adobe Flash Video File Format Specification 10.1, annex E, and Enhanced RTMP for the
//! newer codecs. A file cut exactly between two tags cannot be told from one that ended there.

use memchr::memmem;

use crate::feed::{End, Feed, NEED_MAX, Step, Walk};
use crate::video::field::{self, Size};
use crate::video::padding::Padding;
use crate::walker::{Conclude, Format};
use crate::{Fault, Findings, Limits};

/// The structure walker.
pub(crate) fn format(limits: &Limits) -> Box<dyn Format> {
    Box::new(Feed::new(Flv {
        limits: *limits,
        stage: Stage::Header,
        video_seen: false,
        size: Size::default(),
        duration_ms: None,
    }))
}

const FILE_HEADER: usize = 9;
const TAG_HEADER: usize = 11;
const BACK_POINTER: usize = 4;

const AUDIO: u8 = 8;
const VIDEO: u8 = 9;
/// Metadata in AMF3, as one server writes it.
const AMF3: u8 = 15;
const SCRIPT: u8 = 18;

#[derive(Clone, Copy, Debug)]
enum Stage {
    Header,
    /// At a PreviousTagSize that must hold this number.
    BackPointer(u32),
    Tag,
    Padding(Padding),
}

#[derive(Debug)]
struct Flv {
    limits: Limits,
    stage: Stage,
    video_seen: bool,
    size: Size,
    duration_ms: Option<u64>,
}

impl Walk for Flv {
    fn step(&mut self, _at: u64, bytes: &[u8]) -> Result<Step, Fault> {
        match &mut self.stage {
            Stage::Header => self.header(bytes),
            Stage::BackPointer(expected) => {
                let Some(found) = field::be32(bytes, 0) else {
                    return Ok(Step::Need(BACK_POINTER));
                };
                if found != *expected {
                    return Err(Fault::Malformed("FLV: PreviousTagSize"));
                }
                self.stage = Stage::Tag;
                Ok(Step::Consumed(BACK_POINTER))
            }
            Stage::Tag if bytes.first() == Some(&0) => {
                let mut padding = Padding::default();
                let step = padding.take(bytes);
                self.stage = Stage::Padding(padding);
                step
            }
            Stage::Tag => self.tag(bytes),
            Stage::Padding(padding) => padding.take(bytes),
        }
    }
}

impl Conclude for Flv {
    fn conclude(&mut self, end: End, findings: &mut Findings) -> Result<(), Fault> {
        let between_tags = matches!(self.stage, Stage::Tag | Stage::Padding(_));
        if matches!(end, End::Short) || !between_tags {
            return Err(Fault::Truncated);
        }
        if !self.video_seen {
            return Err(Fault::NoVideoTrack);
        }
        findings.facts.duration_ms = self.duration_ms;
        self.size.record(&self.limits, &mut findings.facts)
    }
}

impl Flv {
    /// Signature, version, flags and the offset of the body; the flags are known to lie.
    fn header(&mut self, bytes: &[u8]) -> Result<Step, Fault> {
        let Some(offset) = field::be32(bytes, 5) else { return Ok(Step::Need(FILE_HEADER)) };
        if !bytes.starts_with(b"FLV\x01") || offset != 9 {
            return Err(Fault::Malformed("FLV: file header"));
        }
        self.stage = Stage::BackPointer(0);
        Ok(Step::Consumed(FILE_HEADER))
    }

    fn tag(&mut self, bytes: &[u8]) -> Result<Step, Fault> {
        let (Some(size), Some(stream)) = (field::be24(bytes, 1), field::be24(bytes, 8)) else {
            return Ok(Step::Need(TAG_HEADER));
        };
        // Bit 5 marks encrypted tags, the two above it are reserved.
        let kind = bytes.first().map_or(0, |first| first & 0x1F);
        let reserved = bytes.first().map_or(0, |first| first & 0xC0);
        if !matches!(kind, AUDIO | VIDEO | AMF3 | SCRIPT) || reserved != 0 || stream != 0 {
            return Err(Fault::Malformed("FLV: tag header"));
        }
        let whole = TAG_HEADER + usize::try_from(size).unwrap_or(usize::MAX - TAG_HEADER);
        if kind == SCRIPT && whole <= NEED_MAX {
            let Some(tag) = bytes.get(..whole) else { return Ok(Step::Need(whole)) };
            self.script(tag);
        }
        self.video_seen |= kind == VIDEO && size > 0;
        self.stage = Stage::BackPointer(size + 11);
        Ok(Step::Skip(u64::from(size) + 11))
    }

    /// Looks for three numbers of `onMetaData`; what else the tag holds does not matter.
    fn script(&mut self, tag: &[u8]) {
        if memmem::find(tag, b"onMetaData").is_none() {
            return;
        }
        let side = |name| number(tag, name).and_then(field::millis_of_seconds).map(|m| m / 1000);
        if let (Some(width), Some(height)) = (side(b"\0\x05width\0"), side(b"\0\x06height\0")) {
            self.size = Size { width, height };
        }
        self.duration_ms = number(tag, b"\0\x08duration\0").and_then(field::millis_of_seconds);
    }
}

/// The AMF0 number behind `key`, which is a length, a name and the marker of a number.
fn number(tag: &[u8], key: &[u8]) -> Option<f64> {
    let at = memmem::find(tag, key)?;
    field::array(tag, at + key.len()).map(f64::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use dossier_testkit::video::flv as built;

    use super::*;
    use crate::MediaType::Flv as FLV;
    use crate::video::checks::{self, malformed};

    #[test]
    fn whole_files_with_a_video_tag_are_taken_in() {
        let findings = checks::walk(FLV, &built::flv());
        assert_eq!(findings.faults, []);
        let facts = (findings.facts.width, findings.facts.height, findings.facts.duration_ms);
        assert_eq!(facts, (Some(320), Some(240), Some(2000)));
        assert_eq!(checks::walk(FLV, &built::with_lying_flags()).faults, []);
    }

    #[test]
    fn every_broken_file_is_refused_with_its_fault() {
        let table = [
            ("audio only", built::audio_only(), Fault::NoVideoTrack),
            ("back pointer", built::wrong_back_pointer(), malformed("FLV: PreviousTagSize")),
            ("unknown tag", built::unknown_tag(), malformed("FLV: tag header")),
            ("header alone", built::header(1), Fault::NoVideoTrack),
            ("version 2", b"FLV\x02\x01\0\0\0\x09\0\0\0\0".to_vec(), malformed("FLV: file header")),
            (
                "appended archive",
                [built::flv(), vec![b'P'; 16]].concat(),
                malformed("FLV: tag header"),
            ),
        ];
        for (name, bytes, fault) in table {
            assert_eq!(checks::walk(FLV, &bytes).faults, [fault], "{name}");
        }
    }

    #[test]
    fn a_file_cut_inside_a_tag_is_truncated() {
        let bytes = built::with_lying_flags();
        let more = [bytes.clone(), built::tag(9, &[0x22; 30])].concat();
        let header = built::header(0).len();
        for len in (0..header).chain(header + 1..bytes.len()).chain(bytes.len() + 1..more.len()) {
            assert_eq!(checks::walk(FLV, &more[..len]).faults, [Fault::Truncated], "{len}");
        }
        assert_eq!(checks::walk(FLV, &more[..bytes.len()]).faults, [], "between two tags");
    }

    #[test]
    fn a_card_may_pad_the_file_with_some_zeros() {
        checks::zeros_may_follow(FLV, &built::flv());
    }
}
