//! How fast each walker passes over a large file, in pushes of 64 KiB as the upload makes them;
//! the search for a second format beside it is included.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dossier_media::{Budget, Findings, Limits, Verdict, Walker};
use dossier_testkit::{bmp::Bmp, jpeg, json, mp4::Mp4, pdf, png, video};

const LEN: usize = 16 * 1024 * 1024;
const PUSH: usize = 64 * 1024;

fn walk(bytes: &[u8]) -> Findings {
    let mut walker = Walker::new(Limits::default(), Budget::new(LEN));
    for piece in bytes.chunks(PUSH) {
        if walker.push(piece).is_break() {
            break;
        }
    }
    match walker.finish() {
        Verdict::Settled(findings) => findings,
        Verdict::NeedsReadBack(_) => unreachable!("no file here needs a second pass"),
    }
}

/// Bytes without a pattern, as compressed data are.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    std::iter::repeat_with(next).take(len).collect()
}

fn files() -> Vec<(&'static str, Vec<u8>)> {
    let bitmap = Bmp { body: noise(2400 * 2400 * 3), ..Bmp::black(2400, 2400) };
    let runs = [[100, 1].repeat(LEN / 2), vec![0, 1]].concat();
    let packets = video::mpeg_ts::transport_stream();
    let mut flash = video::flv::flv();
    let frame = video::flv::tag(9, &[&[0x22], noise(50_000).as_slice()].concat());
    flash.extend(frame.repeat(LEN / frame.len()));
    vec![
        ("bmp", bitmap.build()),
        ("bmp in runs", Bmp::runs(40_000, 6000, &runs).build()),
        ("jpeg", jpeg::large(LEN)),
        ("png", png::large(LEN)),
        ("json", json::records(LEN)),
        ("json of one object", json::object(500_000)),
        ("pdf", pdf::Builder::new().build_sized(LEN)),
        ("mp4", Mp4::new().padded_to(LEN).build()),
        ("flv", flash),
        ("mpeg-ts", packets.repeat(LEN / packets.len())),
    ]
}

fn walkers(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("walk");
    group.sample_size(20);
    for (name, file) in files() {
        let findings = walk(&file);
        assert!(findings.faults.is_empty(), "{name}: {findings:?}");
        group.throughput(Throughput::Bytes(file.len() as u64));
        group.bench_function(name, |bencher| bencher.iter(|| walk(&file)));
    }
    group.finish();
}

criterion_group!(benches, walkers);
criterion_main!(benches);
