//! How fast a full row is hashed, sealed and opened.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dossier_seal::{
    FileKey, HEADER_LEN, Header, Opener, ROW_LEN, Sealer, SecretKey, Sha256, SystemEntropy,
};

const ROW: u64 = ROW_LEN as u64;

fn rows(criterion: &mut Criterion) {
    #[expect(clippy::disallowed_methods, reason = "a bench has nobody to hand it in")]
    let entropy = SystemEntropy::new();
    let key = FileKey::generate(&entropy);
    let header = Header::new([1; 16], &entropy);
    let mut group = criterion.benchmark_group("row");
    group.throughput(Throughput::Bytes(ROW));

    let mut row = Box::new([7_u8; ROW_LEN]);
    group.bench_function("sha256", |bencher| bencher.iter(|| Sha256::of(row.as_slice())));

    let (mut one, mut two) = (Sha256::new(), Sha256::new());
    group.throughput(Throughput::Bytes(2 * ROW));
    group.bench_function("sha256 of two", |bencher| {
        bencher.iter(|| Sha256::push_two((&mut one, row.as_slice()), (&mut two, row.as_slice())));
    });
    group.throughput(Throughput::Bytes(ROW));

    let mut sealer = Sealer::new(&key, header);
    group.bench_function("seal", |bencher| bencher.iter(|| sealer.seal_row(&mut row)));

    let mut hash = Sha256::new();
    group.bench_function("sha256 and seal", |bencher| {
        bencher.iter(|| {
            hash.push(row.as_slice());
            sealer.seal_row(&mut row)
        });
    });

    let mut sealed = vec![7_u8; ROW_LEN];
    let len = Sealer::new(&key, header).seal_last(&mut sealed, 65_456).expect("a full row");
    let first = *sealed.first_chunk::<HEADER_LEN>().expect("a row is longer");
    let opener = Opener::new(&key, [1; 16], 65_456).expect("a short text");
    let opener = opener.begin(len as u64, &first).expect("the header is genuine");
    group.bench_function("open", |bencher| {
        bencher.iter_batched_ref(
            || sealed.clone(),
            |row| opener.open_row(0, row),
            criterion::BatchSize::LargeInput,
        );
    });
}

criterion_group!(benches, rows);
criterion_main!(benches);
