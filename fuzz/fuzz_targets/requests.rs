//! Any JSON bodies on the routes of users, reviews and webhooks: the router, the use cases and
//! SQLite. Each line of the input is one request: a letter for the route, a digit for the user or
//! endpoint, and the body. In a body `@0` to `@9` are the ids of files, made when they are first
//! named, and `@L` and `@M` are more text than a route reads.
//!
//! No request is answered with 5xx, none is read past its limit, a refused one changes nothing, and
//! a file is a user's exactly when the user has named it.

#![no_main]

mod service;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use dossier_app::Reach;
use dossier_domain::Limits;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

use crate::service::Service;

/// What users and reviews read, and what the other routes read.
const USERS_BODY_MAX: usize = 1 << 20;
const BODY_MAX: usize = 64 * 1024;
/// More requests than this are not made of one input.
const REQUESTS_MAX: usize = 12;
/// An id that nothing has.
const NOBODY: &str = "00000000-0000-7000-8000-000000000000";

const SPECIMEN: &[u8] = include_bytes!("../../crates/cli/assets/specimen-passport.pdf");

struct Client(Service);

impl Client {
    fn send(&self, method: &str, path: &str, kind: &str, body: Vec<u8>) -> (StatusCode, Value) {
        let request = Request::builder().method(method).uri(path).header("content-type", kind);
        self.0.runtime.block_on(async {
            let answer = self.0.send(request, Body::from(body)).await;
            let status = answer.status();
            assert!(!status.is_server_error(), "{method} {path}: {status}");
            let body = to_bytes(answer.into_body(), 1 << 24).await.expect("a body");
            (status, serde_json::from_slice(&body).unwrap_or_default())
        })
    }

    fn get(&self, path: &str) -> Value {
        let (status, body) = self.send("GET", path, "application/json", Vec::new());
        assert_eq!(status, StatusCode::OK, "{path}");
        body["data"].clone()
    }

    /// Makes a file; every third is a report.
    fn upload(&self, number: u8) -> String {
        let (purpose, name, content): (_, _, &[u8]) = match number % 3 {
            0 => ("verification_report", "a.json", br#"{"name":"value"}"#),
            1 => ("passport", "a.pdf", SPECIMEN),
            _ => ("idcard_front", "a.pdf", SPECIMEN),
        };
        let mut body = format!(
            "--XbX\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n{purpose}\r\n\
             --XbX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n--XbX--\r\n");
        let kind = "multipart/form-data; boundary=XbX";
        let (status, body) = self.send("POST", "/v1/files", kind, body);
        assert_eq!(status, StatusCode::CREATED, "{body}");
        body["data"][0]["id"].as_str().expect("an id").to_owned()
    }
}

/// What one input made.
struct Run<'a> {
    service: &'a Client,
    files: BTreeMap<u8, String>,
    users: Vec<String>,
    endpoints: Vec<String>,
    /// Every user as it was last seen, and every file that it has ever named.
    seen: BTreeMap<String, (Value, BTreeSet<String>)>,
}

