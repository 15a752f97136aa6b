//! MPEG transport streams (ISO 13818-1: 2.4) of 188-byte packets, and of 192-byte ones (BDAV).
//!
//! A stream may begin and end in the middle of anything, so one of 188-byte packets that is cut
//! exactly between two packets cannot be told from a capture that ended there. One of 192-byte
//! packets comes in aligned units of 32 packets, as cameras and disc recorders write it.

mod psi;

use crate::feed::{End, Feed, Step, Walk};
use crate::video::padding::Padding;
use crate::walker::{Conclude, Format};
use crate::{Fault, Findings, Limits};

use psi::{PAT_PID, Tables};

/// The structure walker; the size of the picture is inside the video, so no limit applies.
pub(crate) fn format(_limits: &Limits) -> Box<dyn Format> {
    Box::new(Feed::new(TransportStream {
        framing: None,
        packets: 0,
        tables: Tables::default(),
        any_unit: false,
        video_unit: false,
        with_payload: PidSet::default(),
        padding: None,
    }))
}

const SYNC: u8 = 0x47;
const PACKET: usize = 188;
/// Source packets of an aligned unit of BDAV.
const ALIGNED_UNIT: u64 = 32;
/// So many sync bytes in their places make a transport stream.
const PROBED_PACKETS: usize = 5;

/// How packets follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    /// Packets alone.
    Plain,
    /// Each packet behind four bytes of arrival time.
    Stamped,
}

impl Framing {
    fn stride(self) -> usize {
        match self {
            Self::Plain => PACKET,
            Self::Stamped => PACKET + 4,
        }
    }

    /// The packet inside one stride of bytes.
    fn packet(self, stride: &[u8]) -> Option<&[u8; PACKET]> {
        stride.last_chunk()
    }

    fn fits(self, bytes: &[u8]) -> bool {
        let strides = bytes.chunks_exact(self.stride()).take(PROBED_PACKETS);
        let synced = |stride| self.packet(stride).is_some_and(|packet| packet.starts_with(&[SYNC]));
        strides.filter(|stride| synced(stride)).count() == PROBED_PACKETS
    }
}

#[derive(Debug)]
struct TransportStream {
    framing: Option<Framing>,
    packets: u64,
    tables: Tables,
    /// A PES packet of any kind began somewhere.
    any_unit: bool,
    /// A PES packet with the identifier of a video stream began somewhere.
    video_unit: bool,
    with_payload: PidSet,
    padding: Option<Padding>,
}

impl Walk for TransportStream {
    fn step(&mut self, _at: u64, bytes: &[u8]) -> Result<Step, Fault> {
        let framing = match self.framing {
            Some(framing) => framing,
            None => match probe(bytes)? {
                Probe::Need(need) => return Ok(Step::Need(need)),
                Probe::Framing(framing) => *self.framing.insert(framing),
            },
        };
        if framing == Framing::Plain && self.packets > 0 && bytes.first() == Some(&0) {
            self.padding.get_or_insert_default();
        }
        if let Some(padding) = &mut self.padding {
            return padding.take(bytes);
        }
        let mut consumed = 0;
        for stride in bytes.chunks_exact(framing.stride()) {
            let Some(packet) = framing.packet(stride) else { break };
            if framing == Framing::Plain && packet.starts_with(&[0]) {
                break;
            }
            self.packet(packet)?;
            consumed += framing.stride();
        }
        Ok(if consumed > 0 { Step::Consumed(consumed) } else { Step::Need(framing.stride()) })
    }
}

impl Conclude for TransportStream {
    fn conclude(&mut self, end: End, _findings: &mut Findings) -> Result<(), Fault> {
        let stamped = self.framing == Some(Framing::Stamped);
        if matches!(end, End::Short)
            || self.packets == 0
            || (stamped && !self.packets.is_multiple_of(ALIGNED_UNIT))
        {
            return Err(Fault::Truncated);
        }
        let announced = self.tables.video_pids().iter().any(|pid| self.with_payload.has(*pid));
        if self.video_unit || announced {
            return Ok(());
        }
        if self.any_unit || self.tables.are_known() {
            return Err(Fault::NoVideoTrack);
        }
        Err(Fault::Malformed("MPEG-TS: neither tables nor streams"))
    }
}

