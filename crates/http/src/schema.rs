//! The values that the OpenAPI document knows: what the rules of the domain say, in JSON Schema.
//!
//! What a schema cannot say (that a file exists, that a day has come) stands in descriptions.

use dossier_app::FileStatus;
use dossier_domain::user::{
    ADDED_PURPOSES, COUNTRIES, DOCUMENT_TYPES, LANGUAGES, ReasonCode, VerificationStatus,
};
use dossier_domain::{AuditAction, EventKind, PURPOSES, Scope};
use serde_json::Value;
use utoipa::openapi::schema::{AdditionalProperties, SchemaType};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, SchemaFormat, Type, schema};
use utoipa::{PartialSchema, ToSchema};

/// Any character that shows as it is written: no control character, and nothing that turns the
/// direction of what follows.
macro_rules! shown {
    ($but:literal) => {
        concat!("^[^", $but, r"\u007f-\u009f\u202a-\u202e\u2066-\u2069]+$")
    };
}

const ONE_LINE: &str = shown!(r"\u0000-\u001f");
const LINES: &str = shown!(r"\u0000-\u0009\u000b\u000c\u000e-\u001f");
const LINES_AND_TABS: &str = shown!(r"\u0000-\u0008\u000b\u000c\u000e-\u001f");

/// What may stand before the `@`, between dots: nothing that a header would read as its own.
macro_rules! atom {
    () => {
        concat!(
            r"[^\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028-\u202f\u205f\u2066-\u2069",
            r"\u3000@<>(),;:.]+"
        )
    };
}

/// What a label of a domain starts and ends with: a letter or digit of any script.
macro_rules! letter {
    ($also:literal) => {
        concat!(
            "[^",
            $also,
            r"\u002e\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00a0\u1680\u2000-\u200a",
            r"\u2028-\u202f\u205f\u2066-\u2069\u3000]"
        )
    };
}

macro_rules! label {
    () => {
        concat!(
            letter!(r"\u0000-\u002d"),
            "(",
            letter!(r"\u0000-\u002c"),
            "{0,61}",
            letter!(r"\u0000-\u002d"),
            ")?"
        )
    };
}

const EMAIL: &str =
    concat!("^", atom!(), r"(\.", atom!(), ")*@", label!(), r"(\.", label!(), ")*$");
const EMAIL_LOCAL: &str = "^[^@]{1,64}@";

/// The host is judged when the endpoint is made.
const URL: &str = concat!(
    "^https?://",
    r"[^\u0000-\u0020\u007f-\u00a0/?#@\\]+",
    r"([/?][^\u0000-\u0020\u007f-\u00a0#]*)?$"
);

/// RFC 4648, section 4: padded, and no bit set that means nothing.
const BASE64: &str = "^([A-Za-z0-9+/]{4})*\
    ([A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$";

/// Types that stand for a schema: each name is that of a component of the document.
macro_rules! values {
    ($($(#[doc = $text:literal])+ $name:ident = $schema:expr;)+) => {$(
        $(#[doc = $text])+
        pub(crate) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let schema: ObjectBuilder = $schema;
                schema.description(Some(concat!($($text),+).trim())).into()
            }
        }

        impl ToSchema for $name {}
    )+};
}

