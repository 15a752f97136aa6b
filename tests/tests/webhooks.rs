//! Webhooks of the real binary, verified by the official library of another language, and the tools
//! beside the running server.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};

use e2e::{Document, Service, data_folder, dossier, eventually, parts, run, sh, skip};
use serde_json::{Value, json};

/// A receiver in Node; ended when it is dropped.
struct Receiver {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Receiver {
    fn start(installed: &Path) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/clients/node/webhooks.js");
        let mut command = Command::new("node");
        command.arg(script).current_dir(installed).env("NODE_PATH", installed.join("node_modules"));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, input, output }
    }

    /// The next line that it prints.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a tool beside the server.
fn tool(data: &Path, words: &[&str]) -> Output {
    run(dossier(data).args(words).env("DOSSIER_WEBHOOKS_ALLOW_PRIVATE", "true"))
}

fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn create(service: &Service, url: &str) -> Value {
    let body = json!({ "url": url });
    let answer = service.client().json("POST", "/v1/webhook_endpoints", &body).unwrap();
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["data"].clone()
}

#[test]
fn the_official_library_verifies_what_the_server_sends_until_it_is_acknowledged() {
    let installed = parts().join("node");
    if !sh("node --version") || !installed.join("node_modules/standardwebhooks").exists() {
        return skip("webhooks", "Node's library is not installed; `./test` installs it");
    }
    let folder = data_folder();
    let data = folder.path().join("data");
    let allow = |command: &mut Command| {
        command.env("DOSSIER_WEBHOOKS_ALLOW_PRIVATE", "true");
    };
    let service = Service::start_with(allow, &data);
    let mut receiver = Receiver::start(&installed);
    let endpoint = create(&service, &receiver.line());
    let id = endpoint["id"].as_str().unwrap();
    writeln!(receiver.input, "{}", endpoint["secret"].as_str().unwrap()).unwrap();

    let file = service.client().upload(&Document::report(1, 100)).unwrap().created_id();
    let told = format!("file.ready\t{file}\tverified");
    assert_eq!(receiver.line(), format!("500\t{told}"));
    assert_eq!(receiver.line(), format!("204\t{told}"), "it comes again");

    let listed: Value =
        serde_json::from_str(&printed(&tool(&data, &["webhook", "list", "--json"]))).unwrap();
    assert_eq!((&listed["id"], &listed["events"]), (&endpoint["id"], &json!(["*"])));
    let test = tool(&data, &["webhook", "test", id]);
    assert_eq!(printed(&test), "status 204\n");
    assert_eq!(receiver.line(), format!("204\twebhook.test\t{id}\tverified"));
    let events = service.client().get("/v1/events").unwrap().json();
    let event = events["data"][0]["id"].as_str().unwrap();
    let replay = tool(&data, &["webhook", "replay", id, "--event", event]);
    assert_eq!(printed(&replay), "1\n");
    assert_eq!(receiver.line(), format!("204\t{told}"), "the server sends what a tool asked for");
    service.stop();
}

#[test]
fn what_cannot_be_delivered_is_listed_and_can_be_asked_for_at_once() {
    let folder = data_folder();
    let data = folder.path().join("data");
    let service = Service::start(&data);
    let private = json!({ "url": "http://127.0.0.1:9/" });
    let answer = service.client().json("POST", "/v1/webhook_endpoints", &private).unwrap();
    assert_eq!((answer.status, &answer.json()["code"]), (422, &json!("webhook.url")));
    service.stop();

    let allow = |command: &mut Command| {
        command.env("DOSSIER_WEBHOOKS_ALLOW_PRIVATE", "true");
    };
    let service = Service::start_with(allow, &data);
    create(&service, "http://127.0.0.1:9/");
    assert_eq!(service.client().upload(&Document::report(1, 100)).unwrap().status, 201);
    let job = || -> Option<Value> {
        let listed = printed(&tool(&data, &["jobs", "list", "--json"]));
        listed.lines().next().map(|line| serde_json::from_str(line).unwrap())
    };
    eventually("the delivery fails", || job().is_some_and(|job| job["outcome"] == "not connected"));
    let id = job().unwrap()["id"].as_str().unwrap().to_owned();
    assert_eq!(printed(&tool(&data, &["jobs", "retry", &id])), "1\n");
    assert_eq!(printed(&tool(&data, &["jobs", "retry", "--parked"])), "0\n");
    assert_eq!(printed(&tool(&data, &["jobs", "list", "--parked"])), "");
    let unknown = tool(&data, &["jobs", "retry", "0198c0de-1111-7222-8333-444455556666"]);
    assert!(!unknown.status.success());
    service.stop();
}
