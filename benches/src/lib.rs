//! Micro-benchmarks; run with `cargo bench -p benches`.
