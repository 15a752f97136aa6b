//! What 201 means: bytes synced, name synced, row synced, in this order, before the answer. And
//! what happens when a sync fails or the disk is full.

use std::fs;
use std::path::Path;

use e2e::{
    Document, Journal, Service, Strace, blob_files, can_trace, data_folder, eventually, fsck, sh,
    skip,
};

const SYNCS: &str = "fdatasync,fsync";

#[test]
fn the_answer_comes_after_bytes_name_and_row_are_synced() {
    if !can_trace("the order of syncs") {
        return;
    }
    let folder = data_folder();
    let service = swept(folder.path());
    let calls = "trace=openat,fdatasync,fsync,write,writev,sendto,sendmsg";
    let tracer = Strace::attach(service.pid(), &["-yy", "-s", "16", "-e", calls]);
    // The first upload makes its own name, later ones find theirs made ahead.
    let sizes = [20, 1_000, 65_456, 200_000, 3_000_000, 1_000_000, 100];
    let mut names = Vec::new();
    for (seed, size) in (0..).zip(sizes) {
        let before = blob_files(folder.path());
        let answer = service.client().upload(&Document::report(seed, size)).unwrap();
        assert_eq!(answer.status, 201, "{}", answer.text());
        let new = blob_files(folder.path()).into_iter().find(|path| !before.contains(path));
        names.push(new.unwrap().file_name().unwrap().to_str().unwrap().to_owned());
    }
    let trace = tracer.detach();
    for (number, name) in names.iter().enumerate() {
        let order = Order::of(&trace, folder.path(), (number, name));
        assert!(order.holds(), "upload {number}: {order:?}\n{trace}");
    }
    service.stop();
}

/// A server whose first sweep, which syncs a mark of its own, is over.
fn swept(data: &Path) -> Service {
    Service::start(data).kill();
    let left = data.join("blobs/000").join("0".repeat(32));
    fs::create_dir_all(left.parent().unwrap()).unwrap();
    fs::write(&left, "left by a crash").unwrap();
    let service = Service::start(data);
    // What no row names is erased last.
    eventually("the first sweep is over", || !left.exists());
    service
}

/// The lines of a trace on which a step of one upload begins or is over.
#[derive(Debug)]
struct Order {
    named: Option<usize>,
    name_synced: Option<usize>,
    bytes_synced: Option<usize>,
    row_sync_begins: Option<usize>,
    row_synced: Option<usize>,
    answered: Option<usize>,
}

impl Order {
    /// Of the upload with this number among those of the trace, whose file has this name.
    fn of(trace: &str, data: &Path, (number, name): (usize, &str)) -> Self {
        let lines: Vec<&str> = trace.lines().collect();
        let blobs = format!("<{}/blobs/", data.display());
        let wal = format!("<{}/dossier.db-wal>", data.display());
        let is_sync = |line: &str| line.contains("fdatasync(") || line.contains("fsync(");
        // The name of a folder has three digits, that of a blob 32 behind it.
        let is_folder = |line: &str| {
            line.split_once(&blobs)
                .and_then(|(_, rest)| rest.split_once('>'))
                .is_some_and(|(path, _)| !path.contains('/'))
        };
        let begins = |after: usize, wanted: &dyn Fn(&str) -> bool| {
            let place = lines.iter().skip(after).position(|line| wanted(line))?;
            Some(after + place)
        };
        // Both ways to open a file; only the first makes its name.
        let makes = |line: &str| line.contains(name) && line.contains("O_CREAT");
        let named = begins(0, &makes).and_then(|at| end(&lines, at));
        let name_sync = named.and_then(|at| begins(at, &|line| is_sync(line) && is_folder(line)));
        let bytes_sync = begins(0, &|line| {
            is_sync(line) && line.contains(&blobs) && line.contains(&format!("/{name}>"))
        });
        let bytes_synced = bytes_sync.and_then(|at| end(&lines, at));
        let row = bytes_synced.and_then(|at| begins(at, &|l| is_sync(l) && l.contains(&wal)));
        let mut answers = lines.iter().enumerate().filter(|(_, l)| l.contains("HTTP/1.1 201"));
        Self {
            named,
            name_synced: name_sync.and_then(|at| end(&lines, at)),
            bytes_synced,
            row_sync_begins: row,
            row_synced: row.and_then(|at| end(&lines, at)),
            answered: answers.nth(number).map(|(at, _)| at),
        }
    }

    fn holds(&self) -> bool {
        let before = |earlier: Option<usize>, later: Option<usize>| {
            earlier.zip(later).is_some_and(|(earlier, later)| earlier <= later)
        };
        before(self.named, self.name_synced)
            && before(self.name_synced, self.row_sync_begins)
            && before(self.bytes_synced, self.row_sync_begins)
            && before(self.row_synced, self.answered)
    }
}

/// The line after that on which the call that begins at `at` succeeded.
fn end(lines: &[&str], at: usize) -> Option<usize> {
    let succeeded = |line: &str| {
        line.rsplit_once(" = ")
            .is_some_and(|(_, result)| result.starts_with(|c: char| c.is_ascii_digit()))
    };
    let first = lines.get(at)?;
    if !first.contains("<unfinished ...>") {
        return succeeded(first).then_some(at + 1);
    }
    let thread = first.split(' ').next()?;
    let rest = lines.iter().skip(at);
    let resumed = |l: &&str| l.split(' ').next() == Some(thread) && l.contains("resumed>");
    let (offset, line) = rest.enumerate().find(|(_, line)| resumed(line))?;
    succeeded(line).then_some(at + offset + 1)
}