values! {
    /// A UUID.
    Id = formatted("uuid");
    /// A day: `YYYY-MM-DD`.
    Date = formatted("date");
    /// A point in time with its offset (RFC 3339).
    Time = formatted("date-time");
    /// Bytes in base64 (RFC 4648, section 4).
    Base64 = string().pattern(Some(BASE64)).content_encoding("base64");
    /// A line of text.
    Line32 = text(32, ONE_LINE);
    /// A line of text.
    Line50 = text(50, ONE_LINE);
    /// A line of text.
    Line255 = text(255, ONE_LINE);
    /// A long line of text.
    Line4096 = text(4096, ONE_LINE);
    /// Text that may have several lines.
    Lines255 = text(255, LINES);
    /// A note of a reviewer; it may have several lines.
    Note = text(2000, LINES_AND_TABS);
    /// A phone number (ITU-T E.164).
    Phone = string().pattern(Some(r"^\+[1-9][0-9]{1,14}$"));
    /// A country (ISO 3166-1 alpha-2).
    Country = one_of(COUNTRIES.iter().copied());
    /// A language (ISO 639-1).
    Language = one_of(LANGUAGES.iter().copied());
    /// What a file is for.
    PurposeName = one_of(PURPOSES.map(|row| row.name));
    /// What a client can ask of all its users.
    AddedPurpose = one_of(ADDED_PURPOSES.map(|purpose| purpose.name()));
    /// An identity document.
    DocumentTypeName = one_of(DOCUMENT_TYPES.map(|row| row.name));
    /// A reason of a reviewer.
    Reason = one_of(ReasonCode::ALL.iter().map(|reason| reason.name()));
    /// Where a file stands.
    FileStatusName = one_of(FileStatus::ALL.map(|status| status.name()));
    /// Where a verification stands.
    VerificationStatusName = one_of(VerificationStatus::ALL.map(|status| status.name()));
    /// What was done.
    AuditActionName = one_of(AuditAction::ALL.iter().map(|action| action.name()));
    /// What happened.
    EventName = one_of(EventKind::ALL.map(|kind| kind.name()));
    /// The name of an event, or `*` for all, those of later versions included.
    WantedEvent = one_of(EventKind::ALL.map(|kind| kind.name()).into_iter().chain(["*"]));
    /// An absolute URL without spaces, user, password or fragment.
    EndpointUrl = string().max_length(Some(2048)).pattern(Some(URL));
    /// From which end a list starts.
    OrderName = one_of(["asc", "desc"]);
    /// Scopes, separated by spaces.
    ScopeList = string().pattern(Some(scope_list()));
    /// A size in bytes.
    Size = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::Custom("uint64".to_owned())))
        .minimum(Some(0))
        .maximum(Some(usize::MAX));
    /// Names with one plain value each.
    UserMetadata = ObjectBuilder::new()
        .schema_type(Type::Object)
        .max_properties(Some(50))
        .property_names(Some(text(100, ONE_LINE)))
        .additional_properties(Some(plain_value()));
    /// Nothing.
    Nothing = ObjectBuilder::new().schema_type(Type::Null);
}

/// An e-mail address (RFC 5321, section 4.1.2, and RFC 6531 for other scripts).
pub(crate) struct Email;

impl PartialSchema for Email {
    fn schema() -> RefOr<Schema> {
        schema::AllOfBuilder::new()
            .item(string().max_length(Some(254)).pattern(Some(EMAIL)))
            .item(string().pattern(Some(EMAIL_LOCAL)))
            .description(Some("An e-mail address (RFC 5321, and RFC 6531 for other scripts)."))
            .into()
    }
}

impl ToSchema for Email {}

/// The schema of an object that takes no member but its own.
pub(crate) fn closed(schema: RefOr<Schema>) -> RefOr<Schema> {
    match schema {
        RefOr::T(Schema::Object(mut object)) => {
            let closed = AdditionalProperties::FreeForm(false);
            object.additional_properties = Some(Box::new(closed));
            object.into()
        }
        open @ (RefOr::Ref(_) | RefOr::T(_)) => open,
    }
}

fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn formatted(name: &str) -> ObjectBuilder {
    string().format(Some(SchemaFormat::Custom(name.to_owned())))
}

fn text(chars_max: usize, pattern: &str) -> ObjectBuilder {
    string().min_length(Some(1)).max_length(Some(chars_max)).pattern(Some(pattern))
}

fn one_of<T: Into<Value>>(names: impl IntoIterator<Item = T>) -> ObjectBuilder {
    string().enum_values(Some(names))
}

fn scope_list() -> String {
    let names = Scope::ALL.iter().map(|scope| scope.name()).collect::<Vec<_>>().join("|");
    format!("^( *({names})( +({names}))* *)?$")
}

fn plain_value() -> ObjectBuilder {
    let types = [Type::String, Type::Number, Type::Boolean, Type::Null];
    ObjectBuilder::new().schema_type(SchemaType::from_iter(types)).max_length(Some(1000))
}
