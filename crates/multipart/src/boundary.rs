//! The boundary of a body, read from the request's `Content-Type` header.

use crate::parameter::{self, Malformed, Value};

/// No client needs more; a longer header is an attack on whoever reads it.
const CONTENT_TYPE_BYTES_MAX: usize = 1024;
/// RFC 2046 §5.1.1.
const BOUNDARY_BYTES_MAX: usize = 70;

/// A valid boundary: 1 to 70 characters of RFC 2046 §5.1.1, the last of them not a space.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Boundary(Box<[u8]>);

/// Why a `Content-Type` gives no boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{}", self.detail())]
pub enum BoundaryError {
    /// The media type is another one than `multipart/form-data`.
    NotMultipart,
    /// The parameters cannot be read, or the header is over 1,024 bytes.
    Malformed,
    /// There is no `boundary` parameter.
    Missing,
    /// There is more than one `boundary` parameter, or one in pieces (RFC 2231).
    Repeated,
    /// The boundary is empty, over 70 characters, or holds a character that it must not.
    Invalid,
}

impl Boundary {
    /// Reads the boundary from the value of a `Content-Type` header.
    ///
    /// Names are compared without case; the value is a token or a quoted string. Other parameters
    /// are ignored, but must be well formed (RFC 9110 §5.6.6).
    ///
    /// # Errors
    /// See [`BoundaryError`].
    pub fn from_content_type(value: &[u8]) -> Result<Self, BoundaryError> {
        let (essence, parameters) = parameter::split(value);
        if !essence.eq_ignore_ascii_case(b"multipart/form-data") {
            return Err(BoundaryError::NotMultipart);
        }
        if value.len() > CONTENT_TYPE_BYTES_MAX {
            return Err(BoundaryError::Malformed);
        }
        let mut boundary = None;
        for parameter in parameters {
            let parameter = parameter.map_err(|Malformed| BoundaryError::Malformed)?;
            let base = parameter.name.split(|&byte| byte == b'*').next().unwrap_or_default();
            if !base.eq_ignore_ascii_case(b"boundary") {
                continue;
            }
            if boundary.is_some() || base.len() != parameter.name.len() {
                return Err(BoundaryError::Repeated);
            }
            let (Value::Token(text) | Value::Quoted(text)) = parameter.value;
            boundary = Some(text);
        }
        let text = boundary.ok_or(BoundaryError::Missing)?;
        if is_boundary(text) { Ok(Self(text.into())) } else { Err(BoundaryError::Invalid) }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl BoundaryError {
    /// One sentence for the integrator. It never repeats bytes of the request.
    #[must_use]
    pub const fn detail(&self) -> &'static str {
        match self {
            Self::NotMultipart => "The Content-Type of the request must be multipart/form-data.",
            Self::Malformed => "The parameters of the Content-Type header are malformed.",
            Self::Missing => "The Content-Type header has no boundary parameter.",
            Self::Repeated => "The Content-Type header has more than one boundary parameter.",
            Self::Invalid => {
                "The boundary must be 1 to 70 characters of those that RFC 2046 allows, \
                 and be quoted when it is not a token."
            }
        }
    }
}

fn is_boundary(text: &[u8]) -> bool {
    text.len() <= BOUNDARY_BYTES_MAX
        && text.last().is_some_and(|&last| last != b' ')
        && text.iter().all(|&byte| is_boundary_byte(byte))
}

/// `bchars` of RFC 2046 §5.1.1. No backslash and no quote is among them, so an escape in a quoted
/// boundary is refused and need not be undone.
const fn is_boundary_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b' ' | b'\''
                | b'('
                | b')'
                | b'+'
                | b'_'
                | b','
                | b'-'
                | b'.'
                | b'/'
                | b':'
                | b'='
                | b'?'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Result<String, BoundaryError> {
        Boundary::from_content_type(value.as_bytes())
            .map(|boundary| String::from_utf8(boundary.as_bytes().to_vec()).unwrap())
    }

