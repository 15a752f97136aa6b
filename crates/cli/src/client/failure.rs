//! What can go wrong in an exchange, in words that say what to do.

use std::fmt;
use std::time::Duration;

use dossier_domain::Code;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{StatusCode, Url};
use serde::Deserialize;
use serde_json::{Value, json};

/// Why an exchange did not succeed. One variant per thing to do next.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The service answered that it will not.
    Refused(Box<Refusal>),
    /// There was no connection, or it was lost before the end.
    Lost {
        /// The address of the service.
        base: String,
        /// What happened.
        error: reqwest::Error,
    },
    /// The answer makes no sense or disagrees with itself.
    Broken(String),
    /// Something on this machine, which another try would not change.
    Local(String),
}

/// An answer other than success.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    /// How long the service asks to wait.
    pub(crate) retry_after: Option<Duration>,
    /// The body, if it was a problem document (RFC 9457).
    problem: Option<Problem>,
    /// The same, for `--json`.
    raw: Value,
    base: Url,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    code: String,
    r#type: String,
    request_id: String,
    errors: Vec<Entry>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry {
    code: String,
    title: String,
    detail: String,
    pointer: String,
    permitted: Vec<String>,
    declared: Value,
    detected: Value,
    limit: Value,
    actual: Value,
    user_message: String,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, headers: &HeaderMap, body: &[u8], base: &Url) -> Self {
        let retry_after = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let raw: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
        let problem = Problem::deserialize(&raw).ok().filter(|problem| !problem.code.is_empty());
        Self {
            status,
            retry_after: retry_after.and_then(|text| text.parse().ok()).map(Duration::from_secs),
            problem,
            raw,
            base: base.clone(),
        }
    }

    /// Whether the same request may succeed a little later.
    pub(crate) fn may_pass(&self) -> bool {
        let code = self.problem.as_ref().map(|problem| problem.code.as_str());
        matches!(self.status.as_u16(), 429 | 502 | 503 | 504)
            || code == Some(Code::IdempotencyRunning.name())
    }
}

impl Failure {
    /// The failure as a member of a JSON line.
    pub(crate) fn to_json(&self) -> Value {
        match self {
            Self::Refused(refusal) if refusal.problem.is_some() => refusal.raw.clone(),
            Self::Refused(refusal) => {
                json!({"status": refusal.status.as_u16(), "detail": self.to_string()})
            }
            Self::Lost { .. } | Self::Broken(_) | Self::Local(_) => {
                json!({"detail": self.to_string()})
            }
        }
    }
}

impl std::error::Error for Failure {}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Lost { base, error } if error.is_connect() => {
                write!(f, "no connection to {base}: {}", deepest(error))?;
                f.write_str("\n    what to do: check the address (DOSSIER_URL), and that it runs")
            }
            Self::Lost { base, error } => {
                write!(f, "the connection to {base} was lost: {}", deepest(error))?;
                f.write_str("\n    what to do: run the same command again")
            }
            Self::Broken(what) | Self::Local(what) => f.write_str(what),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused with status {}", self.status.as_u16())?;
        let Some(problem) = &self.problem else {
            write!(f, "\n    what to do: the answer is not Dossier's; is {} right?", self.base)?;
            return Ok(());
        };
        for entry in &problem.errors {
            entry.fmt(f)?;
        }
        if let Ok(more) = self.base.join(&problem.r#type) {
            write!(f, "\n  more: {}", printable(more.as_str()))?;
        }
        if !problem.request_id.is_empty() {
            write!(f, "\n  request id: {}", printable(&problem.request_id))?;
        }
        Ok(())
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = if self.detail.is_empty() { &self.title } else { &self.detail };
        write!(f, "\n  {}: {}", printable(&self.code), printable(text))?;
        if !self.pointer.is_empty() {
            write!(f, " ({})", printable(&self.pointer))?;
        }
        if !self.permitted.is_empty() {
            write!(f, "\n    permitted: {}", printable(&self.permitted.join(", ")))?;
        }
        let members = [
            ("declared", &self.declared),
            ("detected", &self.detected),
            ("limit", &self.limit),
            ("actual", &self.actual),
        ];
        for (name, value) in members.into_iter().filter(|(_, value)| !value.is_null()) {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            write!(f, "\n    {name}: {}", printable(&text))?;
        }
        if let Some(code) = Code::ALL.iter().find(|code| code.name() == self.code) {
            write!(f, "\n    what to do: {}", code.advice())?;
        }
        if !self.user_message.is_empty() {
            write!(f, "\n    for the person: {}", printable(&self.user_message))?;
        }
        Ok(())
    }
}

/// Text from elsewhere with nothing in it that could steer a terminal or turn its direction.
pub(crate) fn printable(text: &str) -> String {
    let turns = |c| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}');
    let isolates = |c| matches!(c, '\u{2066}'..='\u{2069}');
    let steers = |c: char| c.is_control() || turns(c) || isolates(c);
    text.chars().map(|c| if steers(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// The innermost cause says what happened; the outer ones only that a request failed.
fn deepest(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, body: &str) -> Refusal {
        let base = Url::parse("http://127.0.0.1:1/").unwrap();
        let status = StatusCode::from_u16(status).unwrap();
        Refusal::new(status, &HeaderMap::new(), body.as_bytes(), &base)
    }

    #[test]
    fn a_refusal_says_what_is_wrong_and_what_to_do() {
        let body = r#"{"type":"/docs/errors#file.type.not_permitted","status":422,"request_id":"r1",
            "code":"file.type.not_permitted","errors":[{"code":"file.type.not_permitted",
            "detail":"A video is needed.\u001b[2J","pointer":"/file","permitted":["video/*"],
            "detected":"image/png","user_message":"Please choose a video."}]}"#;
        let text = refusal(422, body).to_string();
        for part in [
            "refused with status 422",
            "file.type.not_permitted: A video is needed.\u{fffd}[2J (/file)",
            "permitted: video/*",
            "detected: image/png",
            "what to do: ",
            "for the person: Please choose a video.",
            "more: http://127.0.0.1:1/docs/errors#file.type.not_permitted",
            "request id: r1",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn answers_of_others_are_told_apart() {
        for body in ["", "<html>", "[]", "{}", "{\"errors\":7}"] {
            assert!(refusal(502, body).to_string().contains("not Dossier's"), "{body}");
        }
    }

    #[test]
    fn only_passing_troubles_are_worth_another_try() {
        let running = r#"{"code":"idempotency.running","errors":[]}"#;
        assert!(refusal(503, "").may_pass() && refusal(429, "").may_pass());
        assert!(refusal(409, running).may_pass() && !refusal(409, "{}").may_pass());
        assert!(!refusal(507, "").may_pass() && !refusal(422, "").may_pass());
    }
}
