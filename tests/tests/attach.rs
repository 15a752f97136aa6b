//! Files become a user's all together or not at all, also when the server dies as it enters the
//! n-th system call of a kind.
//!
//! `E2E_HOPS=all` goes through every n; otherwise it is the first of each kind.

use std::path::Path;

use e2e::{Client, Document, Service, Strace, can_trace, data_folder, fsck, progress, setting};
use serde_json::{Value, json};

/// System calls through which rows and answers leave the process.
const HOPS: [&str; 3] = ["pwrite64", "fdatasync,fsync", "write,writev,sendto"];
/// More calls of a kind than one request makes in a thread.
const CALLS_MAX: u32 = 60;

#[derive(Clone, Copy, Debug)]
enum Request {
    Create,
    Patch,
    Append,
}

/// A store under attack, with the server that runs on it now.
struct Attack<'a> {
    data: &'a Path,
    service: Service,
    seed: u64,
    kills: u32,
    attached: u32,
}

#[test]
fn a_kill_at_any_hop_attaches_all_files_or_none() {
    if !can_trace("kills while files are attached") {
        return;
    }
    let folder = data_folder();
    let data = folder.path();
    let mut attack = Attack { data, service: Service::start(data), seed: 0, kills: 0, attached: 0 };
    let calls_max = if setting("E2E_HOPS").as_deref() == Some("all") { CALLS_MAX } else { 1 };
    let wal = data.join("dossier.db-wal");
    let wal = wal.to_str().expect("temporary folders have plain names");
    for request in [Request::Create, Request::Patch, Request::Append] {
        for hop in HOPS {
            let of_wal: &[&str] = if hop.starts_with("write") { &[] } else { &["-P", wal] };
            for call in 1..=calls_max {
                if !attack.killed_at(request, (hop, call), of_wal) {
                    break;
                }
                attack.kills += 1;
            }
        }
    }
    let found = fsck(data);
    assert!(found.sound, "{found:?}");
    progress(&format!("attach: {} kills, {} attached all the same", attack.kills, attack.attached));
    assert!(attack.kills >= 6, "only {} kills hit", attack.kills);
    attack.service.stop();
}

impl Attack<'_> {
    fn killed_at(&mut self, request: Request, (hop, call): (&str, u32), of: &[&str]) -> bool {
        let files = [self.uploaded(), self.uploaded()];
        let user = match request {
            Request::Create => None,
            Request::Patch | Request::Append => Some(self.someone()),
        };
        let inject = format!("inject={hop}:signal=KILL:when={call}");
        let trace = format!("trace={hop}");
        let options = [&["-e", trace.as_str(), "-e", inject.as_str()], of].concat();
        let tracer = Strace::attach(self.service.pid(), &options);
        let answered = send(&mut self.service.client(), request, user.as_deref(), &files);
        let killed = tracer.detach().contains("+++ killed by SIGKILL +++")
            || self.service.client().get("/healthz").is_err();
        assert!(answered.is_some() || killed, "{request:?} failed without a kill");
        if killed {
            // The dead one is waited for first: its lock is gone then.
            self.service.reap();
            self.service = Service::start(self.data);
        }
        self.verify(&files, answered);
        killed
    }

    /// Both files are one user's, who names them, or both are nobody's; an answer is kept.
    fn verify(&mut self, files: &[String; 2], answered: Option<u16>) {
        let mut client = self.service.client();
        let owners = files.each_ref().map(|id| data(&mut client, &format!("/v1/files/{id}")));
        let owners = owners.map(|file| file["user_id"].clone());
        assert_eq!(owners[0], owners[1], "one file is attached without the other");
        for id in files {
            assert_eq!(client.contents(id).expect("it answers").status, 200, "a key is lost");
        }
        if let Value::String(user) = &owners[0] {
            self.attached += 1;
            let user = data(&mut client, &format!("/v2/users/{user}"));
            assert_eq!(user["verification"]["files"], json!(files));
            assert_eq!(user["verification_status"], "pending");
        } else {
            assert_eq!(answered, None, "what was acknowledged is gone");
        }
    }

    fn uploaded(&mut self) -> String {
        self.seed += 1;
        let document = Document {
            purpose: "passport",
            name: format!("scan-{}.bmp", self.seed),
            kind: "image/bmp",
            content: picture(),
        };
        self.service.client().upload(&document).expect("the server lives").created_id()
    }

    fn someone(&mut self) -> String {
        let body = json!({"email": "someone@example.com"});
        let answer = self.service.client().json("POST", "/v2/users", &body);
        let data = answer.expect("the server lives").json()["data"].clone();
        format!("/v2/users/{}", data["id"].as_str().expect("the user was made"))
    }
}

/// Asks for both files to be attached. Says whether an answer came.
fn send(
    client: &mut Client,
    request: Request,
    user: Option<&str>,
    files: &[String; 2],
) -> Option<u16> {
    let verification = json!({"files": files});
    let path = user.unwrap_or("/v2/users");
    let (answer, status) = match request {
        Request::Create => {
            let body = json!({"email": "someone@example.com", "verification": verification});
            (client.json("POST", path, &body), 201)
        }
        Request::Patch => (client.json("PATCH", path, &json!({"verification": verification})), 200),
        Request::Append => {
            (client.json("POST", &format!("{path}/verification"), &verification), 202)
        }
    };
    let answer = answer.ok()?;
    assert_eq!(answer.status, status, "{request:?}: {}", answer.text());
    Some(status)
}

fn data(client: &mut Client, path: &str) -> Value {
    let answer = client.get(path).expect("the server lives");
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()["data"].clone()
}

/// A bitmap of one pixel.
fn picture() -> Vec<u8> {
    let numbers: [u32; 13] = [58, 0, 54, 40, 1, 1, 24 << 16 | 1, 0, 4, 0, 0, 0, 0];
    let bytes = numbers.into_iter().flat_map(u32::to_le_bytes);
    b"BM".iter().copied().chain(bytes).chain([0; 4]).collect()
}