impl TransportStream {
    fn packet(&mut self, packet: &[u8; PACKET]) -> Result<(), Fault> {
        let [sync, b1, b2, b3, rest @ ..] = packet;
        if *sync != SYNC {
            return Err(Fault::Malformed("MPEG-TS: lost sync"));
        }
        self.packets += 1;
        let pid = Pid::from_be_bytes([b1 & 0x1F, *b2]);
        let is_damaged = b1 & 0x80 != 0;
        let has_payload = b3 & 0x10 != 0;
        if is_damaged || !has_payload || pid == NULL_PID {
            return Ok(());
        }
        let payload = if b3 & 0x20 == 0 { Some(rest.as_slice()) } else { after_adaptation(rest) };
        let payload = payload.ok_or(Fault::Malformed("MPEG-TS: adaptation field"))?;
        let starts = b1 & 0x40 != 0;
        if pid == PAT_PID || self.tables.is_pmt(pid) {
            self.tables.take(pid, psi::Piece { payload, starts });
            return Ok(());
        }
        self.with_payload.add(pid);
        if starts && let [0, 0, 1, id, ..] = payload {
            self.any_unit = true;
            self.video_unit |= (0xE0..=0xEF).contains(id);
        }
        Ok(())
    }
}

/// A packet identifier, 13 bits.
type Pid = u16;

const NULL_PID: Pid = 0x1FFF;

/// A set of packet identifiers.
#[derive(Debug)]
struct PidSet {
    bits: [u64; 128],
}

impl Default for PidSet {
    fn default() -> Self {
        Self { bits: [0; 128] }
    }
}

impl PidSet {
    fn add(&mut self, pid: Pid) {
        if let Some(word) = self.bits.get_mut(usize::from(pid / 64)) {
            *word |= 1 << (pid % 64);
        }
    }

    fn has(&self, pid: Pid) -> bool {
        self.bits.get(usize::from(pid / 64)).is_some_and(|word| word >> (pid % 64) & 1 == 1)
    }
}

/// What the first bytes say of the framing.
enum Probe {
    Need(usize),
    Framing(Framing),
}

fn probe(bytes: &[u8]) -> Result<Probe, Fault> {
    for framing in [Framing::Plain, Framing::Stamped] {
        let probed = PROBED_PACKETS * framing.stride();
        if bytes.len() < probed {
            return Ok(Probe::Need(probed));
        }
        if framing.fits(bytes) {
            return Ok(Probe::Framing(framing));
        }
    }
    Err(Fault::Malformed("MPEG-TS: no sync"))
}

/// The payload behind an adaptation field; `None` when the field is longer than the packet.
fn after_adaptation(rest: &[u8]) -> Option<&[u8]> {
    let (length, rest) = rest.split_first()?;
    rest.get(usize::from(*length)..)
}

#[cfg(test)]
mod tests {
    use dossier_testkit::video::mpeg_ts as built;

    use super::*;
    use crate::MediaType::MpegTs as TS;
    use crate::video::checks::{self, malformed};

    #[test]
    fn whole_streams_with_video_are_taken_in() {
        let table = [
            ("188-byte packets", built::transport_stream()),
            ("192-byte packets", built::m2ts()),
            ("no tables", built::without_tables()),
            ("a table over two packets", built::with_long_pmt()),
            (
                "from the middle of a picture",
                [built::transport_stream().split_off(3 * 188), built::transport_stream()].concat(),
            ),
        ];
        for (name, bytes) in table {
            assert_eq!(checks::walk(TS, &bytes).faults, [], "{name}");
        }
    }

    #[test]
    fn every_broken_stream_is_refused_with_its_fault() {
        let nothing = "MPEG-TS: neither tables nor streams";
        let lost = malformed("MPEG-TS: lost sync");
        let table = [
            ("audio only", built::audio_only(), Fault::NoVideoTrack),
            ("lost sync", built::lost_sync(), lost),
            ("sync bytes only", built::sync_bytes_only(), malformed(nothing)),
            ("text", vec![b'a'; 4000], malformed("MPEG-TS: no sync")),
            ("appended", [built::transport_stream(), vec![b'P'; 188]].concat(), lost),
            ("half a unit", built::m2ts()[..16 * 192].to_vec(), Fault::Truncated),
        ];
        for (name, bytes, fault) in table {
            assert_eq!(checks::walk(TS, &bytes).faults, [fault], "{name}");
        }
    }

    #[test]
    fn a_stream_of_plain_packets_may_end_only_between_two() {
        let bytes = built::transport_stream();
        let whole: Vec<usize> = (PROBED_PACKETS * 188..bytes.len()).step_by(188).collect();
        checks::every_cut_is_truncated(TS, &bytes, &whole);
    }

    #[test]
    fn a_camera_file_cut_anywhere_is_truncated() {
        checks::every_cut_is_truncated(TS, &built::m2ts(), &[]);
    }

    #[test]
    fn a_card_may_pad_the_file_with_some_zeros() {
        checks::zeros_may_follow(TS, &built::transport_stream());
    }
}
