//! The tables that say which packets carry what: PAT and PMT (ISO 13818-1: 2.4.4).

use super::Pid;
use crate::video::crc::Crc;
use crate::video::field;

/// The packets of the programme association table.
pub(super) const PAT_PID: Pid = 0;

/// Programmes whose map is read; one is usual, broadcasts carry a dozen.
const PROGRAMMES_MAX: usize = 64;
/// Video streams that are remembered.
const VIDEO_MAX: usize = 64;
/// A section of these tables: three bytes and at most 1021 more.
const SECTION_MAX: usize = 1024;

/// Payload of one packet, and whether a section starts in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'a> {
    pub(super) payload: &'a [u8],
    pub(super) starts: bool,
}

/// The tables read so far.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pat: Section,
    pmts: Vec<(Pid, Section)>,
    pmt_seen: bool,
    video: Vec<Pid>,
}

impl Tables {
    pub(super) fn is_pmt(&self, pid: Pid) -> bool {
        self.pmts.iter().any(|(known, _)| *known == pid)
    }

    /// Whether at least one programme map was read.
    pub(super) fn are_known(&self) -> bool {
        self.pmt_seen
    }

    /// The packets that the maps name as video.
    pub(super) fn video_pids(&self) -> &[Pid] {
        &self.video
    }

    /// Takes the payload of a packet of the PAT or of a PMT; damaged sections are ignored, for
    /// they come again.
    pub(super) fn take(&mut self, pid: Pid, piece: Piece<'_>) {
        if pid == PAT_PID {
            let mut pids = Vec::new();
            self.pat.take(piece, |section| pids.extend(programmes(section)));
            for pid in pids {
                if pid != PAT_PID && !self.is_pmt(pid) && self.pmts.len() < PROGRAMMES_MAX {
                    self.pmts.push((pid, Section::default()));
                }
            }
        } else if let Some((_, section)) = self.pmts.iter_mut().find(|(known, _)| *known == pid) {
            let (seen, video) = (&mut self.pmt_seen, &mut self.video);
            section.take(piece, |section| {
                for pid in video_streams(section, seen) {
                    if !video.contains(&pid) && video.len() < VIDEO_MAX {
                        video.push(pid);
                    }
                }
            });
        }
    }
}

/// A section that is being put together from packets.
#[derive(Debug, Default)]
struct Section {
    bytes: Vec<u8>,
    running: bool,
}

impl Section {
    fn take(&mut self, piece: Piece<'_>, mut whole: impl FnMut(&[u8])) {
        if !piece.starts {
            self.append(piece.payload, &mut whole);
            return;
        }
        let Some((pointer, rest)) = piece.payload.split_first() else { return };
        let Some((tail, start)) = rest.split_at_checked(usize::from(*pointer)) else { return };
        self.append(tail, &mut whole);
        self.bytes.clear();
        self.running = true;
        self.append(start, &mut whole);
    }

    /// Adds bytes and hands out every section that they complete.
    fn append(&mut self, mut bytes: &[u8], whole: &mut impl FnMut(&[u8])) {
        while self.running && !bytes.is_empty() {
            let want = match field::be16(&self.bytes, 1) {
                Some(length) => 3 + usize::from(length & 0x0FFF),
                None => 3,
            };
            let missing = want.saturating_sub(self.bytes.len()).min(bytes.len());
            let (now, rest) = bytes.split_at(missing);
            self.bytes.extend_from_slice(now);
            bytes = rest;
            let is_stuffing = self.bytes.first() == Some(&0xFF);
            if is_stuffing || want > SECTION_MAX {
                self.running = false;
            } else if want > 3 && self.bytes.len() == want {
                whole(&self.bytes);
                self.bytes.clear();
            } else if want == 3 && field::be16(&self.bytes, 1).is_some_and(|l| l & 0x0FFF == 0) {
                self.running = false;
            }
        }
    }
}

/// Body of a section with this table identifier whose checksum is right.
fn body(section: &[u8], table: u8) -> Option<&[u8]> {
    let mut crc = Crc::from_ones();
    crc.update(section);
    (section.first() == Some(&table) && crc.register() == 0).then_some(())?;
    section.get(8..section.len().checked_sub(4)?)
}

/// The packets that carry programme maps, from a section of the PAT.
fn programmes(section: &[u8]) -> Vec<Pid> {
    let entries = body(section, 0).unwrap_or_default().chunks_exact(4);
    let programmes = entries.filter(|entry| field::be16(entry, 0) != Some(0));
    programmes.filter_map(|entry| field::be16(entry, 2)).map(|pid| pid & 0x1FFF).collect()
}

/// The packets that carry video, from a section of a PMT.
fn video_streams(section: &[u8], seen: &mut bool) -> Vec<Pid> {
    let mut out = Vec::new();
    let Some(body) = body(section, 2) else { return out };
    *seen = true;
    let skipped = field::be16(body, 2).map_or(0, |length| usize::from(length & 0x0FFF));
    let mut rest = body.get(4 + skipped..).unwrap_or_default();
    while let Some((kind, pid, length)) = stream_head(rest) {
        let descriptors = rest.get(5..5 + length).unwrap_or_default();
        if is_video(kind, descriptors) {
            out.push(pid);
        }
        rest = rest.get(5 + length..).unwrap_or_default();
    }
    out
}

/// Stream type, packets and the length of the descriptors.
fn stream_head(bytes: &[u8]) -> Option<(u8, Pid, usize)> {
    let pid = field::be16(bytes, 1)? & 0x1FFF;
    let length = usize::from(field::be16(bytes, 3)? & 0x0FFF);
    Some((*bytes.first()?, pid, length))
}

/// Stream types of video: MPEG-1, MPEG-2, MPEG-4, H.264 with SVC, MVC and 3D, JPEG 2000, H.265,
/// VVC, EVC, AVS, Dirac and VC-1; private streams name their codec in a registration descriptor.
fn is_video(kind: u8, descriptors: &[u8]) -> bool {
    match kind {
        0x01 | 0x02 | 0x10 | 0x1B | 0x1E | 0x1F | 0x20 | 0x21 | 0x22 | 0x23 | 0x24 | 0x25 => true,
        0x28..=0x2B | 0x31..=0x36 | 0x42 | 0xD1 | 0xD2 | 0xEA => true,
        0x06 => registration(descriptors)
            .is_some_and(|name| [*b"AV01", *b"HEVC", *b"VC-1", *b"drac", *b"VP09"].contains(&name)),
        _ => false,
    }
}

/// The name in the registration descriptor (ISO 13818-1: 2.6.8).
fn registration(mut descriptors: &[u8]) -> Option<[u8; 4]> {
    while let [tag, length, rest @ ..] = descriptors {
        if *tag == 5 {
            return field::array(rest, 0);
        }
        descriptors = rest.get(usize::from(*length)..)?;
    }
    None
}
