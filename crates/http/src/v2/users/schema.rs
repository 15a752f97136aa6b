//! What the OpenAPI document says of users. The rules themselves are tables of the domain.

#![expect(dead_code, reason = "describes bodies for the OpenAPI document")]

use std::collections::BTreeSet;

use serde_json::Value;
use utoipa::openapi::schema::{AllOfBuilder, AnyOfBuilder, Ref};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::schema::{
    Country, Date, DocumentTypeName, Email, Id, Language, Line32, Line50, Line255, Line4096,
    Lines255, Note, Phone, PurposeName, Reason, Time, UserMetadata, VerificationStatusName, closed,
};

/// What may be said of a person.
#[derive(ToSchema)]
pub(crate) struct UserMembers {
    /// What the client calls the user: unique, whatever its case.
    external_id: Option<Line255>,
    /// An e-mail address.
    email: Option<Email>,
    /// E.164: `+`, country code, number.
    phone: Option<Phone>,
    /// The given names.
    first_name: Option<Line255>,
    /// The family name.
    last_name: Option<Line255>,
    /// ISO 639-1, lower-case.
    language: Option<Language>,
    /// ISO 3166-1 alpha-2, upper-case.
    country: Option<Country>,
    /// What verifies the person. A patch replaces it whole.
    verification: Option<VerificationBody>,
    /// At most 50 pairs of plain values.
    metadata: Option<UserMetadata>,
    /// Kept as it is given.
    terms: Option<Value>,
    /// Kept as it is given.
    aml: Option<Value>,
    /// Kept as it is given.
    appropriateness: Option<Value>,
    /// Kept as it is given.
    tax: Option<Value>,
    /// Kept as it is given.
    ext_compliance: Option<Value>,
    /// Kept as it is given.
    account_level_id: Option<Value>,
}

/// What is said of a person, or changed: null removes. One of `external_id` and `email` must be
/// left.
pub(crate) struct UserBody;

impl PartialSchema for UserBody {
    fn schema() -> RefOr<Schema> {
        closed(UserMembers::schema())
    }
}

impl ToSchema for UserBody {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        UserMembers::schemas(schemas);
    }
}

/// A new person.
pub(crate) struct NewUserBody;

impl PartialSchema for NewUserBody {
    fn schema() -> RefOr<Schema> {
        let given = |name: &str| {
            let text = ObjectBuilder::new().schema_type(Type::String);
            ObjectBuilder::new().property(name, text).required(name)
        };
        let known = AnyOfBuilder::new().item(given("external_id")).item(given("email"));
        AllOfBuilder::new()
            .item(Ref::from_schema_name(UserBody::name()))
            .item(known)
            .description(Some("A new person: one of `external_id` and `email` must be there."))
            .into()
    }
}

impl ToSchema for NewUserBody {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((UserBody::name().into(), UserBody::schema()));
        UserBody::schemas(schemas);
    }
}

/// What verifies a person.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VerificationBody {
    /// The id of one file of the purpose `verification_report`.
    report: Option<Id>,
    /// The ids of at most 100 files of other purposes.
    #[schema(max_items = 100)]
    files: Option<BTreeSet<Id>>,
    /// Who checked the identity.
    provider: Option<Line255>,
    /// What the provider calls the check.
    token: Option<Line4096>,
    /// `id_card`, `paper_id`, `passport`, `driving_licence` or `residence_permit`.
    document_type: Option<DocumentTypeName>,
    /// `YYYY-MM-DD`
    issuing_date: Option<Date>,
    /// Who issued the document.
    issuing_authority: Option<Line255>,
    /// ISO 3166-1 alpha-2, upper-case.
    issuing_country: Option<Country>,
    /// `YYYY-MM-DD`
    expiration_date: Option<Date>,
    /// `YYYY-MM-DD`
    verification_date: Option<Date>,
    /// As the document says it.
    gender: Option<Line50>,
    /// `YYYY-MM-DD`, a day that has come.
    birth_date: Option<Date>,
    /// As the document says it.
    birth_place: Option<Line255>,
    /// The number of the person or the document.
    national_id: Option<Line255>,
    /// The machine-readable lines.
    mrz_code: Option<Lines255>,
    /// ISO 639-1, lower-case.
    language: Option<Language>,
    /// Where the person lives.
    address: Option<AddressBody>,
}

/// Where a person lives.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddressBody {
    /// The street and the number.
    street: Option<Line255>,
    /// The city.
    city: Option<Line255>,
    /// The postal code.
    zip_code: Option<Line32>,
    /// ISO 3166-1 alpha-2, upper-case.
    country_of_residence: Option<Country>,
}

/// A user: every member that was given, and these.
#[derive(ToSchema)]
pub(crate) struct UserView {
    /// A lower-case UUID.
    id: Id,
    #[schema(inline)]
    #[serde(flatten)]
    given: UserMembers,
    /// Whether the verification is approved.
    verified: bool,
    /// Whether the user can be changed.
    active: bool,
    /// `missing`, `pending`, `approved` or `rejected`.
    verification_status: VerificationStatusName,
    /// RFC 3339.
    registered_at: Time,
}

/// Files to add.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FilesBody {
    /// The ids of at least one file.
    #[schema(min_items = 1, max_items = 100)]
    files: BTreeSet<Id>,
}

/// A decision.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum DecisionBody {
    /// The person is who it says.
    Approval(ApprovalBody),
    /// The verification is refused.
    Rejection(RejectionBody),
}

/// An approval.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApprovalBody {
    /// What was decided.
    decision: Approved,
    /// Nobody needs a reason to be approved.
    #[schema(max_items = 0)]
    reason_codes: Option<Vec<Reason>>,
    /// A note that is not for the person.
    note: Option<Note>,
}

/// A rejection.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RejectionBody {
    /// What was decided.
    decision: Rejected,
    /// Why, at least one.
    #[schema(min_items = 1)]
    reason_codes: BTreeSet<Reason>,
    /// A note that is not for the person.
    note: Option<Note>,
}

/// The word for an approval.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Approved {
    /// The person is who it says.
    Approved,
}

/// The word for a rejection.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Rejected {
    /// The verification is refused.
    Rejected,
}

/// Documents that are wanted.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestBody {
    /// The purposes that files are wanted for.
    #[schema(min_items = 1)]
    purposes: BTreeSet<PurposeName>,
    /// Why, at least one.
    #[schema(min_items = 1)]
    reason_codes: BTreeSet<Reason>,
    /// A note that is not for the person.
    note: Option<Note>,
    /// The last day on which they are awaited, which has not passed: `YYYY-MM-DD`.
    until: Option<Date>,
}

/// One change of a verification.
#[derive(ToSchema)]
pub(crate) struct ChangeView {
    /// When, RFC 3339.
    at: Time,
    /// Who: `key:` or `token:` and its id.
    by: String,
    /// `submitted`, `appended`, `removed`, `approved`, `rejected` or `documents_requested`.
    step: String,
    /// Where the verification stood after it.
    verification_status: VerificationStatusName,
    /// The files that were submitted or appended.
    files: Option<Vec<Id>>,
    /// The reasons of a decision or request.
    reason_codes: Option<Vec<Reason>>,
    /// For each reason a sentence for the person, in the language of `Accept-Language`.
    user_messages: Option<Vec<String>>,
    /// The reviewer's note, not for the person.
    note: Option<Note>,
    /// The purposes that were wanted.
    purposes: Option<Vec<PurposeName>>,
    /// The last day on which they were awaited.
    until: Option<Date>,
}
