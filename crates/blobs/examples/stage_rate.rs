//! Measures the store alone: stages and publishes bodies of one size, so many at a time.
//!
//! What was stored stays: erasing while others are made would measure the reuse of inodes.
//!
//! `cargo run --release -p dossier-blobs --example stage_rate -- FOLDER SIZE CONCURRENCY SECONDS`

use std::convert::Infallible;
use std::error::Error;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use dossier_blobs::{Blobs, LocalOptions, Staging, Tap};
use dossier_domain::BlobId;
use dossier_seal::{Entropy, FileKey, Header, Sealer, SecretKey, SystemEntropy};
use futures_util::stream;

/// Takes everything.
struct Any;

impl Tap for Any {
    fn push(&mut self, _: &[u8]) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// What a client sends at once.
const CHUNK: usize = 64 << 10;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let mut word = || words.next().ok_or("FOLDER SIZE CONCURRENCY SECONDS");
    let (folder, size) = (word()?, word()?.parse::<usize>()?);
    let (concurrency, seconds) = (word()?.parse::<usize>()?, word()?.parse::<u64>()?);
    let blobs = Blobs::open_local(Path::new(&folder), LocalOptions::default())?;
    let source = Bytes::from(vec![0x5a; CHUNK]);
    let stop = Arc::new(AtomicBool::new(false));

    let (begun, used) = (Instant::now(), cpu_seconds()?);
    let tasks: Vec<_> = (0..concurrency)
        .map(|_| tokio::spawn(worker(blobs.clone(), source.clone(), size, Arc::clone(&stop))))
        .collect();
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    stop.store(true, Ordering::Relaxed);
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await?);
    }
    let (took, used) = (begun.elapsed().as_secs_f64(), cpu_seconds()? - used);
    times.sort_unstable();

    let count = f64::from(u32::try_from(times.len())?);
    let bytes = count * f64::from(u32::try_from(size)?);
    let at = |part: usize| times.get(times.len() * part / 100).copied().unwrap_or_default();
    println!(
        "{size:>9} B x{concurrency:<4} {:8.0}/s {:7.0} MB/s  p50 {:6.2} p99 {:6.2} ms  \
         {:.3} CPU-ms each {:.2} CPU-s/GB  peak {} kB",
        count / took,
        bytes / took / 1e6,
        at(50).as_secs_f64() * 1e3,
        at(99).as_secs_f64() * 1e3,
        used / count * 1e3,
        used / bytes * 1e9,
        status("VmHWM:")?,
    );
    Ok(())
}

async fn worker(blobs: Blobs, source: Bytes, size: usize, stop: Arc<AtomicBool>) -> Vec<Duration> {
    #[expect(clippy::disallowed_methods, reason = "an example has nobody to hand it in")]
    let entropy = SystemEntropy::new();
    let mut times = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        let new_id = || {
            let mut id = [0; 16];
            entropy.fill(&mut id);
            BlobId::from_bytes(id)
        };
        let flight = blobs.begin(new_id).expect("random ids are new");
        let id = flight.blob().to_bytes();
        let sealer = Sealer::new(&FileKey::generate(&entropy), Header::new(id, &entropy));
        let mut left = size;
        let mut chunks = stream::iter(std::iter::from_fn(|| {
            let len = left.min(CHUNK);
            left -= len;
            (len > 0).then(|| Ok::<_, Infallible>(source.slice(..len)))
        }));
        let staging = blobs.stage(flight, sealer, &mut chunks, Any).await;
        let Ok(Staging::Whole { staged, .. }) = staging else { panic!("not staged") };
        drop(staged.publish().await.expect("the disk has room"));
        times.push(begun.elapsed());
    }
    times
}

/// Processor time of this process so far, in seconds (ticks of 10 ms, as Linux counts them).
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit(')').next().ok_or("stat")?;
    let ticks = after_name.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? / 100.0)
}

fn status(field: &str) -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)).ok_or("no such field")?;
    Ok(line.split_whitespace().next().ok_or("no number")?.parse()?)
}
