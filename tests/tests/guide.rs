//! The guide for a new integrator, done as it is written.

use std::fs::File;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use e2e::{KEY, Reaction, Receiver, data_folder, dossier, run, setting, sh, skip};
use serde_json::{Deserializer, Value};

const GUIDE: &str = include_str!("../../docs/guide.md");
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Keeps the server running until standard input ends, and never longer than the shell.
const BEFORE: &str = "set -euo pipefail\ntrap 'kill $(jobs -p); wait' EXIT\n";
const AFTER: &str = "read -r || true\n";

#[test]
fn the_guide_leads_from_an_upload_to_a_verified_user_and_a_signed_webhook() {
    if !sh("bash --version && curl --version && jq --version") {
        return skip("docs/guide.md", "bash, curl or jq is missing; `./test` installs them");
    }
    let receiver = Receiver::start(&[Reaction::Answer(204)]);
    let hook = receiver.url();
    let folder = data_folder();
    let log = folder.path().join("log");
    let mut shell = shell(&folder.path().join("data"), hook);
    let script = format!("{BEFORE}{}{AFTER}", blocks("sh").concat());
    shell.args(["-c", &script]).stderr(File::create(&log).unwrap());
    let mut child = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let stdin = child.stdin.take().unwrap();
    let shown = GUIDE.replace(exported("HOOK"), hook);
    let shown: Vec<Value> = blocks_of(&shown, "json").iter().map(|text| json(text)).collect();
    let printed = Deserializer::from_reader(child.stdout.take().unwrap()).into_iter::<Value>();
    let answers: Vec<Value> = printed.take(shown.len()).map_while(Result::ok).collect();
    let told = || std::fs::read_to_string(&log).unwrap();
    assert_eq!(answers.len(), shown.len(), "{answers:#?}\n{}", told());
    for (answer, shown) in answers.iter().zip(&shown) {
        assert!(is_abridged(shown, answer), "the guide shows {shown}, the answer is {answer}");
    }
    assert!(answers.iter().any(|answer| answer["data"]["verified"] == true), "{answers:#?}");

    let secret = answers.iter().find_map(|answer| answer["data"]["secret"].as_str()).unwrap();
    let events = answers.last().unwrap()["data"].as_array().unwrap();
    let mut waited_for: Vec<&Value> = events.iter().collect();
    while !waited_for.is_empty() {
        let event = receiver.next().verified(secret);
        waited_for.retain(|expected| **expected != event);
    }
    drop(stdin);
    child.wait().unwrap();
    let keys = run(dossier(&folder.path().join("data")).args(["key", "list"]));
    let keys = String::from_utf8_lossy(&keys.stdout);
    assert_eq!(keys.lines().count(), 2, "{keys}\n{}", told());
    assert!(keys.lines().all(|line| line.contains("\trevoked ")), "{keys}\n{}", told());
}

/// A shell with what the guide tells its reader to export, at the root of the repository.
fn shell(data: &Path, hook: &str) -> Command {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut command = Command::new("bash");
    let tool = dossier(data);
    let tools = Path::new(tool.get_program()).parent().unwrap();
    let path = format!("{}:{}", tools.display(), setting("PATH").unwrap());
    command.current_dir(ROOT).env_clear().env("PATH", path);
    let data = data.to_str().unwrap();
    for (name, value) in [
        ("DOSSIER_LISTEN", free.as_str()),
        ("DOSSIER_DATA_DIR", data),
        ("DOSSIER_BOOTSTRAP_KEY", KEY),
        ("HOOK", hook),
    ] {
        assert!(!exported(name).is_empty());
        command.env(name, value);
    }
    command
}

/// The value that the guide tells its reader to export.
fn exported(name: &str) -> &'static str {
    let start = format!("export {name}=");
    let mut values = GUIDE.lines().filter_map(|line| line.strip_prefix(&start));
    values.next().unwrap_or_else(|| panic!("the guide does not export {name}"))
}

fn blocks(language: &str) -> Vec<String> {
    blocks_of(GUIDE, language)
}

/// The fenced blocks of a language.
fn blocks_of(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    let blocks = text.split(&fence).skip(1);
    let found: Vec<_> = blocks.map(|b| b.split_once("```").unwrap().0.to_owned()).collect();
    assert!(!found.is_empty(), "no blocks of {language}");
    found
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Whether what is shown is the answer with members left out and texts cut at `…`.
fn is_abridged(shown: &Value, answer: &Value) -> bool {
    match (shown, answer) {
        (Value::Object(shown), Value::Object(answer)) => shown
            .iter()
            .all(|(name, value)| answer.get(name).is_some_and(|a| is_abridged(value, a))),
        (Value::Array(shown), Value::Array(answer)) => {
            shown.len() == answer.len() && shown.iter().zip(answer).all(|(s, a)| is_abridged(s, a))
        }
        (Value::String(shown), Value::String(answer)) => match shown.strip_suffix('…') {
            Some(start) => answer.starts_with(start) && answer.len() > start.len(),
            None => shown == answer,
        },
        (shown, answer) => shown == answer,
    }
}
