//! What a client may say of a webhook endpoint: the members of the JSON body, read strictly.

use crate::user::Members;
use crate::{Code, EventFilter, Json, Pointer, Violation};

/// No more unknown members than this are named.
const UNKNOWN_MAX: usize = 100;
/// The most names in a list of events.
const EVENTS_MAX: usize = 100;

/// What a body gives of an endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointPatch {
    /// Where webhooks are sent. Whether it is a URL that may be used is judged elsewhere.
    pub url: Option<String>,
    /// Which are sent.
    pub events: Option<EventFilter>,
    /// Every broken rule of the body.
    pub violations: Vec<Violation>,
}

impl EndpointPatch {
    /// Reads the members of a body. No member can be removed, so that null is refused.
    #[must_use]
    pub fn read(body: Members) -> Self {
        let mut patch = Self::default();
        let mut unknown = 0;
        for (name, value) in body {
            match name.as_str() {
                "url" => match value {
                    Json::Text(url) => patch.url = Some(url),
                    Json::Null
                    | Json::Bool(_)
                    | Json::Number(_)
                    | Json::List(_)
                    | Json::Object(_) => patch.wrong("url", "must be a string"),
                },
                "events" => match value.into_items() {
                    Some(items) => patch.read_events(&items),
                    None => patch.wrong("events", "must be a list of names"),
                },
                _unknown if unknown < UNKNOWN_MAX => {
                    unknown += 1;
                    patch.wrong(&name, "is not known here");
                }
                _more => {}
            }
        }
        patch
    }

    /// Notes that a new endpoint needs a URL.
    #[must_use]
    pub fn with_url_required(mut self) -> Self {
        let judged = self.violations.iter().any(|v| v.pointer.as_str() == "/url");
        if self.url.is_none() && !judged {
            self.wrong("url", "is missing");
        }
        self
    }

    fn read_events(&mut self, items: &[Json]) {
        if items.is_empty() || items.len() > EVENTS_MAX {
            let rule = format!("names at least one event and at most {EVENTS_MAX}");
            return self.wrong("events", &rule);
        }
        let before = self.violations.len();
        for (place, item) in items.iter().enumerate() {
            let known = item.as_text().is_some_and(|name| EventFilter::parse([name]).is_ok());
            if !known {
                let pointer = Pointer::Member(format!("/events/{place}"));
                let detail = "This is not the name of an event.";
                self.violations.push(Violation::new(Code::WebhookEvents, pointer, detail));
            }
        }
        if self.violations.len() == before {
            self.events = EventFilter::parse(items.iter().filter_map(Json::as_text)).ok();
        }
    }

    fn wrong(&mut self, name: &str, rule: &str) {
        let pointer = Pointer::member("", name);
        let detail = format!("This member {rule}.");
        self.violations.push(Violation::new(Code::RequestMember, pointer, detail));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> EndpointPatch {
        EndpointPatch::read(Json::parse(text.as_bytes()).unwrap().into_members().unwrap())
    }

    fn broken(text: &str) -> Vec<String> {
        let patch = read(text).with_url_required();
        patch.violations.iter().map(|v| format!("{} {}", v.pointer.as_str(), v.code)).collect()
    }

    #[test]
    fn members_are_read_and_every_wrong_one_is_named() {
        let patch =
            read(r#"{"url":"https://example.com","events":["user.verified","file.ready"]}"#);
        assert_eq!(patch.url.as_deref(), Some("https://example.com"));
        assert_eq!(patch.events.unwrap().names(), ["file.ready", "user.verified"]);
        assert_eq!(read(r#"{"events":["*"]}"#).events, Some(EventFilter::All));
        assert_eq!(read("{}"), EndpointPatch::default());
        assert_eq!(broken("{}"), ["/url request.member"]);
        assert_eq!(
            broken(r#"{"url":null,"events":["*","file.steady",7],"secret":"x","a/b":1}"#),
            [
                "/url request.member",
                "/events/1 webhook.events",
                "/events/2 webhook.events",
                "/secret request.member",
                "/a~1b request.member",
            ]
        );
        let url = r#"{"url":"x","events":"#;
        for wrong in ["[]", "null", "\"*\"", &format!("[{}\"*\"]", "\"*\",".repeat(EVENTS_MAX))] {
            assert_eq!(broken(&format!("{url}{wrong}}}")), ["/events request.member"], "{wrong}");
        }
    }
}
