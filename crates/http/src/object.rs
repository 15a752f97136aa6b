//! Strict JSON bodies: every unknown, missing or wrong member in one answer, with its pointer.

use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use dossier_domain::{Code, Json, Members, Pointer};

use crate::Api;
use crate::body::{Unread, read_whole};
use crate::media_type::essence;
use crate::problem::ApiError;

/// The members, in order, of a body of at most `MAX` bytes that must be one JSON object.
pub(crate) struct ObjectBody<const MAX: usize>(pub(crate) Members);

impl<const MAX: usize> FromRequest<Api> for ObjectBody<MAX> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &Api) -> Result<Self, ApiError> {
        let (head, body) = request.into_parts();
        check_headers(&head.headers)?;
        let bytes = read_whole(&head.headers, body, MAX).await;
        let bytes = bytes.map_err(|error| unread(error, MAX))?;
        let malformed = |detail: String| ApiError::new(Code::RequestMalformed, detail);
        let json = Json::parse(&bytes)
            .map_err(|fault| malformed(format!("The body is not JSON that is taken: {fault}.")))?;
        let members = json.into_members();
        let members =
            members.ok_or_else(|| malformed("The body is not one JSON object.".into()))?;
        Ok(Self(members))
    }
}

/// The members of a JSON object, taken one by one.
pub(crate) struct Object {
    members: Members,
    known: Vec<&'static str>,
    errors: Option<ApiError>,
}

impl Object {
    pub(crate) const fn new(members: Members) -> Self {
        Self { members, known: Vec::new(), errors: None }
    }

    fn find(&mut self, name: &'static str) -> Option<&Json> {
        self.known.push(name);
        self.members.iter().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    /// A text member that must be there.
    pub(crate) fn text(&mut self, name: &'static str) -> String {
        match self.find(name).map(Json::as_text) {
            Some(Some(text)) => return text.to_owned(),
            Some(None) => self.wrong(name, "must be a string"),
            None => self.wrong(name, "is missing"),
        }
        String::new()
    }

    /// A text member that may be absent or null.
    pub(crate) fn optional_text(&mut self, name: &'static str) -> Option<String> {
        let value = self.find(name).filter(|value| **value != Json::Null)?;
        let text = value.as_text().map(str::to_owned);
        if text.is_none() {
            self.wrong(name, "must be a string");
        }
        text
    }

    /// A whole number that must be there and is not negative.
    pub(crate) fn number(&mut self, name: &'static str) -> u64 {
        match self.find(name).map(Json::as_whole) {
            Some(Some(number)) => return number,
            Some(None) => self.wrong(name, "must be a whole number that is not negative"),
            None => self.wrong(name, "is missing"),
        }
        0
    }

    /// Notes that a member breaks a rule of its own.
    pub(crate) fn wrong(&mut self, name: &str, rule: &str) {
        let pointer = Pointer::member("", name);
        let error = ApiError::new(Code::RequestMember, format!("This member {rule}."));
        let error = error.at(pointer.as_str());
        self.errors = Some(match self.errors.take() {
            Some(before) => before.and(error),
            None => error,
        });
    }

    /// Every wrong and unknown member, if there is one.
    pub(crate) fn finish(mut self) -> Result<(), ApiError> {
        let names = self.members.iter().map(|(name, _)| name);
        let unknown: Vec<_> =
            names.filter(|name| !self.known.contains(&name.as_str())).cloned().collect();
        for name in unknown.iter().take(Self::UNKNOWN_MAX) {
            self.wrong(name, "is not known here");
        }
        self.errors.map_or(Ok(()), Err)
    }

    /// Every wrong and unknown member, this one too.
    pub(crate) fn refused(mut self, name: &str, rule: &str) -> ApiError {
        self.wrong(name, rule);
        self.finish().expect_err("a member is wrong")
    }

    /// No more unknown members than this are named.
    const UNKNOWN_MAX: usize = 100;
}

/// What a body is on the wire that was not read to its end.
fn unread(error: Unread, limit: usize) -> ApiError {
    match error {
        Unread::TooLarge { actual } => {
            let detail = format!("This route reads at most {limit} bytes.");
            let error = ApiError::new(Code::RequestTooLarge, detail);
            error.bounded(limit as u64, actual).closing()
        }
        Unread::TooSlow(pace) => pace.into(),
        Unread::BrokenOff => {
            let detail = "The body ended before its end.";
            ApiError::new(Code::RequestMalformed, detail).closing()
        }
    }
}

fn check_headers(headers: &HeaderMap) -> Result<(), ApiError> {
    match essence(headers) {
        Ok(essence) if essence.eq_ignore_ascii_case("application/json") => Ok(()),
        Ok(_) => {
            let detail = "Send `Content-Type: application/json`.";
            Err(ApiError::new(Code::RequestMediaType, detail))
        }
        Err(fault) => Err(fault.into()),
    }
}