#[test]
fn a_failed_sync_is_no_success_and_does_not_last() {
    if !can_trace("failing syncs") {
        return;
    }
    let folder = data_folder();
    let data = folder.path();
    let mut journal = Journal::default();
    let wal = data.join("dossier.db-wal").display().to_string();
    let cases =
        [("fdatasync", None), ("fsync", None), (SYNCS, Some(wal.as_str())), ("pwritev", None)];
    for (seed, (calls, path)) in (0..).step_by(4).zip(cases) {
        for (seed, size) in [(seed, 1_000), (seed + 2, 700_000)] {
            // A new server has no names ahead, which would spare an upload the sync of its own.
            let service = Service::start(data);
            let case = format!("{calls}, {path:?}, {size} bytes");
            let status = with_error((calls, path), &service, || {
                journal.upload(&mut service.client(), &Document::report(seed, size))
            });
            assert!(status >= Some(500), "{case}: {status:?}");
            assert!(service.client().list().len() == journal.len(), "{case}");
            let document = Document::report(seed + 1, size);
            let status = journal.upload(&mut service.client(), &document);
            assert_eq!(status, Some(201), "the server has got over it: {case}");
            // What a failed sync left in the log of the database must not come back either.
            survives_a_kill(service, data, &mut journal);
        }
    }
}

#[test]
fn a_failed_sync_of_a_row_and_a_kill_leave_no_row_without_bytes() {
    if !can_trace("failing syncs") {
        return;
    }
    let folder = data_folder();
    let data = folder.path();
    let mut journal = Journal::default();
    let wal = data.join("dossier.db-wal").display().to_string();
    for seed in 0..2 {
        let service = Service::start(data);
        let status = with_error((SYNCS, Some(&wal)), &service, || {
            journal.upload(&mut service.client(), &Document::report(seed, 1_000))
        });
        assert!(status >= Some(500), "{status:?}");
        survives_a_kill(service, data, &mut journal);
    }
}

/// Kills the server; the next one must find what was acknowledged, and nothing else.
fn survives_a_kill(service: Service, data: &Path, journal: &mut Journal) {
    service.kill();
    let service = Service::start(data);
    journal.verify(&mut service.client(), data);
    let found = fsck(data);
    assert!(found.sound && found.files == journal.len(), "{found:?}");
    service.stop();
}

/// Runs `work` while these system calls, on a path or on any, fail with an I/O error.
fn with_error<T>(
    (calls, path): (&str, Option<&str>),
    service: &Service,
    work: impl FnOnce() -> T,
) -> T {
    let (trace, inject) = (format!("trace={calls}"), format!("inject={calls}:error=EIO"));
    let mut options = vec!["-e", &trace, "-e", &inject];
    options.extend(path.iter().flat_map(|path| ["-P", path]));
    let tracer = Strace::attach(service.pid(), &options);
    let result = work();
    let trace = tracer.detach();
    assert!(trace.contains("(INJECTED)"), "no call failed: {trace}");
    result
}

/// A small file system in memory; it is unmounted when it is dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount(size: &str) -> Option<Self> {
        let folder = data_folder();
        let shown = folder.path().display();
        let mounted = sh(&format!("mount -t tmpfs -o size={size},mode=700 tmpfs '{shown}'"));
        mounted.then_some(Self(folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = sh(&format!("umount -l '{}'", self.0.path().display()));
    }
}

#[test]
fn a_full_disk_refuses_what_must_write_and_nothing_else() {
    let Some(disk) = SmallDisk::mount("16m") else {
        return skip("a full disk", "only root may mount a small file system");
    };
    let data = disk.0.path().join("data");
    let service = Service::start(&data);
    let mut journal = Journal::default();
    let first = Document::report(0, 100_000);
    assert_eq!(journal.upload(&mut service.client(), &first), Some(201));
    let ballast = disk.0.path().join("ballast");
    fs::write(&ballast, vec![1; 6 << 20]).unwrap();
    for size in [700_000, 20_000] {
        let mut seed = u64::try_from(size).unwrap();
        let refusal = loop {
            seed += 1;
            assert!(seed % 10_000 < 2_000, "the disk never gets full");
            let answer = service.client().upload(&Document::report(seed, size)).unwrap();
            if answer.status != 201 {
                break answer;
            }
        };
        assert_eq!(refusal.status, 507, "{}", refusal.text());
        assert_eq!(refusal.json()["code"], "storage.full");
        let id = journal.any().unwrap().to_owned();
        // No byte is given out without its entry in the audit, for which there may be no room.
        let contents = service.client().contents(&id).unwrap();
        assert!(contents.body == first.content || contents.status == 507, "{}", contents.status);
        let details = service.client().get(&format!("/v1/files/{id}")).unwrap();
        assert_eq!(details.status, 200, "{}", details.text());
    }
    fs::remove_file(&ballast).unwrap();
    let after = Document::report(1, 700_000);
    assert_eq!(journal.upload(&mut service.client(), &after), Some(201));
    let found = fsck(&data);
    assert!(found.sound && found.files == service.client().list().len(), "{found:?}");
    service.stop();
}
