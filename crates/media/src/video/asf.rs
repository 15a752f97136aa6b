//! ASF (WMV): the header objects, the extent of the data object and the indexes behind it.
//!
//! Source: Advanced Systems Format Specification, revision 01.20.03. Objects that the walk does
//! not know are skipped, as the specification asks. A live stream does not say where it ends: one
//! that is cut exactly between two packets cannot be told from one that ended there.

mod header;

use crate::feed::{End, Feed, Step, Walk};
use crate::video::field;
use crate::video::padding::Padding;
use crate::walker::{Conclude, Format};
use crate::{Fault, Findings, Limits};

use header::{Header, OBJECT_HEAD, Object};

/// The structure walker.
pub(crate) fn format(limits: &Limits) -> Box<dyn Format> {
    Box::new(Feed::new(Asf {
        limits: *limits,
        stage: Stage::Start,
        header: Header::default(),
        objects: 0,
        data: None,
        next: 0,
    }))
}

const HEADER: [u8; 16] = *b"\x30\x26\xB2\x75\x8E\x66\xCF\x11\xA6\xD9\x00\xAA\x00\x62\xCE\x6C";
const DATA: [u8; 16] = *b"\x36\x26\xB2\x75\x8E\x66\xCF\x11\xA6\xD9\x00\xAA\x00\x62\xCE\x6C";
/// Index, Media Object Index and Timecode Index, then the Simple Index.
const INDEXES: [[u8; 16]; 4] = [
    *b"\xD3\x29\xE2\xD6\xDA\x35\xD1\x11\x90\x34\x00\xA0\xC9\x03\x49\xBE",
    *b"\xF8\x03\xB1\xFE\xAD\x12\x64\x4C\x84\x0F\x2A\x1D\x2F\x7A\xD4\x8C",
    *b"\xD0\x3F\xB7\x3C\x4A\x0C\x03\x48\x95\x3D\xED\xF7\xB6\x22\x8F\x0C",
    *b"\x90\x08\x00\x33\xB1\xE5\xCF\x11\x89\xF4\x00\xA0\xC9\x03\x49\xCB",
];

/// The head of the Header object with the count of its objects and two reserved bytes.
const HEADER_HEAD: usize = OBJECT_HEAD + 6;

/// The head of the Data object with file id, packet count and two reserved bytes.
const DATA_HEAD: u64 = OBJECT_HEAD as u64 + 26;

/// Objects of the header and of the top level together.
const OBJECTS_MAX: u32 = 4096;

#[derive(Clone, Copy, Debug)]
enum Stage {
    Start,
    /// Among the objects of the header, which ends at `end` and owes `left` more objects.
    Header {
        end: u64,
        left: u32,
    },
    /// Among the objects of the Header Extension, inside the header.
    Extension {
        end: u64,
        header_end: u64,
        left: u32,
    },
    Top,
    /// In the packets of a live stream whose data object does not say where it ends.
    Live,
    Padding(Padding),
}

#[derive(Debug)]
struct Asf {
    limits: Limits,
    stage: Stage,
    header: Header,
    objects: u32,
    /// Bytes of packets in the data object, once it was met.
    data: Option<u64>,
    /// Where the step after this one starts.
    next: u64,
}

impl Walk for Asf {
    fn step(&mut self, at: u64, bytes: &[u8]) -> Result<Step, Fault> {
        self.settle(at)?;
        match &mut self.stage {
            Stage::Top if bytes.first() == Some(&0) => {
                let mut padding = Padding::default();
                let step = padding.take(bytes);
                self.stage = Stage::Padding(padding);
                step
            }
            Stage::Padding(padding) => padding.take(bytes),
            Stage::Live => self.live_packet(at, bytes),
            Stage::Start => self.start(at, bytes),
            Stage::Header { end, .. } | Stage::Extension { end, .. } => {
                let end = *end;
                self.header_object(at, bytes, end)
            }
            Stage::Top => self.top_object(at, bytes),
        }
    }
}

impl Conclude for Asf {
    fn conclude(&mut self, end: End, findings: &mut Findings) -> Result<(), Fault> {
        self.settle(self.next)?;
        if matches!(end, End::Short)
            || matches!(self.stage, Stage::Start | Stage::Header { .. } | Stage::Extension { .. })
        {
            return Err(Fault::Truncated);
        }
        if !self.header.video_seen {
            return Err(Fault::NoVideoTrack);
        }
        let data = self.data.ok_or(Fault::Truncated)?;
        if !self.header.is_broadcast && self.header.file_size > self.next {
            return Err(Fault::Truncated);
        }
        if data == 0 {
            let live = matches!(self.stage, Stage::Live);
            return Err(if live { Fault::Truncated } else { Fault::Malformed("ASF: no packets") });
        }
        findings.facts.duration_ms = self.header.duration_ms;
        self.header.size.record(&self.limits, &mut findings.facts)
    }
}

impl Asf {
    /// Moves out of the header and its extension where they end.
    fn settle(&mut self, at: u64) -> Result<(), Fault> {
        if let Stage::Extension { end, header_end, left } = self.stage
            && at == end
        {
            self.stage = Stage::Header { end: header_end, left };
        }
        if let Stage::Header { end, left } = self.stage
            && at == end
        {
            if left > 0 {
                return Err(Fault::Malformed("ASF: count of header objects"));
            }
            self.stage = Stage::Top;
        }
        Ok(())
    }

