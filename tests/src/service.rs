//! Runs the real binary: as a server that is killed or stopped, and as a tool.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

use crate::http::Client;
use crate::setting;

/// An API key with all scopes, known to every server that these tests start.
pub const KEY: &str = "dsk_end-to-end-tests-0123456789abcdef";

/// No server takes this long to start, however busy the machine is.
const START_DEADLINE: Duration = Duration::from_secs(120);

/// The binary, made ready to run on a data folder. Of the environment it sees the `PATH` only.
#[must_use]
pub fn dossier(data: &Path) -> Command {
    let mut command = Command::new(binary());
    command.env_clear().env("PATH", setting("PATH").unwrap_or_default());
    command.env("DOSSIER_DATA_DIR", data);
    command.stdin(Stdio::null());
    command
}

/// Beside the executable of the test, where cargo puts both; or where `E2E_BINARY` says.
fn binary() -> PathBuf {
    if let Some(path) = setting("E2E_BINARY") {
        return path.into();
    }
    let test = std::env::current_exe().expect("a test knows its executable");
    let profile = test.parent().and_then(Path::parent).expect("it lies in target/PROFILE/deps");
    let path = profile.join("dossier");
    let shown = path.display();
    assert!(path.exists(), "{shown} is missing: run `cargo build -p dossier-cli` first");
    path
}

/// Runs a command to its end.
///
/// # Panics
/// When it cannot be started.
#[must_use]
pub fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"))
}

/// Runs a line of shell and says whether it succeeded.
#[must_use]
pub fn sh(line: &str) -> bool {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", line]).stderr(Stdio::null()).stdout(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// The complaint of a server that refuses to start.
///
/// # Panics
/// When it starts, or ends as if it had.
#[must_use]
pub fn refused(configure: impl FnOnce(&mut Command), data: &Path) -> String {
    let mut command = serve(data);
    configure(&mut command);
    let mut child = command.spawn().expect("the binary can be started");
    let log = Log::of(&mut child);
    if let Some(address) = log.address() {
        let _ = child.kill();
        panic!("the server started on {address}");
    }
    let status = child.wait().expect("a child can be waited for");
    assert_eq!(status.code(), Some(1), "{}", log.text());
    log.text()
}

fn serve(data: &Path) -> Command {
    let mut command = dossier(data);
    command.arg("serve").env("DOSSIER_LISTEN", "127.0.0.1:0").env("DOSSIER_BOOTSTRAP_KEY", KEY);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// A running server. It is killed when it is dropped.
#[derive(Debug)]
pub struct Service {
    child: Child,
    address: SocketAddr,
    log: Log,
}

impl Service {
    /// Starts a server on any free port.
    ///
    /// # Panics
    /// With its log, when it does not start.
    #[must_use]
    pub fn start(data: &Path) -> Self {
        Self::start_with(|_| {}, data)
    }

    /// Starts a server that is configured further.
    ///
    /// # Panics
    /// With its log, when it does not start.
    #[must_use]
    pub fn start_with(configure: impl FnOnce(&mut Command), data: &Path) -> Self {
        let mut command = serve(data);
        configure(&mut command);
        let mut child = command.spawn().expect("the binary can be started");
        let log = Log::of(&mut child);
        let Some(address) = log.address() else {
            let _ = child.kill();
            let status = child.wait().expect("a child can be waited for");
            panic!("the server did not start ({status}):\n{}", log.text());
        };
        Self { child, address, log }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens, for clients.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A client with all scopes.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// The number of its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills it without any warning, or finds it dead.
    ///
    /// # Panics
    /// When it cannot be killed.
    pub fn kill(mut self) {
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a child can be waited for");
    }

    /// Waits for a server that something else killed.
    ///
    /// # Panics
    /// When it cannot be waited for.
    pub fn reap(&mut self) {
        self.child.wait().expect("a child can be waited for");
    }

    /// Asks it to end, as an init system does.
    ///
    /// # Panics
    /// When it is dead.
    pub fn ask_to_stop(&self) {
        assert!(sh(&format!("kill -TERM {}", self.pid())), "the server is dead");
    }

    /// Waits for its end and returns its whole log.
    ///
    /// # Panics
    /// When it cannot be waited for.
    pub fn wait(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().expect("a child can be waited for");
        (status, self.log.text())
    }

    /// Stops it; it must end well.
    ///
    /// # Panics
    /// With its log, when it does not.
    pub fn stop(self) {
        self.ask_to_stop();
        let (status, log) = self.wait();
        assert_eq!(status.code(), Some(0), "{log}");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a server writes to its standard error.
#[derive(Debug)]
struct Log {
    listening: Receiver<SocketAddr>,
    reader: std::cell::RefCell<Option<JoinHandle<String>>>,
}

impl Log {
    fn of(child: &mut Child) -> Self {
        let mut stderr = BufReader::new(child.stderr.take().expect("standard error is piped"));
        let (found, listening) = channel();
        let reader = std::thread::spawn(move || {
            let mut text = String::new();
            let mut at = 0;
            while stderr.read_line(&mut text).is_ok_and(|read| read > 0) {
                if let Some(address) = text.get(at..).and_then(listening_address) {
                    // Nobody may wait for it any more.
                    let _ = found.send(address);
                }
                at = text.len();
            }
            let _ = stderr.read_to_string(&mut text);
            text
        });
        Self { listening, reader: Some(reader).into() }
    }

    /// The address, once the server listens; nothing when it ends before.
    fn address(&self) -> Option<SocketAddr> {
        self.listening.recv_timeout(START_DEADLINE).ok()
    }

    /// All of it, once the server has ended.
    fn text(&self) -> String {
        let reader = self.reader.borrow_mut().take();
        reader.map(|reader| reader.join().expect("the log is text")).unwrap_or_default()
    }
}

fn listening_address(line: &str) -> Option<SocketAddr> {
    let event: Value = serde_json::from_str(line).ok()?;
    let listens = event["message"] == "listening";
    event["address"].as_str().filter(|_| listens)?.parse().ok()
}
