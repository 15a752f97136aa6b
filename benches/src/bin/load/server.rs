//! The server under measurement: started as a child, and what the system says of it.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::Fault;
use crate::http::{Connection, get};

/// A key with all scopes, of a client that the server makes at its start.
pub const KEY: &str = "dsk_load-measurements-0123456789abcdef";

const START_MAX: Duration = Duration::from_secs(60);
const LISTEN: &str = "127.0.0.1:18480";

/// A running server; it is stopped when this goes.
pub struct Server {
    child: Child,
    address: SocketAddr,
}

/// What a process has used.
#[derive(Clone, Copy)]
pub struct Used {
    /// Processor time in milliseconds.
    pub cpu_ms: u64,
    /// Resident memory now, in KiB.
    pub resident_kib: u64,
}

impl Server {
    /// Starts the `dossier` that lies beside this program; its log lies beside the folder.
    pub async fn start(folder: &Path) -> Result<Self, Fault> {
        fs::create_dir_all(folder.parent().ok_or("no folder")?)?;
        let binary = std::env::current_exe()?.with_file_name("dossier");
        let mut command = Command::new(&binary);
        command.args(["serve", "--listen", LISTEN, "--data-dir"]).arg(folder);
        command.env("DOSSIER_BOOTSTRAP_KEY", KEY);
        let log = folder.with_extension("log");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(fs::File::create(&log)?);
        let child = command.spawn().map_err(|e| format!("{}: {e}", binary.display()))?;
        let mut server = Self { child, address: LISTEN.parse()? };
        let since = Instant::now();
        while !server.is_ready().await {
            if since.elapsed() > START_MAX || server.child.try_wait()?.is_some() {
                return Err(format!("the server does not start: see {}", log.display()).into());
            }
            sleep(Duration::from_millis(50)).await;
        }
        Ok(server)
    }

    async fn is_ready(&self) -> bool {
        let Ok(mut connection) = self.connect().await else { return false };
        connection.call(&get("/readyz")).await.is_ok_and(|answer| answer.status == 200)
    }

    /// A new connection to it.
    pub async fn connect(&self) -> Result<Connection, Fault> {
        Connection::open(self.address).await
    }

    /// What it has used so far. A tick of the system is 10 ms.
    pub fn used(&self) -> Result<Used, Fault> {
        let pid = self.child.id();
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let (_, after_name) = stat.rsplit_once(')').ok_or("a process has a name")?;
        let fields: Vec<&str> = after_name.split_whitespace().collect();
        let ticks = |index: usize| {
            fields.get(index).ok_or("a field is missing")?.parse::<u64>().map_err(Fault::from)
        };
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = resident.and_then(|text| text.split_whitespace().next());
        Ok(Used {
            cpu_ms: (ticks(11)? + ticks(12)?) * 10,
            resident_kib: kib.ok_or("a process has memory")?.parse()?,
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // As an operator stops it, so that the log is written back; it ends within its drain time.
        let pid = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status();
        if !asked.is_ok_and(|status| status.success()) {
            let _gone = self.child.kill();
        }
        let _status = self.child.wait();
    }
}
