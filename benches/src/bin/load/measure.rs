//! Driving the server, and the figures of it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use tokio::task::spawn_local;
use tokio::time::{Instant, sleep_until};

use crate::Fault;
use crate::server::Server;

const CONNECTIONS: usize = 16;
/// At full speed the latency is no more than the number of connections divided by the rate; what
/// one caller waits shows at a rate that the server can bear.
const PACED_PER_SECOND: u64 = 500;

/// Where the figures go, and which are wanted.
pub struct Table<'a> {
    pub server: &'a Server,
    pub seconds: u64,
    pub name: &'a str,
}

/// Requests that differ: made from their number, until there are no more.
pub type Requests = Rc<dyn Fn(usize) -> Option<Vec<u8>>>;

/// One kind of request.
pub struct Case {
    pub name: String,
    pub status: u16,
    pub requests: Requests,
}

#[derive(Clone, Copy)]
enum Pace {
    /// Each connection asks again as soon as it was answered.
    Full,
    /// Requests start at this distance from each other.
    Every(Duration),
}

struct Figures {
    took: Duration,
    /// In microseconds, sorted.
    latencies: Vec<u64>,
}

impl Figures {
    fn per_second(&self) -> u64 {
        let micros = self.took.as_micros().max(1);
        u64::try_from(self.latencies.len() as u128 * 1_000_000 / micros).unwrap_or(u64::MAX)
    }

    /// So many per cent of the requests were answered within this time.
    fn percentile(&self, percent: usize) -> String {
        let index = (self.latencies.len() * percent / 100).min(self.latencies.len().max(1) - 1);
        thousandths(self.latencies.get(index).copied().unwrap_or_default())
    }
}

/// The head of the table.
pub fn print_head() {
    println!(
        "| request | /s | p50 ms | p99 ms | CPU-ms | at {PACED_PER_SECOND}/s: p50 ms | p99 ms | \
         resident MB before, after |"
    );
    println!("|---|---|---|---|---|---|---|---|");
}

impl Table<'_> {
    /// Whether this measurement is wanted.
    pub fn wants(&self, name: &str) -> bool {
        name.contains(self.name)
    }

    /// Measures one kind of request and prints its line.
    pub async fn measure(&self, case: Case) -> Result<(), Fault> {
        let Self { server, seconds, .. } = *self;
        let next = Rc::new(Cell::new(0));
        let before = server.used()?;
        let full = drive(server, &case, &next, (Pace::Full, Duration::from_secs(seconds))).await?;
        let after = server.used()?;
        let every = Pace::Every(Duration::from_secs(1) / u32::try_from(PACED_PER_SECOND)?);
        let paced = drive(server, &case, &next, (every, Duration::from_secs(seconds))).await?;
        let requests = u64::try_from(full.latencies.len().max(1))?;
        println!(
            "| {} | {} | {} | {} | {} | {} | {} | {}, {} |",
            case.name,
            full.per_second(),
            full.percentile(50),
            full.percentile(99),
            thousandths((after.cpu_ms - before.cpu_ms) * 1000 / requests),
            paced.percentile(50),
            paced.percentile(99),
            before.resident_kib >> 10,
            after.resident_kib >> 10,
        );
        Ok(())
    }
}

/// Sends requests over all connections for some time, or until there are no more.
async fn drive(
    server: &Server,
    case: &Case,
    next: &Rc<Cell<usize>>,
    (pace, duration): (Pace, Duration),
) -> Result<Figures, Fault> {
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(server.connect().await?);
    }
    let (started, slot) = (Instant::now(), Rc::new(Cell::new(0_u32)));
    let latencies = Rc::new(RefCell::new(Vec::new()));
    let tasks: Vec<_> = connections
        .into_iter()
        .map(|mut connection| {
            let (requests, status) = (Rc::clone(&case.requests), case.status);
            let (next, slot, latencies) = (Rc::clone(next), Rc::clone(&slot), latencies.clone());
            spawn_local(async move {
                while started.elapsed() < duration {
                    let Some(request) = requests(next.replace(next.get() + 1)) else { break };
                    let since = start_of(pace, started, &slot).await;
                    let answer = connection.call(&request).await.and_then(|a| a.expect(status));
                    answer.map_err(|e| e.to_string())?;
                    let micros = since.elapsed().as_micros();
                    latencies.borrow_mut().push(u64::try_from(micros).unwrap_or(u64::MAX));
                }
                Ok::<_, String>(())
            })
        })
        .collect();
    for task in tasks {
        task.await?.map_err(Fault::from)?;
    }
    let took = started.elapsed();
    let mut latencies = latencies.take();
    latencies.sort_unstable();
    Ok(Figures { took, latencies })
}

/// Waits until a request is due, and answers since when it has been: one that comes late because
/// all connections were taken has waited already.
async fn start_of(pace: Pace, started: Instant, slot: &Cell<u32>) -> Instant {
    let Pace::Every(distance) = pace else { return Instant::now() };
    let due = started + distance * slot.replace(slot.get() + 1);
    if due <= Instant::now() {
        return due;
    }
    sleep_until(due).await;
    // The timer itself is up to a millisecond late.
    Instant::now()
}

fn thousandths(number: u64) -> String {
    format!("{}.{:02}", number / 1000, number % 1000 / 10)
}