    fn start(&mut self, at: u64, bytes: &[u8]) -> Result<Step, Fault> {
        let Some(reserved) = field::array(bytes, 28) else { return Ok(Step::Need(HEADER_HEAD)) };
        let object = Object::read(bytes).ok_or(Fault::Malformed("ASF: header object"))?;
        let left = field::le32(bytes, 24).unwrap_or_default();
        let is_header = object.id == HEADER && object.size >= HEADER_HEAD as u64;
        if !is_header || reserved != [1, 2] {
            return Err(Fault::Malformed("ASF: header object"));
        }
        self.stage = Stage::Header { end: object.end(at)?, left };
        self.next = at + HEADER_HEAD as u64;
        Ok(Step::Consumed(HEADER_HEAD))
    }

    fn header_object(&mut self, at: u64, bytes: &[u8], limit: u64) -> Result<Step, Fault> {
        let Some(object) = Object::read(bytes) else { return Ok(Step::Need(OBJECT_HEAD)) };
        if object.end(at)? > limit {
            return Err(Fault::Malformed("ASF: an object reaches past the header"));
        }
        let want = header::wanted(&object);
        let Some(shown) = bytes.get(..want) else { return Ok(Step::Need(want)) };
        self.header.take(&object, shown)?;
        self.count()?;
        if let Stage::Header { end, left } = self.stage {
            let left =
                left.checked_sub(1).ok_or(Fault::Malformed("ASF: count of header objects"))?;
            self.stage = Stage::Header { end, left };
            if let Some(head) = header::extension_head(&object, shown)? {
                self.stage = Stage::Extension { end: object.end(at)?, header_end: end, left };
                self.next = at + head as u64;
                return Ok(Step::Consumed(head));
            }
        }
        self.next = object.end(at)?;
        Ok(Step::Skip(object.size))
    }

    /// The data object, and what stands behind it.
    fn top_object(&mut self, at: u64, bytes: &[u8]) -> Result<Step, Fault> {
        let Some(object) = Object::read(bytes) else { return Ok(Step::Need(OBJECT_HEAD)) };
        self.count()?;
        let is_data = object.id == DATA;
        if is_data == self.data.is_some() {
            return Err(Fault::Malformed("ASF: not exactly one data object behind the header"));
        }
        if is_data && self.header.is_broadcast && object.size <= DATA_HEAD {
            self.data = Some(0);
            self.stage = Stage::Live;
            self.next = at + DATA_HEAD;
            return Ok(Step::Skip(DATA_HEAD));
        }
        self.next = object.end(at)?;
        if is_data {
            let packets = object.size.checked_sub(DATA_HEAD);
            self.data = Some(packets.ok_or(Fault::Malformed("ASF: size of the data object"))?);
        }
        Ok(Step::Skip(object.size))
    }

    /// Packets of one size, up to the end of the file or to an index.
    fn live_packet(&mut self, at: u64, bytes: &[u8]) -> Result<Step, Fault> {
        let Some(id) = field::array(bytes, 0) else { return Ok(Step::Need(16)) };
        if INDEXES.contains(&id) {
            self.stage = Stage::Top;
            return self.top_object(at, bytes);
        }
        let packet = u64::from(self.header.packet_size);
        if packet < 16 {
            return Err(Fault::Malformed("ASF: size of a packet"));
        }
        self.data = self.data.map(|len| len + packet);
        self.next = at + packet;
        Ok(Step::Skip(packet))
    }

    fn count(&mut self) -> Result<(), Fault> {
        self.objects += 1;
        if self.objects > OBJECTS_MAX {
            return Err(Fault::Malformed("ASF: too many objects"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use dossier_testkit::video::asf as built;

    use super::*;
    use crate::MediaType::Asf as ASF;
    use crate::video::checks::{self, malformed};

    #[test]
    fn whole_files_with_a_video_stream_are_taken_in() {
        let table = [
            ("plain", built::asf(), Some(2000)),
            ("no index", built::asf_without_index(), Some(2000)),
            ("extended stream properties", built::with_extended_stream(), Some(2000)),
            ("broadcast", built::broadcast(), None),
            ("broadcast with an index", built::broadcast_with_index(), None),
        ];
        for (name, bytes, duration_ms) in table {
            let findings = checks::walk(ASF, &bytes);
            assert_eq!(findings.faults, [], "{name}");
            let facts = (findings.facts.width, findings.facts.height, findings.facts.duration_ms);
            assert_eq!(facts, (Some(320), Some(240), duration_ms), "{name}");
        }
    }

    #[test]
    fn every_broken_file_is_refused_with_its_fault() {
        let table = [
            ("audio only", built::audio_only(), Fault::NoVideoTrack),
            ("no data", built::without_data(), Fault::Truncated),
            ("count", built::wrong_object_count(), malformed("ASF: count of header objects")),
            (
                "twice",
                [built::asf(), built::asf()].concat(),
                malformed("ASF: not exactly one data object behind the header"),
            ),
            ("appended", [built::asf(), vec![b'P'; 64]].concat(), Fault::Truncated),
        ];
        for (name, bytes, fault) in table {
            let mut faults = checks::walk(ASF, &bytes).faults;
            faults.truncate(1);
            assert_eq!(faults, [fault], "{name}");
        }
    }

    #[test]
    fn a_file_cut_anywhere_is_truncated() {
        checks::every_cut_is_truncated(ASF, &built::asf(), &[]);
    }

    #[test]
    fn a_live_stream_may_end_only_between_two_packets() {
        let bytes = built::broadcast();
        checks::every_cut_is_truncated(ASF, &bytes, &[bytes.len() - 100]);
    }

    #[test]
    fn a_card_may_pad_the_file_with_some_zeros() {
        checks::zeros_may_follow(ASF, &built::asf());
    }
}
