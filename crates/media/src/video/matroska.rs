//! Matroska and WebM (RFC 9559): the tree down to the tracks and the blocks, never their payload.
//!
//! Segments and Clusters may be of unknown size, as browsers and live encoders write them. Such a
//! file that is cut exactly between two elements cannot be told from one that ended there.

mod ebml;
mod schema;

use crate::feed::{End, Feed, Step, Walk};
use crate::video::field::{self, Size};
use crate::video::padding::Padding;
use crate::walker::{Conclude, Format};
use crate::{Fault, Findings, Kind, Limits, MediaType};

use ebml::{Head, Read};
use schema::{Master, Role, Value};

/// The structure walker.
pub(crate) fn format(limits: &Limits) -> Box<dyn Format> {
    Box::new(Feed::new(Matroska::new(*limits)))
}

/// The EBML header holds eight short elements; writers may add a Void.
const EBML_HEADER_MAX: u64 = 4096;

/// The TrackType of a video track (RFC 9559, section 5.1.4.1.3).
const VIDEO_TRACK: u64 = 1;

/// Elements other than Clusters, blocks and their timing; cues, tags and attachments count as one
/// each.
const SIDE_ELEMENTS_MAX: u32 = 65_536;

/// A master element whose children are being walked.
#[derive(Clone, Copy, Debug)]
struct Open {
    master: Master,
    /// Where it ends at the latest; that of its parent when its own size is unknown.
    end: Option<u64>,
    size: Declared,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Declared {
    Known,
    Unknown,
}

/// What is known of the track being walked.
#[derive(Clone, Copy, Debug, Default)]
struct Track {
    kind: u64,
    size: Size,
}

#[derive(Debug)]
struct Matroska {
    limits: Limits,
    doc_type: Option<MediaType>,
    segment_seen: bool,
    tracks_seen: bool,
    block_seen: bool,
    /// The first video track.
    video: Option<Track>,
    track: Track,
    /// Nanoseconds of one tick of the duration.
    scale: u32,
    /// In ticks.
    duration: f64,
    /// Never more than Segment, Tracks, TrackEntry, Video.
    open: Vec<Open>,
    side_elements: u32,
    /// Where the step after this one starts.
    next: u64,
    padding: Option<Padding>,
}

impl Walk for Matroska {
    fn step(&mut self, at: u64, bytes: &[u8]) -> Result<Step, Fault> {
        self.leave_ended(at);
        if bytes.first() == Some(&0) && self.may_end_here() {
            self.padding.get_or_insert_default();
        }
        if let Some(padding) = &mut self.padding {
            self.next = at + bytes.len() as u64;
            return padding.take(bytes);
        }
        match ebml::read(bytes)? {
            Read::Need(need) => Ok(Step::Need(need)),
            Read::Head(head) => self.element(at, bytes, head),
        }
    }
}

impl Conclude for Matroska {
    fn conclude(&mut self, end: End, findings: &mut Findings) -> Result<(), Fault> {
        if let Some(doc_type) = self.doc_type {
            findings.kind = Kind::Known(doc_type);
        }
        self.leave_ended(self.next);
        let cut = self.open.iter().any(|open| open.size == Declared::Known);
        if cut || matches!(end, End::Short) || !self.segment_seen {
            return Err(Fault::Truncated);
        }
        if !self.tracks_seen {
            return Err(self.missing("Matroska: no Tracks"));
        }
        let video = self.video.ok_or(Fault::NoVideoTrack)?;
        if !self.block_seen {
            return Err(self.missing("Matroska: no Cluster with a block"));
        }
        findings.facts.duration_ms = self.duration_ms();
        video.size.record(&self.limits, &mut findings.facts)
    }
}

impl Matroska {
    fn new(limits: Limits) -> Self {
        Self {
            limits,
            doc_type: None,
            segment_seen: false,
            tracks_seen: false,
            block_seen: false,
            video: None,
            track: Track::default(),
            scale: 1_000_000,
            duration: 0.0,
            open: Vec::with_capacity(4),
            side_elements: 0,
            next: 0,
            padding: None,
        }
    }

