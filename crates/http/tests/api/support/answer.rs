//! Answers, held to the conventions that every one of them keeps.

use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use dossier_domain::Code;
use serde_json::Value;

/// One answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// A header, empty when it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|v| v.to_str().unwrap()).unwrap_or_default()
    }

    /// The first file of `data`, after asserting the status.
    pub(crate) fn created(&self) -> Value {
        assert_eq!(self.status, StatusCode::CREATED, "{}", self.brief());
        let files = self.json()["data"].as_array().unwrap().clone();
        assert_eq!(files.len(), 1);
        files[0].clone()
    }

    /// The id of the file that was made.
    pub(crate) fn id(&self) -> String {
        self.created()["id"].as_str().unwrap().to_owned()
    }

    /// The codes of all entries.
    pub(crate) fn codes(&self) -> Vec<String> {
        let errors = self.json()["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|e| e["code"].as_str().unwrap().to_owned()).collect()
    }

    /// Status and body, for a snapshot.
    pub(crate) fn whole(&self) -> String {
        format!("{}\n{}", self.status.as_u16(), pretty(&self.json()))
    }

    /// Status and one short line of all entries, for tables.
    pub(crate) fn brief(&self) -> String {
        match serde_json::from_slice::<Value>(&self.body) {
            Ok(body) => format!("{} {}", self.status.as_u16(), lines(&body["errors"]).join(" | ")),
            Err(_) => format!("{} {} bytes", self.status.as_u16(), self.body.len()),
        }
    }

    /// One short line for each entry, of an error or of a check's answer.
    pub(crate) fn entries(&self) -> String {
        let body = self.json();
        [lines(&body["errors"]), lines(&body["data"]["errors"])].concat().join("\n")
    }

    /// The conventions: an id on every answer, one shape for every error.
    pub(crate) fn assert_conventions(&self) {
        let id = self.header("x-request-id");
        assert!(!id.is_empty() && id.len() <= 128, "{self:?}");
        let is_problem = self.status.is_client_error() || self.status.is_server_error();
        if !is_problem || self.body.is_empty() || self.header("content-type") == "application/json"
        {
            return;
        }
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let body = self.json();
        let first = &body["errors"][0];
        let code = body["code"].as_str().unwrap();
        assert_eq!(body["type"], format!("/docs/errors#{code}"));
        assert_eq!(body["status"], self.status.as_u16());
        assert_eq!(body["request_id"], id);
        for member in ["status", "code", "title", "detail"] {
            assert_eq!(body[member], first[member], "the top repeats the first entry");
        }
        for entry in body["errors"].as_array().unwrap() {
            let code = Code::from_name(entry["code"].as_str().unwrap()).expect("a known code");
            assert_eq!(entry["status"], code.status());
            assert_eq!(entry["retryable"], code.retryable());
            assert!(!entry["user_message"].as_str().unwrap().is_empty());
            assert!(!entry["detail"].as_str().unwrap().is_empty());
        }
        match self.status.as_u16() {
            401 => assert_eq!(self.header("www-authenticate"), "Bearer"),
            405 => assert!(!self.header("allow").is_empty(), "{self:?}"),
            429 | 503 => assert!(self.header("retry-after").parse::<u32>().unwrap() > 0),
            _ => {}
        }
    }
}

/// One short line for each entry.
fn lines(errors: &Value) -> Vec<String> {
    let entries = errors.as_array().map(Vec::as_slice).unwrap_or_default();
    let line = |entry: &Value| {
        let mut line = entry["code"].as_str().unwrap_or_default().to_owned();
        for member in ["pointer", "limit", "actual", "declared", "detected"] {
            match &entry[member] {
                Value::Null => {}
                Value::String(text) => line.push_str(&format!(" {member}={text}")),
                other => line.push_str(&format!(" {member}={other}")),
            }
        }
        line
    };
    entries.iter().map(line).collect()
}

/// Indented JSON, with long lines broken between words so that snapshots stay narrow.
pub(crate) fn pretty(value: &Value) -> String {
    const COLUMNS_MAX: usize = 90;
    let text = serde_json::to_string_pretty(value).unwrap();
    let mut lines = Vec::new();
    for line in text.lines() {
        let mut rest = line;
        while rest.chars().count() > COLUMNS_MAX {
            let width = rest.char_indices().nth(COLUMNS_MAX).map_or(rest.len(), |(at, _)| at);
            let Some(at) = rest[..width].trim_end().rfind(' ').filter(|at| *at > 40) else { break };
            lines.push(rest[..at].to_owned());
            rest = &rest[at + 1..];
        }
        lines.push(rest.to_owned());
    }
    lines.join("\n")
}
