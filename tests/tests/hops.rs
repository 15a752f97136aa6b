//! What was acknowledged survives a kill at every hop of an upload and of a deletion: the server
//! dies as it enters the n-th system call of a kind.
//!
//! `E2E_HOPS=all` goes through every n; otherwise it is the first of each kind.

use std::path::Path;

use e2e::{
    Document, Journal, Service, Strace, audited_files, can_trace, data_folder, fsck, progress,
    setting,
};

/// System calls through which bytes, names, rows and answers leave the process. A question mark
/// lets a machine do without one.
const HOPS: [&str; 8] = [
    "?mkdir,mkdirat",
    "?open,openat",
    "pwritev",
    "fdatasync",
    "fsync",
    "pwrite64",
    "?unlink,unlinkat",
    "write,writev,sendto",
];
/// Calls of the one thread that writes rows, which are seldom the first of their kind.
const DATABASE_HOPS: [&str; 2] = ["pwrite64", "fdatasync,fsync"];
/// More calls of a kind than one operation makes in a thread.
const CALLS_MAX: u32 = 60;

#[derive(Clone, Copy, Debug)]
enum Operation {
    UploadSmall,
    UploadLarge,
    Delete,
}

/// A store under attack, with the server that runs on it now.
struct Attack<'a> {
    data: &'a Path,
    service: Service,
    journal: Journal,
    seed: u64,
    kills: u32,
}

#[test]
fn acknowledged_files_survive_a_kill_at_every_hop() {
    if !can_trace("kills at every hop") {
        return;
    }
    let folder = data_folder();
    let data = folder.path();
    let mut attack = Attack {
        data,
        service: Service::start(data),
        journal: Journal::default(),
        seed: 0,
        kills: 0,
    };
    let calls_max = if setting("E2E_HOPS").as_deref() == Some("all") { CALLS_MAX } else { 1 };
    let wal = data.join("dossier.db-wal");
    let wal = wal.to_str().expect("temporary folders have plain names");
    for operation in [Operation::UploadSmall, Operation::UploadLarge, Operation::Delete] {
        for hop in HOPS {
            attack.sweep(operation, &[hop], calls_max);
        }
        for hop in DATABASE_HOPS {
            attack.sweep(operation, &[hop, "-P", wal], calls_max);
        }
    }
    progress(&format!("hops: {} kills, {}", attack.kills, attack.journal));
    assert!(attack.kills >= 15, "only {} kills hit", attack.kills);
    attack.service.stop();
}

impl Attack<'_> {
    /// Kills at the first call, the second and so on, until the operation outlives the tracer.
    fn sweep(&mut self, operation: Operation, hop: &[&str], calls_max: u32) {
        for call in 1..=calls_max {
            if !self.killed_at(operation, hop, call) {
                return;
            }
            self.kills += 1;
        }
        assert!(calls_max == 1, "{operation:?} makes too many calls of {hop:?}");
    }

    fn killed_at(&mut self, operation: Operation, hop: &[&str], call: u32) -> bool {
        if matches!(operation, Operation::Delete) && self.journal.is_empty() {
            let document = self.document(1_000);
            let status = self.journal.upload(&mut self.service.client(), &document);
            assert_eq!(status, Some(201));
        }
        let (calls, rest) = hop.split_first().expect("a hop has system calls");
        let inject = format!("inject={calls}:signal=KILL:when={call}");
        let trace = format!("trace={calls}");
        let options = [&["-e", trace.as_str(), "-e", inject.as_str()], rest].concat();
        let tracer = Strace::attach(self.service.pid(), &options);
        let answered = self.run(operation).is_some();
        let killed = tracer.detach().contains("+++ killed by SIGKILL +++")
            || self.service.client().get("/healthz").is_err();
        assert!(answered || killed, "{operation:?} failed without a kill");
        if killed {
            self.restart();
        }
        killed
    }

    fn run(&mut self, operation: Operation) -> Option<u16> {
        let mut client = self.service.client();
        match operation {
            Operation::UploadSmall => {
                let document = self.document(1_000);
                self.journal.upload(&mut client, &document)
            }
            Operation::UploadLarge => {
                let document = self.document(700_000);
                self.journal.upload(&mut client, &document)
            }
            Operation::Delete => {
                let id = self.journal.any().expect("there is a file").to_owned();
                self.journal.delete(&mut client, &id)
            }
        }
    }

    fn document(&mut self, size: usize) -> Document {
        self.seed += 1;
        Document::report(self.seed, size)
    }

    fn restart(&mut self) {
        // The dead one is waited for first: its lock is gone then.
        self.service.reap();
        self.service = Service::start(self.data);
        self.journal.verify(&mut self.service.client(), self.data);
        let found = fsck(self.data);
        assert!(found.sound && found.files == self.journal.len(), "{found:?}");
        let told = audited_files(self.data);
        assert_eq!(told, self.journal.ids(), "the audit tells of other files");
    }
}
