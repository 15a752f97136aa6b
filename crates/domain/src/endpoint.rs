//! What a client may say of a webhook endpoint: the members of the JSON body, read strictly.

use crate::object::{MemberCodes, MemberFault, Object};
use crate::{Code, EventFilter, Json, Members, Pointer, Violation};

const CODES: MemberCodes =
    MemberCodes { invalid: Code::RequestMember, unknown: Code::RequestMember };
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
        let mut object = Object::new("", body, CODES);
        let url = object.take("url").and_then(|value| read_url(&mut object, &value));
        let events = object.take("events").and_then(|value| read_events(&mut object, value));
        Self { url, events, violations: object.finish() }
    }

    /// Notes that a new endpoint needs a URL.
    #[must_use]
    pub fn with_url_required(mut self) -> Self {
        let pointer = Pointer::member("", "url");
        let judged = self.violations.iter().any(|v| v.pointer == pointer);
        if self.url.is_none() && !judged {
            self.violations.push(MemberFault::new("is missing").at(pointer, CODES.invalid));
        }
        self
    }
}

fn read_url(object: &mut Object<'_>, value: &Json) -> Option<String> {
    let url = value.as_text().map(str::to_owned);
    if url.is_none() {
        object.wrong("url", MemberFault::new("must be a string"));
    }
    url
}

fn read_events(object: &mut Object<'_>, value: Json) -> Option<EventFilter> {
    let Some(items) = value.into_items() else {
        object.wrong("events", MemberFault::new("must be a list of names"));
        return None;
    };
    if items.is_empty() || items.len() > EVENTS_MAX {
        let rule = format!("names at least one event and at most {EVENTS_MAX}");
        object.wrong("events", MemberFault::new(rule));
        return None;
    }
    let is_known = |item: &Json| item.as_text().is_some_and(|n| EventFilter::parse([n]).is_ok());
    let strange = items.iter().enumerate().filter(|(_, item)| !is_known(item));
    let strange = strange.map(|(place, _)| {
        let pointer = Pointer::member("/events", &place.to_string());
        Violation::new(Code::WebhookEvents, pointer, "This is not the name of an event.")
    });
    let strange: Vec<_> = strange.collect();
    if strange.is_empty() {
        return EventFilter::parse(items.iter().filter_map(Json::as_text)).ok();
    }
    object.note(strange);
    None
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
