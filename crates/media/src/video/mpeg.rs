//! MPEG-1 and MPEG-2: program streams, and video elementary streams on their own.
//!
//! A program stream needs no end code, and most writers leave it out: one that is cut exactly
//! between two packets cannot be told from one that ended there.

mod elementary;
mod program;
mod sequence;

use crate::feed::{End, Feed, Step, Walk};
use crate::video::padding::PADDING_MAX;
use crate::walker::{Conclude, Format};
use crate::{Fault, Findings, Limits};

use elementary::Elementary;
use program::Program;

/// The structure walker.
pub(crate) fn format(limits: &Limits) -> Box<dyn Format> {
    Box::new(Feed::new(Mpeg { limits: *limits, layer: Layer::Unknown, zeros: 0 }))
}

const PACK: u8 = 0xBA;
const SEQUENCE: u8 = 0xB3;

/// What is left of a start code, 00 00 01 and the code, behind its zeros.
const START: usize = 2;

#[derive(Debug)]
struct Mpeg {
    limits: Limits,
    layer: Layer,
    /// Zeros right before the next byte: they are dealt with in any number, so that no run of
    /// them must be shown again, and two of them belong to a start code.
    zeros: u64,
}

#[derive(Debug)]
enum Layer {
    /// Before the first start code.
    Unknown,
    Program(Program),
    Elementary(Box<Elementary>),
}

impl Walk for Mpeg {
    fn step(&mut self, _at: u64, bytes: &[u8]) -> Result<Step, Fault> {
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        if zeros > 0 {
            self.take_zeros(zeros as u64)?;
            return Ok(Step::Consumed(zeros));
        }
        if self.zeros < 2 || bytes.first() != Some(&1) {
            self.zeros = 0;
            return self.payload(bytes);
        }
        let Some(code) = bytes.get(1) else { return Ok(Step::Need(START)) };
        let step = self.unit(*code, bytes)?;
        if !matches!(step, Step::Need(_)) {
            self.zeros = 0;
        }
        Ok(step)
    }
}

impl Conclude for Mpeg {
    fn conclude(&mut self, end: End, findings: &mut Findings) -> Result<(), Fault> {
        // One or two zeros may be the start of a start code.
        if matches!(end, End::Short) || matches!(self.zeros, 1 | 2) {
            return Err(Fault::Truncated);
        }
        let sequence = match &self.layer {
            Layer::Unknown => return Err(Fault::Truncated),
            Layer::Program(program) => program.conclude()?,
            Layer::Elementary(elementary) => elementary.conclude()?,
        };
        let Some(sequence) = sequence else { return Ok(()) };
        sequence.size.record(&self.limits, &mut findings.facts)
    }
}

impl Mpeg {
    /// Zeros may stand before any start code and at the end, and inside video.
    fn take_zeros(&mut self, zeros: u64) -> Result<(), Fault> {
        self.zeros += zeros;
        if let Layer::Elementary(elementary) = &mut self.layer
            && elementary.is_inside()
        {
            return elementary.lengthen(zeros);
        }
        if self.zeros > PADDING_MAX {
            return Err(Fault::Malformed("MPEG: too many zeros"));
        }
        Ok(())
    }

    /// Bytes that are not of a start code: only video on its own may have them.
    fn payload(&mut self, bytes: &[u8]) -> Result<Step, Fault> {
        if let Layer::Elementary(elementary) = &mut self.layer
            && elementary.is_inside()
        {
            return elementary.payload(bytes);
        }
        Err(Fault::Malformed("MPEG: bytes outside the structure"))
    }

    /// What follows a start code; `bytes` start with its last two.
    fn unit(&mut self, code: u8, bytes: &[u8]) -> Result<Step, Fault> {
        let neither = Fault::Malformed("MPEG: neither a pack nor a sequence");
        if matches!(self.layer, Layer::Unknown) {
            self.layer = match code {
                PACK => Layer::Program(Program::default()),
                SEQUENCE => Layer::Elementary(Box::new(Elementary::new())),
                _ => return Err(neither),
            };
        }
        match &mut self.layer {
            Layer::Program(program) => program.unit(code, bytes),
            Layer::Elementary(elementary) => elementary.unit(code, bytes),
            Layer::Unknown => Err(neither),
        }
    }
}

#[cfg(test)]
mod tests {
    use dossier_testkit::video::mpeg as built;

    use super::*;
    use crate::MediaType::Mpeg as MPEG;
    use crate::video::checks::{self, malformed};

    #[test]
    fn whole_streams_with_video_are_taken_in() {
        let table = [
            ("program stream", built::program_stream()),
            ("without end code", built::program_stream_without_end()),
            ("MPEG-1", built::mpeg1_program_stream()),
            ("two in a row", built::program_stream().repeat(2)),
            ("leading zeros", [vec![0; 30], built::program_stream()].concat()),
            ("elementary stream", built::elementary_stream()),
            ("two sequences", built::elementary_stream().repeat(2)),
        ];
        for (name, bytes) in table {
            let findings = checks::walk(MPEG, &bytes);
            assert_eq!(findings.faults, [], "{name}");
            let facts = (findings.facts.width, findings.facts.height);
            assert_eq!(facts, (Some(320), Some(240)), "{name}");
        }
    }

    #[test]
    fn every_broken_stream_is_refused_with_its_fault() {
        let outside = malformed("MPEG: bytes outside the structure");
        let end = [built::program_stream(), b"PK\x03\x04".to_vec()].concat();
        let text = [b"\0\0\x01\xBA".to_vec(), vec![b'a'; 300]].concat();
        let table = [
            ("audio only", built::audio_only(), Fault::NoVideoTrack),
            ("garbage", built::with_garbage(), outside),
            ("pack", built::broken_pack(), malformed("MPEG: pack header")),
            ("text", text, malformed("MPEG: pack header")),
            ("appended", end, outside),
            ("slice", built::slice_without_picture(), malformed("MPEG: order of the video")),
            ("no end code", built::elementary_stream_without_end(), Fault::Truncated),
            (
                "slices first",
                b"\0\0\x01\x01ab".to_vec(),
                malformed("MPEG: neither a pack nor a sequence"),
            ),
            (
                "system code in video",
                [built::elementary_stream(), built::program_stream()].concat(),
                malformed("MPEG: order of the video"),
            ),
        ];
        for (name, bytes, fault) in table {
            assert_eq!(checks::walk(MPEG, &bytes).faults, [fault], "{name}");
        }
    }

    #[test]
    fn a_program_stream_may_end_only_between_two_packets() {
        let bytes = built::program_stream_without_end();
        // A pack, video, a pack, private data, padding; no video is in the first pack alone.
        let (pack, video, private) = (16, 61, 29);
        let audio_at = pack + video + pack;
        for len in 0..bytes.len() {
            let expected = match len {
                len if len == pack => vec![Fault::NoVideoTrack],
                len if [pack + video, audio_at, audio_at + private].contains(&len) => vec![],
                _ => vec![Fault::Truncated],
            };
            assert_eq!(checks::walk(MPEG, &bytes[..len]).faults, expected, "cut at {len}");
        }
    }

    #[test]
    fn an_elementary_stream_cut_anywhere_is_truncated() {
        checks::every_cut_is_truncated(MPEG, &built::elementary_stream(), &[]);
    }

    #[test]
    fn a_card_may_pad_the_file_with_some_zeros() {
        checks::zeros_may_follow(MPEG, &built::program_stream());
        checks::zeros_may_follow(MPEG, &built::elementary_stream());
    }
}
