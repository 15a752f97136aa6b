//! MPEG transport streams (ISO 13818-1) of 188-byte packets, and of 192-byte ones (BDAV).

/// A stream type that stands for H.264 video.
pub const H264: u8 = 0x1B;
/// A stream type that stands for AAC audio.
pub const AAC: u8 = 0x0F;

const PMT_PID: u16 = 0x100;
const MEDIA_PID: u16 = 0x101;

/// A transport packet: `start` says whether a section or a PES packet starts in it.
#[must_use]
pub fn packet(pid: u16, start: Start, payload: &[u8]) -> Vec<u8> {
    let [high, low] = pid.to_be_bytes();
    let flag = match start {
        Start::Here => 0x40,
        Start::Before => 0,
    };
    let stuffing = 184 - payload.len();
    let mut out = vec![0x47, high | flag, low, if stuffing == 0 { 0x10 } else { 0x30 }];
    if stuffing > 0 {
        out.push(u8::try_from(stuffing - 1).expect("a payload fills its packet at most"));
        out.extend([0].iter().chain([0xFF; 183].iter()).take(stuffing - 1));
    }
    out.extend_from_slice(payload);
    out
}

/// Where the unit in a packet starts.
#[derive(Clone, Copy, Debug)]
pub enum Start {
    /// In this packet.
    Here,
    /// In an earlier one.
    Before,
}

/// H.264 video and AAC audio in packets of 188 bytes.
#[must_use]
pub fn transport_stream() -> Vec<u8> {
    packets(&[H264, AAC]).concat()
}

/// The same in packets of 192 bytes, one aligned unit of 32.
#[must_use]
pub fn m2ts() -> Vec<u8> {
    let mut packets = packets(&[H264, AAC]);
    packets.resize(32, null_packet());
    packets.iter().flat_map(|packet| [&[0x40, 0, 0, 9], packet.as_slice()].concat()).collect()
}

/// Neither PAT nor PMT, as when a capture starts and ends between two of them.
#[must_use]
pub fn without_tables() -> Vec<u8> {
    packets(&[H264, AAC]).split_off(2).concat()
}

/// One audio stream.
#[must_use]
pub fn audio_only() -> Vec<u8> {
    packets(&[AAC]).concat()
}

/// A PMT over two packets.
#[must_use]
pub fn with_long_pmt() -> Vec<u8> {
    let mut packets = packets(&[H264, AAC]);
    let section = pmt(&[AAC; 40].into_iter().chain([H264]).collect::<Vec<_>>());
    let (first, rest) = section.split_at(180);
    packets[1] = packet(PMT_PID, Start::Here, &[&[0], first].concat());
    packets.insert(2, packet(PMT_PID, Start::Before, rest));
    packets.concat()
}

/// A packet whose sync byte is wrong.
#[must_use]
pub fn lost_sync() -> Vec<u8> {
    let mut out = transport_stream();
    out.splice(5 * 188..=5 * 188, [0x48]);
    out
}

/// Packets with a sync byte and nothing else of a transport stream.
#[must_use]
pub fn sync_bytes_only() -> Vec<u8> {
    [&[0x47, 0x1F, 0xFF][..], &[b' '; 185]].concat().repeat(8)
}

fn packets(streams: &[u8]) -> Vec<Vec<u8>> {
    let mut out = vec![
        packet(0, Start::Here, &[vec![0], pat()].concat()),
        packet(PMT_PID, Start::Here, &[vec![0], pmt(streams)].concat()),
    ];
    for (pid, kind) in (MEDIA_PID..).zip(streams) {
        let id = if *kind == AAC { 0xC0 } else { 0xE0 };
        let start = [&[0, 0, 1, id, 0, 0, 0x80, 0, 0][..], &[0x5A; 60]].concat();
        out.push(packet(pid, Start::Here, &start));
        out.push(packet(pid, Start::Before, &[0x5A; 184]));
    }
    out.extend([null_packet(), null_packet(), null_packet()]);
    out
}

fn null_packet() -> Vec<u8> {
    packet(0x1FFF, Start::Before, &[0xFF; 184])
}

fn pat() -> Vec<u8> {
    let [high, low] = PMT_PID.to_be_bytes();
    section(0, &[0, 1, 0xE0 | high, low])
}

fn pmt(streams: &[u8]) -> Vec<u8> {
    let mut body = vec![0xE1, 0x01, 0xF0, 0];
    for (pid, kind) in (MEDIA_PID..).zip(streams) {
        let [high, low] = pid.to_be_bytes();
        body.extend_from_slice(&[*kind, 0xE0 | high, low, 0xF0, 0]);
    }
    section(2, &body)
}

fn section(table: u8, body: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(body.len() + 9).expect("short sections").to_be_bytes();
    let mut out = vec![table, 0xB0 | high, low, 0, 1, 0xC1, 0, 0];
    out.extend_from_slice(body);
    let sum = checksum(&out);
    out.extend_from_slice(&sum.to_be_bytes());
    out
}

/// Polynomial 04C11DB7, most significant bit first, register starting at all ones.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ (u32::from(*byte) << 24), |sum, _| {
            (sum << 1) ^ (if sum >> 31 == 1 { 0x04C1_1DB7 } else { 0 })
        })
    })
}