    /// Walks one element whose head stands at `at`.
    fn element(&mut self, at: u64, bytes: &[u8], head: Head) -> Result<Step, Fault> {
        let size = head.size.map_or(Declared::Unknown, |_| Declared::Known);
        self.close_cluster_before(head.id);
        let limit = self.open.last().and_then(|open| open.end);
        let own_end = head.size.map(|size| at + head.len as u64 + size);
        if limit.is_some_and(|limit| own_end.unwrap_or(at + head.len as u64) > limit) {
            return Err(Fault::Malformed("Matroska: an element reaches past its parent"));
        }
        let Some(parent) = self.open.last().map(|open| open.master) else {
            return self.at_root(at, bytes, head);
        };
        let role = schema::role(parent, head.id)
            .ok_or(Fault::Malformed("Matroska: an element where it may not stand"))?;
        match role {
            Role::Enter(master) => {
                if master != Master::Cluster {
                    self.count()?;
                }
                if size == Declared::Unknown && master != Master::Cluster {
                    return Err(Fault::Malformed("Matroska: unknown size of a short element"));
                }
                self.enter(Open { master, end: own_end.or(limit), size });
                Ok(self.consume(at, head.len))
            }
            Role::Keep(value) => self.keep(at, bytes, head, value),
            Role::Block => {
                // Track number, timestamp and flags are in every block.
                self.block_seen |= head.size.is_some_and(|size| size >= 4);
                self.skip(at, head)
            }
            Role::Timing => self.skip(at, head),
            Role::Ignore => {
                self.count()?;
                self.skip(at, head)
            }
        }
    }

    /// The EBML header, then one Segment; Voids may stand between and behind.
    fn at_root(&mut self, at: u64, bytes: &[u8], head: Head) -> Result<Step, Fault> {
        match (head.id, self.doc_type) {
            (schema::EBML, None) => self.ebml_header(at, bytes, head),
            (schema::SEGMENT, Some(_)) if !self.segment_seen => {
                self.segment_seen = true;
                let size = head.size.map_or(Declared::Unknown, |_| Declared::Known);
                let end = head.size.map(|size| at + head.len as u64 + size);
                self.enter(Open { master: Master::Segment, end, size });
                Ok(self.consume(at, head.len))
            }
            (id, Some(_)) if schema::is_global(id) => {
                self.count()?;
                self.skip(at, head)
            }
            _ => Err(Fault::Malformed("Matroska: not one EBML header and one Segment")),
        }
    }

    fn ebml_header(&mut self, at: u64, bytes: &[u8], head: Head) -> Result<Step, Fault> {
        let size = head.size.filter(|size| *size <= EBML_HEADER_MAX);
        let size = size.and_then(|size| usize::try_from(size).ok());
        let size = size.ok_or(Fault::Malformed("Matroska: size of the EBML header"))?;
        let Some(header) = bytes.get(head.len..head.len + size) else {
            return Ok(Step::Need(head.len + size));
        };
        let doc_type = ebml::child(header, schema::DOC_TYPE)?.unwrap_or_default();
        // Strings may be padded with zeros (RFC 8794, section 7.4).
        let name = doc_type.split(|byte| *byte == 0).next().unwrap_or_default();
        self.doc_type = Some(match name {
            b"webm" => MediaType::WebM,
            b"matroska" => MediaType::Matroska,
            _ => return Err(Fault::Malformed("Matroska: neither WebM nor Matroska")),
        });
        Ok(self.consume(at, head.len + size))
    }

    /// Reads an element of at most eight bytes.
    fn keep(&mut self, at: u64, bytes: &[u8], head: Head, value: Value) -> Result<Step, Fault> {
        let size = head.size.filter(|size| *size <= 8).and_then(|size| usize::try_from(size).ok());
        let size = size.ok_or(Fault::Malformed("Matroska: size of a number"))?;
        let Some(payload) = bytes.get(head.len..head.len + size) else {
            return Ok(Step::Need(head.len + size));
        };
        self.count()?;
        let number = ebml::unsigned(payload);
        match value {
            Value::TimestampScale => self.scale = u32::try_from(number).unwrap_or(0),
            Value::Duration => {
                self.duration = ebml::float(payload)
                    .ok_or(Fault::Malformed("Matroska: size of the duration"))?;
            }
            Value::TrackType => self.track.kind = number,
            Value::PixelWidth => self.track.size.width = number,
            Value::PixelHeight => self.track.size.height = number,
        }
        Ok(self.consume(at, head.len + size))
    }

    fn enter(&mut self, open: Open) {
        match open.master {
            Master::Tracks => self.tracks_seen = true,
            Master::TrackEntry => self.track = Track::default(),
            Master::Segment | Master::Info | Master::Video | Master::Cluster => {}
        }
        self.open.push(open);
    }

    /// Closes the masters that end at `at`.
    fn leave_ended(&mut self, at: u64) {
        while let Some(open) = self.open.pop_if(|open| open.end == Some(at)) {
            if open.master == Master::TrackEntry
                && self.track.kind == VIDEO_TRACK
                && self.video.is_none()
            {
                self.video = Some(self.track);
            }
        }
    }

    /// A Cluster of unknown size ends where an element stands that only a Segment may hold.
    fn close_cluster_before(&mut self, id: u32) {
        self.open.pop_if(|open| {
            open.master == Master::Cluster
                && open.size == Declared::Unknown
                && schema::segment_child(id).is_some()
        });
    }

