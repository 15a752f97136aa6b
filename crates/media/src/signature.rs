//! Which format the first bytes announce; the walkers decide whether that is true.

mod bmff;
pub(crate) mod foreign;
mod text;
mod zip;

use memchr::memmem;

use crate::walker::{Budget, Format};
use crate::{Kind, Limits, MediaType, image, json, pdf, video};

/// How many first bytes the recognition looks at: five transport packets of 192 bytes need the
/// most among the signatures, text formats gain from some more.
pub(crate) const HEAD_MAX: usize = 2048;

/// PDF readers look for the header this far into a file.
pub(crate) const PDF_HEADER_WITHIN: usize = 1024;

/// Sizes of the second BMP header: OS/2 1 and 2, Windows 3 to 5, and Adobe's two between.
pub(crate) const DIB_SIZES: [u32; 8] = [12, 16, 40, 52, 56, 64, 108, 124];

/// Names the format of a file that starts with `head` (the whole file when it is shorter).
///
/// Signatures go from the strong to the weak, so that a short one never hides a long one.
pub(crate) fn recognise(head: &[u8]) -> Kind {
    if let Some(known) = strong(head) {
        return Kind::Known(known);
    }
    if let Some(kind) = bmff::recognise(head) {
        return kind;
    }
    if let Some(foreign) = foreign::by_magic(head) {
        return Kind::Foreign(foreign);
    }
    if is_transport_stream(head) {
        return Kind::Known(MediaType::MpegTs);
    }
    if let Some(kind) = text::markup_or_script(head).or_else(|| foreign::audio_frame(head)) {
        return Kind::Foreign(kind);
    }
    if text::is_json(head) {
        return Kind::Known(MediaType::Json);
    }
    if pdf_header(head).is_some() {
        return Kind::Foreign(foreign::PDF_LATE);
    }
    if text::is_plain(head) { Kind::Foreign(foreign::PLAIN_TEXT) } else { Kind::Unknown }
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
        MediaType::Json => json::format(limits, budget),
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

/// Where a PDF header with a version number stands within the first 1,024 bytes.
pub(crate) fn pdf_header(head: &[u8]) -> Option<usize> {
    let window = head.get(..PDF_HEADER_WITHIN + 6).unwrap_or(head);
    let found = memmem::find_iter(window, b"%PDF-");
    found.into_iter().find(|at| window.get(at + 5).is_some_and(u8::is_ascii_digit))
}

/// Bytes `at..at + N`, when the head is long enough.
fn field<const N: usize>(head: &[u8], at: usize) -> Option<[u8; N]> {
    head.get(at..)?.first_chunk::<N>().copied()
}

fn has(head: &[u8], at: usize, magic: &[u8]) -> bool {
    head.get(at..).is_some_and(|rest| rest.starts_with(magic))
}

/// The known types with signatures of four bytes and more.
fn strong(head: &[u8]) -> Option<MediaType> {
    const FIRST_BYTES: [(&[u8], MediaType); 7] = [
        (b"\xFF\xD8\xFF", MediaType::Jpeg),
        (b"\x89PNG\r\n\x1A\n", MediaType::Png),
        (b"%PDF-", MediaType::Pdf),
        (b"\x1A\x45\xDF\xA3", MediaType::Matroska),
        (b"OggS", MediaType::Ogg),
        (b"\x30\x26\xB2\x75\x8E\x66\xCF\x11\xA6\xD9\x00\xAA\x00\x62\xCE\x6C", MediaType::Asf),
        (b"FLV\x01", MediaType::Flv),
    ];
    if let Some((_, found)) = FIRST_BYTES.into_iter().find(|(magic, _)| head.starts_with(magic)) {
        Some(found)
    } else if has(head, 0, b"RIFF") && has(head, 8, b"AVI ") {
        Some(MediaType::Avi)
    } else if is_mpeg(head) {
        Some(MediaType::Mpeg)
    } else if is_bmp(head) {
        Some(MediaType::Bmp)
    } else {
        None
    }
}

/// `BM` alone also starts text; the little-endian size of the second header settles it. The
/// reserved fields do not: OS/2 keeps a hot spot there.
fn is_bmp(head: &[u8]) -> bool {
    let dib = field::<4>(head, 14).map(u32::from_le_bytes);
    has(head, 0, b"BM") && dib.is_some_and(|size| DIB_SIZES.contains(&size))
}

/// A pack header (ISO 13818-1, 2.5.3.3) or a sequence header (ISO 13818-2, 6.2.2.1), after any
/// number of zero bytes.
fn is_mpeg(head: &[u8]) -> bool {
    let zeros = head.iter().take_while(|byte| **byte == 0).count();
    let code = head.get(zeros..).and_then(|rest| rest.first_chunk::<2>());
    zeros >= 2 && matches!(code, Some([0x01, 0xBA | 0xB3]))
}

/// Five packets in a row with their sync byte (ISO 13818-1, 2.4.3.2): 188 bytes each, or 192
/// with the time stamp that Blu-ray and camcorders put in front.
fn is_transport_stream(head: &[u8]) -> bool {
    let synced = |first: usize, packet: usize| {
        (0..5).all(|nth| head.get(first + nth * packet).is_some_and(|byte| *byte == 0x47))
    };
    synced(0, 188) || synced(4, 192)
}

#[cfg(test)]
mod tests;
