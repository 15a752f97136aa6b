//! Watches and breaks the system calls of a running server.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::NamedTempFile;

use crate::service::sh;
use crate::skip;

/// Whether strace works here; says so loudly when it does not.
#[must_use]
pub fn can_trace(what: &str) -> bool {
    let works = sh("strace -f -o /dev/null true");
    if !works {
        skip(what, "strace is missing or may not trace");
    }
    works
}

/// A tracer at work.
#[derive(Debug)]
pub struct Strace {
    pid: u32,
    child: Child,
    output: NamedTempFile,
}

impl Strace {
    /// Attaches to all threads of a process. The counts of `when=` begin now, in each thread.
    ///
    /// # Panics
    /// When it cannot attach.
    #[must_use]
    pub fn attach(pid: u32, options: &[&str]) -> Self {
        let output = NamedTempFile::new().expect("there is room for a trace");
        let mut command = Command::new("strace");
        command.args(["-f", "-p", &pid.to_string(), "-o"]).arg(output.path()).args(options);
        command.stdin(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("strace can be started");
        let mut messages = BufReader::new(child.stderr.take().expect("standard error is piped"));
        let mut line = String::new();
        while !line.contains("attached") {
            line.clear();
            let read = messages.read_line(&mut line).expect("messages are text");
            assert!(read > 0, "strace could not attach: {options:?}");
        }
        // Whoever does not read makes the writer wait.
        std::thread::spawn(move || std::io::copy(&mut messages, &mut std::io::sink()));
        Self { pid, child, output }
    }

    /// Lets go of the process, if it still lives, and returns the trace.
    ///
    /// # Panics
    /// When the trace cannot be read.
    #[must_use]
    pub fn detach(mut self) -> String {
        // A tracer that is interrupted while it buries its process may wait for ever.
        if !is_dead(self.pid) {
            let _ = sh(&format!("kill -INT {}", self.child.id()));
        }
        if !ends_soon(&mut self.child) {
            self.child.kill().expect("a child can be killed");
            self.child.wait().expect("a child can be waited for");
        }
        let bytes = std::fs::read(self.output.path()).expect("a trace can be read");
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

fn is_dead(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    matches!(state, None | Some('Z' | 'X'))
}

fn ends_soon(child: &mut Child) -> bool {
    (0..500).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        child.try_wait().expect("a child can be looked at").is_some()
    })
}