    #[test]
    fn a_boundary_is_a_token_or_quoted() {
        for (value, boundary) in [
            ("multipart/form-data; boundary=XbX", "XbX"),
            ("multipart/form-data; boundary=\"XbX\"", "XbX"),
            ("multipart/form-data;boundary=XbX", "XbX"),
            ("  Multipart/Form-Data ; BOUNDARY=XbX ", "XbX"),
            ("multipart/form-data; charset=utf-8; boundary=XbX", "XbX"),
            ("multipart/form-data; boundary=XbX; charset=\"utf;8\";", "XbX"),
            ("multipart/form-data; boundary=\"a b\"", "a b"),
            ("multipart/form-data; boundary=\"gc0pJq0M:08jU534c0p\"", "gc0pJq0M:08jU534c0p"),
            ("multipart/form-data; boundary=\"'()+_,-./:=?\"", "'()+_,-./:=?"),
        ] {
            assert_eq!(read(value).as_deref(), Ok(boundary), "{value}");
        }
    }

    #[test]
    fn another_media_type_is_told_apart() {
        for value in [
            "",
            ";boundary=a",
            "multipart/mixed; boundary=a",
            "multipart/form-datax; boundary=a",
            "multipart/form-data, multipart/form-data; boundary=a",
            "multipart/form-data boundary=a",
            "application/json",
            "application/x-www-form-urlencoded",
        ] {
            assert_eq!(read(value), Err(BoundaryError::NotMultipart), "{value}");
        }
    }

    #[test]
    fn a_missing_or_repeated_boundary_is_refused() {
        for (value, error) in [
            ("multipart/form-data", BoundaryError::Missing),
            ("multipart/form-data;", BoundaryError::Missing),
            ("multipart/form-data; xboundary=a", BoundaryError::Missing),
            ("multipart/form-data; x=\"boundary=a\"", BoundaryError::Missing),
            ("multipart/form-data; boundary=safe; boundary=evil", BoundaryError::Repeated),
            ("multipart/form-data; boundary=a; BOUNDARY=a", BoundaryError::Repeated),
            ("multipart/form-data; boundary*=UTF-8''a", BoundaryError::Repeated),
            ("multipart/form-data; boundary=a; boundary*0=b", BoundaryError::Repeated),
            ("multipart/form-data; boundary*0=a; boundary*1=b", BoundaryError::Repeated),
        ] {
            assert_eq!(read(value), Err(error), "{value}");
        }
    }

    #[test]
    fn parameters_are_strictly_tokenized() {
        let cases: &[&[u8]] = &[
            b"multipart/form-data; boundary=",
            b"multipart/form-data; boundary",
            b"multipart/form-data; boundary = a",
            b"multipart/form-data; boundary=a b",
            b"multipart/form-data; boundary=----=_Part",
            b"multipart/form-data; boundary=a, boundary=b",
            b"multipart/form-data; boundary=\"a",
            b"multipart/form-data; boundary=a\r\nX: y",
            b"multipart/form-data; boundary=a\0",
            b"multipart/form-data; boundary=\xc3\xbc",
            b"multipart/form-data; !=\"\\\"\\\"\\\"; boundary=a",
        ];
        for value in cases {
            let error = Boundary::from_content_type(value).unwrap_err();
            assert_eq!(error, BoundaryError::Malformed, "{}", value.escape_ascii());
        }
    }

    #[test]
    fn a_boundary_keeps_to_its_characters_and_length() {
        let cases: &[&[u8]] = &[
            b"multipart/form-data; boundary=\"\"",
            b"multipart/form-data; boundary=\" \"",
            b"multipart/form-data; boundary=\"a \"",
            b"multipart/form-data; boundary=a*b",
            b"multipart/form-data; boundary=\"a\\b\"",
            b"multipart/form-data; boundary=\"a\r\nb\"",
            b"multipart/form-data; boundary=\"a\0b\"",
            b"multipart/form-data; boundary=\"\xc3\xbc\"",
            b"multipart/form-data; boundary=\"a;b\"",
        ];
        for value in cases {
            let error = Boundary::from_content_type(value).unwrap_err();
            assert_eq!(error, BoundaryError::Invalid, "{}", value.escape_ascii());
        }
        let long = |length| format!("multipart/form-data; boundary={}", "b".repeat(length));
        assert_eq!(read(&long(70)), Ok("b".repeat(70)));
        assert_eq!(read(&long(71)), Err(BoundaryError::Invalid));
        assert_eq!(read(&long(5_000)), Err(BoundaryError::Malformed));
    }

    #[test]
    fn a_flood_of_escapes_is_not_even_read() {
        let value = format!("multipart/form-data; !=\"{}", "\\\"".repeat(1_000_000));
        assert_eq!(read(&value), Err(BoundaryError::Malformed));
    }
}
