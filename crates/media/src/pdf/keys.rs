//! The names that say something: dictionary keys, and values that are evidence by themselves.

/// A dictionary key that some rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    BitsPerComponent,
    CryptFilterMethod,
    CryptFilters,
    Colors,
    Columns,
    Contents,
    Count,
    DecodeParms,
    EarlyChange,
    EmbeddedFile,
    EmbeddedFiles,
    Encrypt,
    EncryptMetadata,
    ExternalFile,
    Filter,
    First,
    Id,
    Javascript,
    Kids,
    Length,
    MediaBox,
    Name,
    Names,
    Number,
    OwnerEntry,
    OwnerSealed,
    Pages,
    Parent,
    Permissions,
    Predictor,
    Prev,
    Resources,
    Revision,
    Root,
    StreamFilter,
    Subtype,
    Type,
    UserEntry,
    UserSealed,
    Verb,
    Version,
    Widths,
    Xfa,
    XrefStream,
    /// Any other key; `None` of the rules cares.
    Other,
}

impl Key {
    /// The key written as `name`, its escapes decoded.
    pub(super) fn of(name: &[u8]) -> Self {
        match name {
            b"BitsPerComponent" => Self::BitsPerComponent,
            b"CF" => Self::CryptFilters,
            b"CFM" => Self::CryptFilterMethod,
            b"Colors" => Self::Colors,
            b"Columns" => Self::Columns,
            b"Contents" => Self::Contents,
            b"Count" => Self::Count,
            b"DecodeParms" | b"DP" => Self::DecodeParms,
            b"EarlyChange" => Self::EarlyChange,
            b"EF" => Self::EmbeddedFile,
            b"EmbeddedFiles" => Self::EmbeddedFiles,
            b"Encrypt" => Self::Encrypt,
            b"EncryptMetadata" => Self::EncryptMetadata,
            b"F" => Self::ExternalFile,
            b"Filter" => Self::Filter,
            b"First" => Self::First,
            b"ID" => Self::Id,
            b"JS" => Self::Javascript,
            b"Kids" => Self::Kids,
            b"Length" => Self::Length,
            b"MediaBox" => Self::MediaBox,
            b"N" => Self::Number,
            b"Name" => Self::Name,
            b"Names" => Self::Names,
            b"O" => Self::OwnerEntry,
            b"OE" => Self::OwnerSealed,
            b"P" => Self::Permissions,
            b"Pages" => Self::Pages,
            b"Parent" => Self::Parent,
            b"Predictor" => Self::Predictor,
            b"Prev" => Self::Prev,
            b"R" => Self::Revision,
            b"Resources" => Self::Resources,
            b"Root" => Self::Root,
            b"S" => Self::Verb,
            b"StmF" => Self::StreamFilter,
            b"Subtype" => Self::Subtype,
            b"Type" => Self::Type,
            b"U" => Self::UserEntry,
            b"UE" => Self::UserSealed,
            b"V" => Self::Version,
            b"W" => Self::Widths,
            b"XFA" => Self::Xfa,
            b"XRefStm" => Self::XrefStream,
            _ => Self::Other,
        }
    }
}

/// The `/Type` of a dictionary, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Catalog,
    Pages,
    Page,
    ObjectStream,
    Xref,
    Other,
}

impl Type {
    pub(super) fn of(name: &[u8]) -> Self {
        match name {
            b"Catalog" => Self::Catalog,
            b"Pages" => Self::Pages,
            b"Page" => Self::Page,
            b"ObjStm" => Self::ObjectStream,
            b"XRef" => Self::Xref,
            _ => Self::Other,
        }
    }
}
