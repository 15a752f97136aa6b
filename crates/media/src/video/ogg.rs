//! Ogg (RFC 3533): every page with its checksum, and the last page of every logical stream.
//!
//! A page is never buffered unless it begins a stream, whose first packet names the codec.

mod codec;

use crate::feed::{End, Feed, Step, Walk};
use crate::video::crc::Crc;
use crate::video::field;
use crate::video::padding::Padding;
use crate::walker::{Conclude, Format};
use crate::{Fault, Findings, Limits};

use codec::Codec;

/// The structure walker.
pub(crate) fn format(limits: &Limits) -> Box<dyn Format> {
    Box::new(Feed::new(Ogg {
        limits: *limits,
        stage: Stage::Page,
        streams: Vec::new(),
        pages: 0,
        video: None,
        video_ms: None,
        is_chained: false,
    }))
}

/// Logical streams that run side by side.
const STREAMS_MAX: usize = 64;

/// A page without its segment table.
const PAGE_HEAD: usize = 27;

const FIRST_PAGE: u8 = 2;
const LAST_PAGE: u8 = 4;

/// Where the walk stands.
#[derive(Debug)]
enum Stage {
    Page,
    /// In the body of a page whose checksum must come out as `expected`.
    Body {
        left: usize,
        crc: Crc,
        expected: u32,
    },
    Padding(Padding),
}

#[derive(Clone, Copy, Debug)]
struct Stream {
    serial: u32,
    codec: Codec,
    pages: u64,
    ended: bool,
}

#[derive(Debug)]
struct Ogg {
    limits: Limits,
    stage: Stage,
    /// Those of the current link of the chain.
    streams: Vec<Stream>,
    pages: u64,
    /// The first video stream.
    video: Option<Codec>,
    video_ms: Option<u64>,
    is_chained: bool,
}

/// The fields of a page head that the walk needs.
struct Page {
    flags: u8,
    granule: u64,
    serial: u32,
    expected: u32,
    body: usize,
}

impl Walk for Ogg {
    fn step(&mut self, _at: u64, bytes: &[u8]) -> Result<Step, Fault> {
        match &mut self.stage {
            Stage::Page if bytes.first() == Some(&0) && self.pages > 0 => {
                let mut padding = Padding::default();
                let step = padding.take(bytes);
                self.stage = Stage::Padding(padding);
                step
            }
            Stage::Padding(padding) => padding.take(bytes),
            Stage::Page => self.page(bytes),
            Stage::Body { left, crc, .. } => {
                let body = bytes.get(..*left).unwrap_or(bytes);
                crc.update(body);
                *left -= body.len();
                self.end_body()?;
                Ok(Step::Consumed(body.len()))
            }
        }
    }
}

impl Conclude for Ogg {
    fn conclude(&mut self, end: End, findings: &mut Findings) -> Result<(), Fault> {
        if matches!(end, End::Short) || matches!(self.stage, Stage::Body { .. }) || self.pages == 0
        {
            return Err(Fault::Truncated);
        }
        let video = self.video.ok_or(Fault::NoVideoTrack)?;
        if self.streams.iter().any(|stream| !stream.ended) {
            return Err(Fault::Truncated);
        }
        if !self.is_chained {
            findings.facts.duration_ms = self.video_ms;
        }
        video.size().record(&self.limits, &mut findings.facts)
    }
}

impl Ogg {
    fn page(&mut self, bytes: &[u8]) -> Result<Step, Fault> {
        let Some(magic) = field::array(bytes, 0) else { return Ok(Step::Need(4)) };
        if magic != *b"OggS" {
            return Err(Fault::Malformed("Ogg: not a page"));
        }
        let Some(segments) = bytes.get(PAGE_HEAD - 1) else { return Ok(Step::Need(PAGE_HEAD)) };
        let head = PAGE_HEAD + usize::from(*segments);
        let Some(shown) = bytes.get(..head) else { return Ok(Step::Need(head)) };
        let page = Page::read(shown).ok_or(Fault::Malformed("Ogg: page head"))?;
        if page.flags & FIRST_PAGE == 0 {
            self.later_page(&page)?;
        } else {
            let whole = head + page.body;
            let Some(body) = bytes.get(head..whole) else { return Ok(Step::Need(whole)) };
            self.first_page(&page, body)?;
        }
        self.pages += 1;
        let mut crc = Crc::from_zero();
        crc.update(shown.get(..22).unwrap_or_default());
        crc.update(&[0; 4]);
        crc.update(shown.get(26..).unwrap_or_default());
        self.stage = Stage::Body { left: page.body, crc, expected: page.expected };
        self.end_body()?;
        Ok(Step::Consumed(head))
    }

