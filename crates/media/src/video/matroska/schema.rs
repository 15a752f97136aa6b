//! Which elements may stand where, as far as the walk needs it (RFC 9559, section 5).

/// A master element that the walk enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Master {
    Segment,
    Info,
    Tracks,
    TrackEntry,
    Video,
    Cluster,
}

/// What the walk does with an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Walks its children.
    Enter(Master),
    /// Reads its number.
    Keep(Value),
    /// Counts it as media and skips it.
    Block,
    /// Skips it; every Cluster has some.
    Timing,
    /// Skips it.
    Ignore,
}

/// A number that the walk keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    TimestampScale,
    Duration,
    TrackType,
    PixelWidth,
    PixelHeight,
}

pub(super) const EBML: u32 = 0x1A45_DFA3;
pub(super) const DOC_TYPE: u32 = 0x4282;
pub(super) const SEGMENT: u32 = 0x1853_8067;

/// The role of the element `id` inside `parent`; `None` when it may not stand there.
pub(super) fn role(parent: Master, id: u32) -> Option<Role> {
    if is_global(id) {
        return Some(Role::Ignore);
    }
    match parent {
        Master::Segment => segment_child(id),
        Master::Cluster => cluster_child(id),
        Master::Tracks => (id == 0xAE).then_some(Role::Enter(Master::TrackEntry)),
        Master::Info => Some(match id {
            0x2A_D7B1 => Role::Keep(Value::TimestampScale),
            0x4489 => Role::Keep(Value::Duration),
            _ => Role::Ignore,
        }),
        Master::TrackEntry => Some(match id {
            0x83 => Role::Keep(Value::TrackType),
            0xE0 => Role::Enter(Master::Video),
            _ => Role::Ignore,
        }),
        Master::Video => Some(match id {
            0xB0 => Role::Keep(Value::PixelWidth),
            0xBA => Role::Keep(Value::PixelHeight),
            _ => Role::Ignore,
        }),
    }
}

/// CRC-32 and Void (RFC 8794, section 11.3) may stand anywhere.
pub(super) fn is_global(id: u32) -> bool {
    matches!(id, 0xBF | 0xEC)
}

/// The children of a Segment; one of them ends a Cluster of unknown size.
pub(super) fn segment_child(id: u32) -> Option<Role> {
    match id {
        0x1549_A966 => Some(Role::Enter(Master::Info)),
        0x1654_AE6B => Some(Role::Enter(Master::Tracks)),
        0x1F43_B675 => Some(Role::Enter(Master::Cluster)),
        // SeekHead, Cues, Attachments, Chapters, Tags
        0x114D_9B74 | 0x1C53_BB6B | 0x1941_A469 | 0x1043_A770 | 0x1254_C367 => Some(Role::Ignore),
        _ => None,
    }
}

fn cluster_child(id: u32) -> Option<Role> {
    match id {
        // SimpleBlock, BlockGroup, EncryptedBlock
        0xA3 | 0xA0 | 0xAF => Some(Role::Block),
        // Timestamp, SilentTracks, Position, PrevSize
        0xE7 | 0x5854 | 0xA7 | 0xAB => Some(Role::Timing),
        _ => None,
    }
}
