//! The guide for a new integrator, done as it is written.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use e2e::{KEY, data_folder, dossier, run, setting, sh, skip};
use ring::hmac;
use serde_json::{Deserializer, Value};

const GUIDE: &str = include_str!("../../docs/guide.md");
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// No webhook takes this long to come, however busy the machine is.
const DEADLINE: Duration = Duration::from_secs(60);

/// Keeps the server running until standard input ends, and never longer than the shell.
const BEFORE: &str = "set -euo pipefail\ntrap 'kill $(jobs -p); wait' EXIT\n";
const AFTER: &str = "read -r || true\n";

#[test]
fn the_guide_leads_from_an_upload_to_a_verified_user_and_a_signed_webhook() {
    if !sh("bash --version && curl --version && jq --version") {
        return skip("docs/guide.md", "bash, curl or jq is missing; `./test` installs them");
    }
    let (hook, webhooks) = receive();
    let folder = data_folder();
    let log = folder.path().join("log");
    let mut shell = shell(&folder.path().join("data"), &hook);
    let script = format!("{BEFORE}{}{AFTER}", blocks("sh").concat());
    shell.args(["-c", &script]).stderr(File::create(&log).unwrap());
    let mut child = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let stdin = child.stdin.take().unwrap();
    let shown = GUIDE.replace(exported("HOOK"), &hook);
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
        let webhook = webhooks.recv_timeout(DEADLINE).unwrap_or_else(|_| panic!("{}", told()));
        let event = webhook.verified(secret);
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

/// A request as it came.
struct Webhook {
    headers: HashMap<String, String>,
    body: Vec<u8>,
}

impl Webhook {
    /// The event, when signature and time are right: by hand, as docs/webhooks.md says it.
    fn verified(&self, secret: &str) -> Value {
        let key = BASE64.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let (id, timestamp) = (&self.headers["webhook-id"], &self.headers["webhook-timestamp"]);
        let mut signed = format!("{id}.{timestamp}.").into_bytes();
        signed.extend_from_slice(&self.body);
        let mut signatures = self.headers["webhook-signature"].split(' ');
        let ours = |signature: &str| {
            let signature = BASE64.decode(signature.strip_prefix("v1,").unwrap()).unwrap();
            hmac::verify(&key, &signed, &signature).is_ok()
        };
        assert!(signatures.any(ours), "{:?}", self.headers);
        assert!(now().abs_diff(timestamp.parse().unwrap()) < 300, "{timestamp}");
        let event: Value = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(event["id"], id.as_str());
        event
    }
}

/// The Unix time in seconds.
#[expect(clippy::disallowed_methods, reason = "a receiver has a clock of its own")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A receiver that acknowledges everything: its URL, and what comes.
fn receive() -> (String, Receiver<Webhook>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hooks", listener.local_addr().unwrap());
    let (came, webhooks) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, came) = (stream.unwrap(), came.clone());
            std::thread::spawn(move || acknowledge(stream, &came));
        }
    });
    (url, webhooks)
}

fn acknowledge(stream: TcpStream, came: &Sender<Webhook>) {
    let mut stream = BufReader::new(stream);
    let mut headers = HashMap::new();
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    assert_eq!(line, "POST /hooks HTTP/1.1\r\n");
    loop {
        line.clear();
        stream.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let mut body = vec![0; headers["content-length"].parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    let answer = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
    stream.get_mut().write_all(answer).unwrap();
    // The test may have seen enough.
    let _ = came.send(Webhook { headers, body });
}