impl Run<'_> {
    /// The body with its placeholders filled.
    fn filled(&mut self, template: &[u8]) -> Vec<u8> {
        let mut body = Vec::new();
        let mut rest = template.iter();
        let mut large = false;
        while let Some(byte) = rest.next() {
            match (byte, rest.as_slice().first()) {
                (b'@', Some(digit @ b'0'..=b'9')) => {
                    let id = self.files.entry(*digit);
                    let id = id.or_insert_with(|| self.service.upload(*digit));
                    body.extend_from_slice(id.as_bytes());
                    rest.next();
                }
                (b'@', Some(size @ (b'L' | b'M'))) if !large => {
                    let length = if *size == b'L' { BODY_MAX } else { USERS_BODY_MAX };
                    body.resize(body.len() + length, b'x');
                    large = true;
                    rest.next();
                }
                (byte, _) => body.push(*byte),
            }
        }
        body
    }

    fn request(&mut self, line: &[u8]) {
        let [route, target, template @ ..] = line else { return };
        let index = usize::from(target.wrapping_sub(b'0'));
        let id = |ids: &[String]| ids.get(index).cloned().unwrap_or_else(|| NOBODY.to_owned());
        let (user, endpoint) = (id(&self.users), id(&self.endpoints));
        let (method, path, body_max) = match route {
            b'c' => ("POST", "/v2/users".to_owned(), USERS_BODY_MAX),
            b'p' => ("PATCH", format!("/v2/users/{user}"), USERS_BODY_MAX),
            b'a' => ("POST", format!("/v2/users/{user}/verification"), USERS_BODY_MAX),
            b'd' => ("POST", format!("/v2/users/{user}/verification/decision"), USERS_BODY_MAX),
            b'r' => ("POST", format!("/v2/users/{user}/verification/request"), USERS_BODY_MAX),
            b'i' => ("PATCH", format!("/v1/users/{user}/inactivate"), usize::MAX),
            b'q' => ("PUT", "/v2/requirements".to_owned(), USERS_BODY_MAX),
            b'e' => ("POST", "/v1/webhook_endpoints".to_owned(), BODY_MAX),
            b'w' => ("PATCH", format!("/v1/webhook_endpoints/{endpoint}"), BODY_MAX),
            b'y' => ("POST", format!("/v1/webhook_endpoints/{endpoint}/replay"), BODY_MAX),
            b'k' => ("POST", "/v1/files/check".to_owned(), BODY_MAX),
            _ => return,
        };
        let body = self.filled(template);
        let too_large = body.len() > body_max;
        let (status, answer) = self.service.send(method, &path, "application/json", body);
        assert_eq!(status == StatusCode::PAYLOAD_TOO_LARGE, too_large, "{method} {path}");
        if status == StatusCode::CREATED {
            let made = if *route == b'c' { &mut self.users } else { &mut self.endpoints };
            made.push(answer["data"]["id"].as_str().expect("an id").to_owned());
        }
        self.check(status.is_success());
    }

    /// Looks at every user and file; only a request that was taken `changes` anything.
    fn check(&mut self, changes: bool) {
        for id in &self.users {
            let user = self.service.get(&format!("/v2/users/{id}"));
            let named = names(&user["verification"]);
            let (before, ever) = self.seen.entry(id.clone()).or_default();
            assert!(changes || *before == user, "a refused request changed {before} to {user}");
            ever.extend(named);
            *before = user;
        }
        for file in self.files.values() {
            let found = self.service.get(&format!("/v1/files/{file}"));
            let owner = found.get("user_id").and_then(Value::as_str);
            let naming: Vec<&str> = self
                .seen
                .iter()
                .filter_map(|(user, (_, ever))| ever.contains(file).then_some(user.as_str()))
                .collect();
            assert_eq!(naming, owner.into_iter().collect::<Vec<_>>(), "{file}");
        }
    }
}

/// The files that a verification names.
fn names(verification: &Value) -> impl Iterator<Item = String> {
    let files = verification["files"].as_array().into_iter().flatten();
    let all = files.chain(verification.get("report"));
    all.map(|id| id.as_str().expect("an id").to_owned()).collect::<Vec<_>>().into_iter()
}

fuzz_target!(|input: &[u8]| {
    static SERVICE: OnceLock<Client> = OnceLock::new();
    let service = SERVICE.get_or_init(|| {
        // No name is looked up for it.
        Client(Service::start(Limits::default(), Reach::Anywhere))
    });
    let mut run = Run {
        service,
        files: BTreeMap::new(),
        users: Vec::new(),
        endpoints: Vec::new(),
        seen: BTreeMap::new(),
    };
    for line in input.split(|byte| *byte == b'\n').take(REQUESTS_MAX) {
        run.request(line);
    }
    for id in &run.endpoints {
        let path = format!("/v1/webhook_endpoints/{id}");
        let (status, _) = service.send("DELETE", &path, "application/json", Vec::new());
        assert_eq!(status, StatusCode::NO_CONTENT);
    }
});
