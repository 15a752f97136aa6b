//! Which format the first bytes announce; the walkers decide whether that is true.

use crate::walker::{Budget, Format};
use crate::{Kind, Limits, MediaType, image, json, pdf, video};

/// How many first bytes the recognition looks at: five transport packets of 192 bytes need the
/// most among the signatures, text formats gain from some more.
pub(crate) const HEAD_MAX: usize = 2048;

/// Names the format of a file that starts with `head` (the whole file when it is shorter).
pub(crate) fn recognise(_head: &[u8]) -> Kind {
    Kind::Unknown
}

/// The structure walker of a kind; `None` for kinds that are refused by their name alone.
pub(crate) fn format(kind: Kind, limits: &Limits, budget: &Budget) -> Option<Box<dyn Format>> {
    let Kind::Known(media_type) = kind else { return None };
    Some(match media_type {
        MediaType::Bmp => image::bmp::format(limits),
        MediaType::Jpeg => image::jpeg::format(limits),
        MediaType::Png => image::png::format(limits),
        MediaType::Heic | MediaType::Heif | MediaType::HeifSequence => {
            image::heif::format(limits, budget)
        }
        MediaType::Pdf => pdf::format(limits, budget),
        MediaType::Json => json::format(limits),
        MediaType::Mp4 | MediaType::QuickTime | MediaType::ThreeGpp | MediaType::ThreeGpp2 => {
            video::mp4::format(limits)
        }
        MediaType::WebM | MediaType::Matroska => video::matroska::format(limits),
        MediaType::Avi => video::avi::format(limits),
        MediaType::Mpeg => video::mpeg::format(limits),
        MediaType::MpegTs => video::mpeg_ts::format(limits),
        MediaType::Ogg => video::ogg::format(limits),
        MediaType::Asf => video::asf::format(limits),
        MediaType::Flv => video::flv::format(limits),
    })
}
