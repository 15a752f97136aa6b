//! Names of the formats: those Dossier takes in, and those it can name while refusing them.

/// A media type that some purpose permits, as found in the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MediaType {
    /// `image/bmp`
    Bmp,
    /// `image/jpeg`
    Jpeg,
    /// `image/png`
    Png,
    /// `image/heic`: a HEVC-coded still in a HEIF file with an HEVC brand.
    Heic,
    /// `image/heif`: a HEVC-coded still in a HEIF file without an HEVC brand.
    Heif,
    /// `image/heif-sequence`
    HeifSequence,
    /// `application/pdf`
    Pdf,
    /// `application/json`
    Json,
    /// `video/mp4`, M4V included
    Mp4,
    /// `video/quicktime`
    QuickTime,
    /// `video/3gpp`
    ThreeGpp,
    /// `video/3gpp2`
    ThreeGpp2,
    /// `video/webm`
    WebM,
    /// `video/x-matroska`
    Matroska,
    /// `video/x-msvideo`
    Avi,
    /// `video/mpeg`: program and elementary streams
    Mpeg,
    /// `video/mp2t`: transport streams of 188- and 192-byte packets
    MpegTs,
    /// `video/ogg`
    Ogg,
    /// `video/x-ms-asf`
    Asf,
    /// `video/x-flv`
    Flv,
}

/// The groups inside which a disagreement of name, declaration and bytes is only a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// BMP, JPEG, PNG, HEIC, HEIF and HEIF sequences
    Image,
    /// PDF
    Pdf,
    /// JSON
    Json,
    /// every video container
    Video,
}

impl MediaType {
    /// Every type, in the order of the documents.
    pub const ALL: [Self; 20] = [
        Self::Bmp,
        Self::Jpeg,
        Self::Png,
        Self::Heic,
        Self::Heif,
        Self::HeifSequence,
        Self::Pdf,
        Self::Json,
        Self::Mp4,
        Self::QuickTime,
        Self::ThreeGpp,
        Self::ThreeGpp2,
        Self::WebM,
        Self::Matroska,
        Self::Avi,
        Self::Mpeg,
        Self::MpegTs,
        Self::Ogg,
        Self::Asf,
        Self::Flv,
    ];

    /// The canonical `type/subtype` (RFC 6838), as answers name it.
    #[must_use]
    pub const fn essence(self) -> &'static str {
        match self {
            Self::Bmp => "image/bmp",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Heic => "image/heic",
            Self::Heif => "image/heif",
            Self::HeifSequence => "image/heif-sequence",
            Self::Pdf => "application/pdf",
            Self::Json => "application/json",
            Self::Mp4 => "video/mp4",
            Self::QuickTime => "video/quicktime",
            Self::ThreeGpp => "video/3gpp",
            Self::ThreeGpp2 => "video/3gpp2",
            Self::WebM => "video/webm",
            Self::Matroska => "video/x-matroska",
            Self::Avi => "video/x-msvideo",
            Self::Mpeg => "video/mpeg",
            Self::MpegTs => "video/mp2t",
            Self::Ogg => "video/ogg",
            Self::Asf => "video/x-ms-asf",
            Self::Flv => "video/x-flv",
        }
    }

    /// The group that the type belongs to.
    #[must_use]
    pub const fn group(self) -> Group {
        match self {
            Self::Bmp | Self::Jpeg | Self::Png | Self::Heic | Self::Heif | Self::HeifSequence => {
                Group::Image
            }
            Self::Pdf => Group::Pdf,
            Self::Json => Group::Json,
            Self::Mp4
            | Self::QuickTime
            | Self::ThreeGpp
            | Self::ThreeGpp2
            | Self::WebM
            | Self::Matroska
            | Self::Avi
            | Self::Mpeg
            | Self::MpegTs
            | Self::Ogg
            | Self::Asf
            | Self::Flv => Group::Video,
        }
    }

    /// The type whose canonical name is `essence`; aliases are not known here.
    #[must_use]
    pub fn from_essence(essence: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.essence() == essence)
    }
}

/// A format that is recognised so that a refusal can name it; no purpose ever takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Foreign {
    /// What people call it: `GIF`, `Word document`, `Windows program`.
    pub name: &'static str,
    /// Its media type, `application/octet-stream` when it has none.
    pub essence: &'static str,
}

/// What the first bytes say a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A type that some purpose may permit.
    Known(MediaType),
    /// A type that is never accepted.
    Foreign(Foreign),
    /// Nothing on the list.
    Unknown,
}
