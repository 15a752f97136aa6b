//! Everything a body can be refused for, and what to tell the integrator about it.

/// Which family of refusals an error belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The boundary is not where it must be, or not alone there.
    Boundary,
    /// A part breaks the syntax of form data.
    Malformed,
    /// A count or a size is over its limit.
    Limit,
}

/// Why a body was refused. The parser answers nothing else after its first error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{}", self.detail())]
pub enum Error {
    /// Something other than one CRLF stands before the first boundary.
    Preamble,
    /// A boundary is followed by something other than its line end or the closing `--`.
    BoundaryLine,
    /// Too many spaces or tabs after a boundary.
    Padding,
    /// The first line of a part's content is the boundary (RFC 2046 §5.1.1 lets no content line
    /// start with it, and readers disagree on what such a body means).
    BoundaryInPart,
    /// The body has more parts than allowed.
    Parts,
    /// A part's `Content-Length` is not the length of its content.
    LengthMismatch,
    /// Something other than white space follows the closing boundary.
    Epilogue,
    /// Too much white space follows the closing boundary.
    EpilogueLength,
    /// The body ended before the closing boundary.
    Truncated,
    /// The header block of a part is at fault.
    Head(HeadError),
}

impl Error {
    /// The family of the error.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Preamble
            | Self::BoundaryLine
            | Self::BoundaryInPart
            | Self::Epilogue
            | Self::Truncated => ErrorKind::Boundary,
            Self::LengthMismatch => ErrorKind::Malformed,
            Self::Padding | Self::Parts | Self::EpilogueLength => ErrorKind::Limit,
            Self::Head(error) => error.kind(),
        }
    }

    /// One sentence for the integrator. It never repeats bytes of the request.
    #[must_use]
    pub const fn detail(&self) -> &'static str {
        match self {
            Self::Preamble => {
                "The body must start with the boundary that the Content-Type header announces; \
                 only one CRLF may stand before it."
            }
            Self::BoundaryLine => {
                "A boundary must be followed by CRLF, or by two hyphens after the last part."
            }
            Self::Padding => "Too many spaces or tabs follow a boundary.",
            Self::BoundaryInPart => {
                "The content of a part must not start with the boundary; \
                 an empty part still has an empty line of its own."
            }
            Self::Parts => "The body has too many parts.",
            Self::LengthMismatch => {
                "The Content-Length header of a part is not the length of its content."
            }
            Self::Epilogue => "Only white space may follow the closing boundary.",
            Self::EpilogueLength => "Too much white space follows the closing boundary.",
            Self::Truncated => "The body ended before the closing boundary.",
            Self::Head(error) => error.detail(),
        }
    }
}

impl From<HeadError> for Error {
    fn from(error: HeadError) -> Self {
        Self::Head(error)
    }
}

/// Why the header block of a part was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{}", self.detail())]
pub enum HeadError {
    /// The header block is over its size limit.
    Bytes,
    /// The header block has too many lines.
    Lines,
    /// A header line holds a bare CR or ends in a bare LF.
    LineEnd,
    /// A header line starts with a space or a tab.
    Folded,
    /// A header line is not `name: value`, or its value holds a control character.
    Field,
    /// A header that describes the part was sent twice.
    Repeated,
    /// The part has no `Content-Disposition`.
    DispositionMissing,
    /// The disposition is another one than `form-data`.
    DispositionType,
    /// A parameter of `Content-Disposition` is not `name=token` or `name="quoted"`.
    Parameter,
    /// A parameter of `Content-Disposition` was sent twice.
    ParameterRepeated,
    /// `name*`, a continuation (`filename*0`), or a `filename*` that is not UTF-8 by RFC 8187.
    ParameterExtended,
    /// The part has no name, or an empty one.
    NameMissing,
    /// The name is not UTF-8 or holds a control character.
    Name,
    /// `Content-Type` is not visible ASCII.
    ContentType,
    /// `Content-Length` is not a plain decimal number of 64 bits.
    ContentLength,
    /// `Content-Transfer-Encoding` is another one than `7bit`, `8bit` or `binary`.
    TransferEncoding,
    /// `Content-Digest` does not follow RFC 9530.
    ContentDigest,
}

impl HeadError {
    /// The family of the error.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Bytes | Self::Lines => ErrorKind::Limit,
            Self::LineEnd
            | Self::Folded
            | Self::Field
            | Self::Repeated
            | Self::DispositionMissing
            | Self::DispositionType
            | Self::Parameter
            | Self::ParameterRepeated
            | Self::ParameterExtended
            | Self::NameMissing
            | Self::Name
            | Self::ContentType
            | Self::ContentLength
            | Self::TransferEncoding
            | Self::ContentDigest => ErrorKind::Malformed,
        }
    }

    /// One sentence for the integrator. It never repeats bytes of the request.
    #[must_use]
    pub const fn detail(&self) -> &'static str {
        match self {
            Self::Bytes => "The headers of a part are too long.",
            Self::Lines => "A part has too many header lines.",
            Self::LineEnd => "The header lines of a part must end in CRLF.",
            Self::Folded => "A header line of a part must not start with white space.",
            Self::Field => "A header line of a part is not of the form `name: value`.",
            Self::Repeated => "A part has the same header twice.",
            Self::DispositionMissing => "A part has no Content-Disposition header.",
            Self::DispositionType => "The Content-Disposition of a part must be form-data.",
            Self::Parameter => "A parameter of Content-Disposition is malformed.",
            Self::ParameterRepeated => "A parameter of Content-Disposition appears twice.",
            Self::ParameterExtended => {
                "Of the extended parameters only filename*=UTF-8'' in percent encoding is accepted."
            }
            Self::NameMissing => "A part has no name.",
            Self::Name => "The name of a part must be UTF-8 without control characters.",
            Self::ContentType => "The Content-Type of a part is malformed.",
            Self::ContentLength => "The Content-Length of a part must be a plain number.",
            Self::TransferEncoding => {
                "The Content-Transfer-Encoding of a part must be 7bit, 8bit or binary."
            }
            Self::ContentDigest => "The Content-Digest of a part is malformed.",
        }
    }
}
