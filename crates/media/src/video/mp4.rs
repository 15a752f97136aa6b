//! MP4, M4V, QuickTime, 3GPP and 3GPP2 (ISO/IEC 14496-12 and -14, 3GPP TS 26.244, QuickTime File
//! Format): whole boxes, a video track with samples, and all the data that the samples refer to.

use crate::feed::End;
use crate::isobmff::Fourcc;
use crate::isobmff::file::File;
use crate::isobmff::format::Boxes;
use crate::signature::foreign;
use crate::walker::Format;
use crate::{Fault, Findings, Kind, Limits, MediaType};

/// The structure walker.
pub(crate) fn format(limits: &Limits) -> Box<dyn Format> {
    Box::new(Boxes::new(limits, None))
}

/// Judges the boxes of a movie after the last byte.
pub(crate) fn judge(file: &mut File, end: End, findings: &mut Findings) -> Result<(), Fault> {
    findings.kind = kind(file.major());
    if matches!(findings.kind, Kind::Foreign(_)) {
        return Ok(());
    }
    file.check_whole(end)?;
    let movie = &file.movie;
    if !movie.complete {
        return Err(Fault::Truncated);
    }
    let video = movie.video.ok_or(Fault::NoVideoTrack)?;
    if video.samples == 0 && movie.fragment_samples == 0 {
        return Err(if movie.extended {
            Fault::Truncated
        } else {
            Fault::Malformed("a video track without samples")
        });
    }
    let (width, height) = video.size;
    findings.facts.width = Some(width).filter(|&w| w > 0);
    findings.facts.height = Some(height).filter(|&h| h > 0);
    findings.facts.duration_ms = movie.duration_ms();
    Ok(())
}

/// What the major brand says of a movie (<https://mp4ra.org/registered-types/brands>).
fn kind(major: Fourcc) -> Kind {
    Kind::Known(match &major {
        b"crx " => return Kind::Foreign(foreign::CANON_RAW),
        b"qt  " | b"mqt " => MediaType::QuickTime,
        [b'3', b'g', b'2', _] => MediaType::ThreeGpp2,
        [b'3', b'g', _, _] => MediaType::ThreeGpp,
        _mp4 => MediaType::Mp4,
    })
}

#[cfg(test)]
mod tests;
