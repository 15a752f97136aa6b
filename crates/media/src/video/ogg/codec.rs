//! What the first packet of an Ogg stream says of it.

use crate::video::field::{self, Size};

/// The codec of one logical stream, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    /// Theora (Theora specification, section 6.2).
    Theora(Theora),
    /// Another video codec: VP8, Dirac, Daala, or any in the headers of OGM.
    Video(Size),
    /// Audio, text, a skeleton or anything unknown.
    Other,
}

/// The identification header of Theora.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Theora {
    size: Size,
    /// Frames in so many seconds: numerator and denominator.
    rate: [u32; 2],
    /// Bits of the granule position that count frames since the last key frame.
    shift: u32,
}

impl Codec {
    /// Reads the first packet; whatever is not a known video codec is none.
    pub(super) fn of(packet: &[u8]) -> Self {
        if packet.starts_with(b"\x80theora") {
            return theora(packet).map_or(Self::Video(Size::default()), Self::Theora);
        }
        if packet.starts_with(b"OVP80\x01") {
            return Self::Video(vp8(packet).unwrap_or_default());
        }
        if packet.starts_with(b"\x01video\0\0\0") {
            return Self::Video(ogm(packet).unwrap_or_default());
        }
        let is_video = packet.starts_with(b"BBCD\0") || packet.starts_with(b"\x80daala");
        if is_video { Self::Video(Size::default()) } else { Self::Other }
    }

    pub(super) fn is_video(self) -> bool {
        match self {
            Self::Theora(_) | Self::Video(_) => true,
            Self::Other => false,
        }
    }

    pub(super) fn size(self) -> Size {
        match self {
            Self::Theora(theora) => theora.size,
            Self::Video(size) => size,
            Self::Other => Size::default(),
        }
    }

    /// The time of a granule position, where the codec's meaning of it is known.
    pub(super) fn millis(self, granule: u64) -> Option<u64> {
        match self {
            Self::Theora(theora) => theora.millis(granule),
            Self::Video(_) | Self::Other => None,
        }
    }
}

impl Theora {
    /// Theora specification, section A.2.3; all ones means that no packet ends on the page.
    fn millis(self, granule: u64) -> Option<u64> {
        let since_key = granule & ((1 << self.shift) - 1);
        let frames = (granule >> self.shift) + since_key;
        let [frames_per, seconds] = self.rate.map(u64::from);
        let millis = field::millis(frames, seconds, frames_per);
        millis.filter(|millis| granule != u64::MAX && *millis > 0)
    }
}

fn theora(packet: &[u8]) -> Option<Theora> {
    Some(Theora {
        size: Size {
            width: u64::from(field::be24(packet, 14)?),
            height: u64::from(field::be24(packet, 17)?),
        },
        rate: [field::be32(packet, 22)?, field::be32(packet, 26)?],
        shift: u32::from((field::be16(packet, 40)? >> 5) & 0x1F),
    })
}

fn vp8(packet: &[u8]) -> Option<Size> {
    Some(Size {
        width: u64::from(field::be16(packet, 8)?),
        height: u64::from(field::be16(packet, 10)?),
    })
}

/// The stream header of OGM: the picture size stands behind the sizes of format and buffer.
fn ogm(packet: &[u8]) -> Option<Size> {
    Some(Size {
        width: u64::from(field::le32(packet, 45)?),
        height: u64::from(field::le32(packet, 49)?),
    })
}
