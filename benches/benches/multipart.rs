//! How fast bodies are parsed in the chunks that a server reads: plain files, and content made to
//! look like the boundary again and again.

use std::hint::black_box;

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use dossier_multipart::{Boundary, Limits, Parser};

const CONTENT_TYPE: &str = "multipart/form-data; boundary=------------------------d74496d66958873e";
const CHUNK_LEN: usize = 64 * 1024;

fn bodies(criterion: &mut Criterion) {
    let boundary = Boundary::from_content_type(CONTENT_TYPE.as_bytes()).expect("a boundary");
    let mut group = criterion.benchmark_group("multipart");
    for (name, content) in contents() {
        let chunks = chunks(&body(&content));
        let len: usize = chunks.iter().map(Bytes::len).sum();
        group.throughput(Throughput::Bytes(len as u64));
        group.sample_size(if len > 16 << 20 { 10 } else { 100 });
        group.bench_with_input(BenchmarkId::from_parameter(name), &chunks, |bencher, chunks| {
            bencher.iter(|| parse(&boundary, chunks));
        });
    }
    group.finish();
}

fn contents() -> [(&'static str, Vec<u8>); 7] {
    let flood = |unit: &str| unit.repeat((3 << 20) / unit.len()).into_bytes();
    [
        ("100 KB", noise(100 * 1000)),
        ("3 MB", noise(3 * 1000 * 1000)),
        ("64 MB", noise(64 * 1000 * 1000)),
        ("3 MB of CR", flood("\r")),
        ("3 MB of CRLF", flood("\r\n")),
        ("3 MB of hyphens after CRLF", flood("\r\n--------------------------")),
        ("3 MB of near boundaries", flood("\r\n--------------------------d74496d66958873f")),
    ]
}

/// Bytes that look like a compressed file: xorshift with a fixed seed.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    words.flatten().take(len).collect()
}

fn body(content: &[u8]) -> Vec<u8> {
    let boundary = "--------------------------d74496d66958873e";
    let head = format!(
        "{boundary}\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nother\r\n\
         {boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"scan.pdf\"\r\n\
         Content-Type: application/pdf\r\n\r\n"
    );
    let tail = format!("\r\n{boundary}--\r\n");
    [head.as_bytes(), content, tail.as_bytes()].concat()
}

fn chunks(body: &[u8]) -> Vec<Bytes> {
    body.chunks(CHUNK_LEN).map(Bytes::copy_from_slice).collect()
}

fn parse(boundary: &Boundary, chunks: &[Bytes]) {
    let mut parser = Parser::new(boundary, Limits::default());
    for chunk in chunks {
        parser.push(chunk.clone());
        while let Some(event) = parser.next_event().expect("a sound body") {
            black_box(event);
        }
    }
    parser.finish().expect("a whole body");
}

criterion_group!(benches, bodies);
criterion_main!(benches);