    /// Begins a stream; all streams of a link begin before any of them ends.
    fn first_page(&mut self, page: &Page, body: &[u8]) -> Result<(), Fault> {
        if !self.streams.is_empty() && self.streams.iter().all(|stream| stream.ended) {
            self.is_chained = true;
            self.streams.clear();
        }
        let twice = self.streams.iter().any(|stream| stream.serial == page.serial);
        if twice || self.streams.len() == STREAMS_MAX {
            return Err(Fault::Malformed("Ogg: a stream begins twice, or too many do"));
        }
        let codec = Codec::of(body);
        let ended = page.flags & LAST_PAGE != 0;
        if codec.is_video() && self.video.is_none() && !ended {
            self.video = Some(codec);
        }
        self.streams.push(Stream { serial: page.serial, codec, pages: 1, ended });
        Ok(())
    }

    fn later_page(&mut self, page: &Page) -> Result<(), Fault> {
        let stream = self.streams.iter_mut().find(|stream| stream.serial == page.serial);
        let stream = stream
            .filter(|stream| !stream.ended)
            .ok_or(Fault::Malformed("Ogg: a page of a stream that is not running"))?;
        stream.pages += 1;
        stream.ended = page.flags & LAST_PAGE != 0;
        if self.video == Some(stream.codec)
            && let Some(millis) = stream.codec.millis(page.granule)
        {
            self.video_ms = Some(millis);
        }
        Ok(())
    }

    /// Judges the checksum once the body is through.
    fn end_body(&mut self) -> Result<(), Fault> {
        if let Stage::Body { left: 0, crc, expected } = &self.stage {
            if crc.register() != *expected {
                return Err(Fault::Malformed("Ogg: checksum of a page"));
            }
            self.stage = Stage::Page;
        }
        Ok(())
    }
}

impl Page {
    /// Reads a head that is shown with its segment table.
    fn read(shown: &[u8]) -> Option<Self> {
        let [version, flags] = field::array(shown, 4)?;
        let table = shown.get(PAGE_HEAD..)?;
        (version == 0 && flags <= 7).then_some(())?;
        Some(Self {
            flags,
            granule: field::le64(shown, 6)?,
            serial: field::le32(shown, 14)?,
            expected: field::le32(shown, 22)?,
            body: table.iter().map(|len| usize::from(*len)).sum(),
        })
    }
}

#[cfg(test)]
mod tests {
    use dossier_testkit::video::ogg as built;

    use super::*;
    use crate::MediaType::Ogg as OGG;
    use crate::video::checks::{self, malformed};

    #[test]
    fn whole_files_with_a_video_stream_are_taken_in() {
        let findings = checks::walk(OGG, &built::theora());
        assert_eq!(findings.faults, []);
        let facts = (findings.facts.width, findings.facts.height, findings.facts.duration_ms);
        assert_eq!(facts, (Some(320), Some(240), Some(2000)));
        assert_eq!(checks::walk(OGG, &built::chained()).faults, []);
    }

    #[test]
    fn only_video_codecs_make_a_video() {
        let table: [(&[u8], bool); 11] = [
            (b"\x80theora\x03\x02\x01\0\x14\0\x0F\0\0\0\0\0\0", true),
            (b"BBCD\0\0\0\0\x0D", true),
            (b"\x80daala\0\0\0", true),
            (b"OVP80\x01\x01\0\x01\x40\0\xF0", true),
            (b"\x01video\0\0\0XVID", true),
            (b"\x01audio\0\0", false),
            (b"\x01vorbis\0\0\0\0\x02", false),
            (b"OpusHead\x01\x02", false),
            (b"\x7FFLAC\x01\0", false),
            (b"Speex   1.2", false),
            (b"", false),
        ];
        for (packet, is_video) in table {
            let expected = if is_video { vec![] } else { vec![Fault::NoVideoTrack] };
            let faults = checks::walk(OGG, &built::single(packet)).faults;
            assert_eq!(faults, expected, "{}", packet.escape_ascii());
        }
    }

    #[test]
    fn every_broken_file_is_refused_with_its_fault() {
        let stray = "Ogg: a page of a stream that is not running";
        let twice = [
            built::page(7, built::FIRST, 0, b"BBCD\0"),
            built::page(7, built::FIRST, 1, b"BBCD\0"),
        ];
        let table = [
            ("audio only", built::audio_only(), Fault::NoVideoTrack),
            ("checksum", built::wrong_checksum(), malformed("Ogg: checksum of a page")),
            ("no last page", built::without_last_page(), Fault::Truncated),
            ("stray page", built::stray_page(), malformed(stray)),
            ("twice", twice.concat(), malformed("Ogg: a stream begins twice, or too many do")),
            (
                "appended",
                [built::theora(), b"PK\x03\x04".to_vec()].concat(),
                malformed("Ogg: not a page"),
            ),
        ];
        for (name, bytes, fault) in table {
            assert_eq!(checks::walk(OGG, &bytes).faults, [fault], "{name}");
        }
    }

    #[test]
    fn a_file_cut_anywhere_is_truncated() {
        checks::every_cut_is_truncated(OGG, &built::theora(), &[]);
    }

    #[test]
    fn a_card_may_pad_the_file_with_some_zeros() {
        checks::zeros_may_follow(OGG, &built::theora());
    }
}