    /// Everything still open is of unknown size, or nothing is open.
    fn may_end_here(&self) -> bool {
        self.segment_seen && self.open.iter().all(|open| open.end.is_none())
    }

    /// The fault of a file in which something was never met.
    fn missing(&self, rule: &'static str) -> Fault {
        // A Segment of unknown size that ends early was cut, as far as anyone can tell.
        if self.open.is_empty() { Fault::Malformed(rule) } else { Fault::Truncated }
    }

    fn duration_ms(&self) -> Option<u64> {
        field::millis_of_seconds(self.duration * f64::from(self.scale) / 1e9)
    }

    /// Counts an element that is neither a Cluster nor in every one.
    fn count(&mut self) -> Result<(), Fault> {
        self.side_elements += 1;
        if self.side_elements > SIDE_ELEMENTS_MAX {
            return Err(Fault::Malformed("Matroska: too many elements"));
        }
        Ok(())
    }

    fn consume(&mut self, at: u64, len: usize) -> Step {
        self.next = at + len as u64;
        Step::Consumed(len)
    }

    fn skip(&mut self, at: u64, head: Head) -> Result<Step, Fault> {
        let size = head.size.ok_or(Fault::Malformed("Matroska: unknown size of an element"))?;
        let whole = head.len as u64 + size;
        self.next = at + whole;
        Ok(Step::Skip(whole))
    }
}

#[cfg(test)]
mod tests {
    use dossier_testkit::video::matroska as built;

    use super::*;
    use crate::video::checks::{self, malformed};

    #[test]
    fn whole_files_with_a_video_track_are_taken_in() {
        let table = [
            ("webm", built::webm(), MediaType::WebM),
            ("matroska", built::matroska(), MediaType::Matroska),
            ("recorder", built::live_webm(), MediaType::WebM),
        ];
        for (name, bytes, kind) in table {
            let findings = checks::walk(MediaType::Matroska, &bytes);
            assert_eq!(findings.faults, [], "{name}");
            assert_eq!(findings.kind, Kind::Known(kind), "{name}");
            let facts = (findings.facts.width, findings.facts.height, findings.facts.duration_ms);
            assert_eq!(facts, (Some(320), Some(240), Some(2000)), "{name}");
        }
    }

    #[test]
    fn every_broken_file_is_refused_with_its_fault() {
        let table = [
            ("audio only", built::audio_only(), Fault::NoVideoTrack),
            (
                "other document type",
                built::other_doc_type(),
                malformed("Matroska: neither WebM nor Matroska"),
            ),
            (
                "no clusters",
                built::without_clusters(),
                malformed("Matroska: no Cluster with a block"),
            ),
            (
                "cluster past its segment",
                built::cluster_past_its_segment(),
                malformed("Matroska: an element reaches past its parent"),
            ),
            (
                "nested unknown sizes",
                built::nested_unknown_sizes(),
                malformed("Matroska: unknown size of a short element"),
            ),
            ("void bomb", built::void_bomb(), malformed("Matroska: too many elements")),
            (
                "appended archive",
                [built::webm(), vec![b'P'; 16]].concat(),
                malformed("Matroska: not one EBML header and one Segment"),
            ),
            (
                "second document",
                [built::live_webm(), built::live_webm()].concat(),
                malformed("Matroska: an element where it may not stand"),
            ),
        ];
        for (name, bytes, fault) in table {
            assert_eq!(checks::walk(MediaType::WebM, &bytes).faults, [fault], "{name}");
        }
    }

    #[test]
    fn a_recording_may_have_any_number_of_clusters() {
        let bytes = built::with_many_clusters(30_000);
        assert_eq!(checks::walk(MediaType::WebM, &bytes).faults, []);
    }

    #[test]
    fn a_file_of_known_size_cut_anywhere_is_truncated() {
        checks::every_cut_is_truncated(MediaType::WebM, &built::webm(), &[]);
        checks::every_cut_is_truncated(MediaType::Matroska, &built::matroska(), &[]);
    }

    #[test]
    fn a_recording_of_unknown_size_may_end_only_between_two_elements() {
        let bytes = built::live_webm();
        // The head of a Cluster, its timestamp, a SimpleBlock and a BlockGroup.
        let first = bytes.len() - 2 * (12 + 10 + 19 + 26);
        let whole = [41, 67, 67 + 12, 67 + 22, 67 + 41].map(|len| first + len);
        checks::every_cut_is_truncated(MediaType::WebM, &bytes, &whole);
    }

    #[test]
    fn a_card_may_pad_the_file_with_some_zeros() {
        for bytes in [built::webm(), built::live_webm()] {
            checks::zeros_may_follow(MediaType::WebM, &bytes);
        }
    }
}
