//! How a client says who it is: in the header or in the body, never in both.

use std::fmt;

use super::{Parameters, RequestFault};
use crate::form::form_decoded;

/// What a client claims and how it proves it.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientCredentials {
    /// The claim, as it was sent.
    pub client_id: String,
    /// The proof.
    pub client_secret: String,
}

/// What the `Authorization` header of a request is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// There is none, or one of another scheme: many clients send the token that they have with
    /// every request, which proves nothing here and harms nothing.
    Absent,
    /// HTTP Basic (RFC 7617).
    Basic(ClientCredentials),
    /// Several of them, or one that is malformed: it proves nothing, and was meant to.
    Unusable,
}

impl Authorization {
    /// What stood in a Basic header, decoded from base64: two values, each encoded as in a form,
    /// and a colon between (RFC 6749, section 2.3.1).
    #[must_use]
    pub fn from_basic(decoded: &[u8]) -> Self {
        let mut halves = decoded.splitn(2, |b| *b == b':');
        let client_id = form_decoded(halves.next().unwrap_or_default());
        let client_secret = halves.next().and_then(form_decoded);
        match (client_id, client_secret) {
            (Some(client_id), Some(client_secret)) => {
                Self::Basic(ClientCredentials { client_id, client_secret })
            }
            (Some(_) | None, Some(_) | None) => Self::Unusable,
        }
    }
}

impl ClientCredentials {
    /// The credentials of a request, if it has any that can be judged. Beside the header the body
    /// may repeat the client's id, which some clients do, but nothing else.
    ///
    /// # Errors
    /// Credentials in both places.
    pub fn of(
        authorization: Authorization,
        parameters: &Parameters,
    ) -> Result<Option<Self>, RequestFault> {
        let client_id = parameters.get("client_id");
        let client_secret = parameters.get("client_secret");
        match (authorization, client_id, client_secret) {
            (Authorization::Absent, Some(client_id), Some(client_secret)) => Ok(Some(Self {
                client_id: client_id.to_owned(),
                client_secret: client_secret.to_owned(),
            })),
            (Authorization::Absent, _, _) | (Authorization::Unusable, _, None) => Ok(None),
            (Authorization::Basic(header), None, None) => Ok(Some(header)),
            (Authorization::Basic(header), Some(client_id), None)
                if header.client_id == client_id =>
            {
                Ok(Some(header))
            }
            (Authorization::Basic(_) | Authorization::Unusable, _, _) => {
                Err(RequestFault::TwoMechanisms)
            }
        }
    }
}

impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientCredentials(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(client_id: &str, client_secret: &str) -> ClientCredentials {
        ClientCredentials { client_id: client_id.into(), client_secret: client_secret.into() }
    }

    fn of(
        authorization: Authorization,
        form: &str,
    ) -> Result<Option<ClientCredentials>, RequestFault> {
        let parameters = Parameters::from_form(form.as_bytes()).unwrap();
        ClientCredentials::of(authorization, &parameters)
    }

    #[test]
    fn both_halves_of_a_basic_header_are_encoded() {
        for (decoded, want) in [
            (&b"a:b"[..], Some(credentials("a", "b"))),
            (b"a%3Ab:dss%5F1", Some(credentials("a:b", "dss_1"))),
            (b"a:b:c", Some(credentials("a", "b:c"))),
            (b":", Some(credentials("", ""))),
            (b"", None),
            (b"a", None),
            (b"a%:b", None),
            (b"a:%f", None),
            (b"\xff:b", None),
        ] {
            let want = want.map_or(Authorization::Unusable, Authorization::Basic);
            assert_eq!(Authorization::from_basic(decoded), want, "{decoded:?}");
        }
    }

    #[test]
    fn credentials_come_from_one_place() {
        let basic = || Authorization::Basic(credentials("a", "b"));
        let absent = || Authorization::Absent;
        assert_eq!(of(absent(), "client_id=a&client_secret=b"), Ok(Some(credentials("a", "b"))));
        assert_eq!(of(basic(), "scope=x"), Ok(Some(credentials("a", "b"))));
        assert_eq!(of(basic(), "client_id=a"), Ok(Some(credentials("a", "b"))));
        for form in ["", "client_id=a", "client_secret=b", "client_id=a&client_secret="] {
            assert_eq!(of(absent(), form), Ok(None), "{form}");
        }
        assert_eq!(of(Authorization::Unusable, "client_id=a"), Ok(None));
        for form in ["client_secret=b", "client_id=a&client_secret=b"] {
            assert_eq!(of(basic(), form), Err(RequestFault::TwoMechanisms), "{form}");
            let unusable = of(Authorization::Unusable, form);
            assert_eq!(unusable, Err(RequestFault::TwoMechanisms), "{form}");
        }
        assert_eq!(of(basic(), "client_id=c"), Err(RequestFault::TwoMechanisms));
    }

    #[test]
    fn secrets_stay_out_of_debug_output() {
        let basic = Authorization::Basic(credentials("a", "dss_secret"));
        assert!(!format!("{basic:?}").contains("secret"));
    }
}
