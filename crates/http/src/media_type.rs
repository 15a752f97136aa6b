//! What the headers of a request say of the encoding of its body.

use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use dossier_domain::Code;

use crate::problem::ApiError;

/// Why a body is not read, whatever its media type is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TypeFault {
    /// It is compressed, or says so.
    Encoded,
    /// It has several types: others on the way may have read another one.
    Repeated,
}

impl TypeFault {
    /// What to do about it, for the engineer.
    pub(crate) const fn detail(self) -> &'static str {
        match self {
            Self::Encoded => "Send the body without Content-Encoding.",
            Self::Repeated => "Send one Content-Type.",
        }
    }
}

impl From<TypeFault> for ApiError {
    fn from(fault: TypeFault) -> Self {
        let code = match fault {
            TypeFault::Encoded => Code::RequestContentEncoding,
            TypeFault::Repeated => Code::RequestMediaType,
        };
        Self::new(code, fault.detail())
    }
}

/// The media type without its parameters, as it came; empty when there is none.
pub(crate) fn essence(headers: &HeaderMap) -> Result<&str, TypeFault> {
    if headers.contains_key(CONTENT_ENCODING) {
        return Err(TypeFault::Encoded);
    }
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let value = values.next().and_then(|value| value.to_str().ok()).unwrap_or_default();
    if values.next().is_some() {
        return Err(TypeFault::Repeated);
    }
    Ok(value.split(';').next().unwrap_or_default().trim())
}
