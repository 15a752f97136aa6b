//! One sound document of every type that some purpose takes.

use dossier_testkit::bmp::Bmp;
use dossier_testkit::heif::{self, Heif};
use dossier_testkit::mp4::{self, Mp4};
use dossier_testkit::video::{asf, avi, flv, matroska, mpeg, mpeg_ts, ogg};
use dossier_testkit::{jpeg, pdf, png};

/// A sound document.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    /// Its canonical type, which is also what its client declares.
    pub(crate) essence: &'static str,
    /// A fitting filename.
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
}

/// One document of every type.
pub(crate) fn documents() -> Vec<Document> {
    let of = |essence, name, bytes| Document { essence, name, bytes };
    vec![
        of("image/bmp", "card.bmp", Bmp::black(4, 3).build()),
        of("image/jpeg", "card.jpg", jpeg::grey(16, 8)),
        of("image/png", "card.png", png::grey(4, 3)),
        of("image/heic", "card.heic", heif::heic()),
        of("image/heif", "card.heif", Heif::still(b"hvc1").brands(&[b"mif1", b"miaf"]).build()),
        of("image/heif-sequence", "burst.heifs", heif::sequence()),
        of("application/pdf", "bill.pdf", pdf::pdf()),
        of("application/json", "report.json", br#"{"result":"approved"}"#.to_vec()),
        of("video/mp4", "selfie.mp4", mp4::mp4()),
        of("video/quicktime", "selfie.mov", Mp4::new().brands(&[b"qt  "]).build()),
        of("video/3gpp", "selfie.3gp", Mp4::new().brands(&[b"3gp4"]).build()),
        of("video/3gpp2", "selfie.3g2", Mp4::new().brands(&[b"3g2a"]).build()),
        of("video/webm", "selfie.webm", matroska::webm()),
        of("video/x-matroska", "selfie.mkv", matroska::matroska()),
        of("video/x-msvideo", "selfie.avi", avi::avi()),
        of("video/mpeg", "selfie.mpg", mpeg::program_stream()),
        of("video/mp2t", "selfie.ts", mpeg_ts::transport_stream()),
        of("video/ogg", "selfie.ogv", ogg::theora()),
        of("video/x-ms-asf", "selfie.wmv", asf::asf()),
        of("video/x-flv", "selfie.flv", flv::flv()),
    ]
}

/// The document of one type.
pub(crate) fn document(essence: &str) -> Document {
    documents().into_iter().find(|d| d.essence == essence).expect("there is one of every type")
}
