//! What the OpenAPI document says of users. The rules themselves are tables of the domain.

#![expect(dead_code, reason = "describes bodies for the OpenAPI document")]

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;

/// What may be said of a person. One of `external_id` and `email` must be there.
#[derive(ToSchema)]
pub(crate) struct UserBody {
    /// What the client calls the user: unique, whatever its case.
    external_id: Option<String>,
    /// An e-mail address.
    email: Option<String>,
    /// E.164: `+`, country code, number.
    phone: Option<String>,
    /// The given names.
    first_name: Option<String>,
    /// The family name.
    last_name: Option<String>,
    /// ISO 639-1, lower-case.
    language: Option<String>,
    /// ISO 3166-1 alpha-2, upper-case.
    country: Option<String>,
    /// What verifies the person. A patch replaces it whole.
    verification: Option<VerificationBody>,
    /// At most 50 pairs of plain values.
    metadata: Option<BTreeMap<String, Value>>,
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

/// What verifies a person.
#[derive(ToSchema)]
pub(crate) struct VerificationBody {
    /// The id of one file of the purpose `verification_report`.
    report: Option<String>,
    /// The ids of at most 100 files of other purposes.
    files: Option<Vec<String>>,
    /// Who checked the identity.
    provider: Option<String>,
    /// What the provider calls the check.
    token: Option<String>,
    /// `id_card`, `paper_id`, `passport`, `driving_licence` or `residence_permit`.
    document_type: Option<String>,
    /// `YYYY-MM-DD`
    issuing_date: Option<String>,
    /// Who issued the document.
    issuing_authority: Option<String>,
    /// ISO 3166-1 alpha-2, upper-case.
    issuing_country: Option<String>,
    /// `YYYY-MM-DD`
    expiration_date: Option<String>,
    /// `YYYY-MM-DD`
    verification_date: Option<String>,
    /// As the document says it.
    gender: Option<String>,
    /// `YYYY-MM-DD`, a day that has come.
    birth_date: Option<String>,
    /// As the document says it.
    birth_place: Option<String>,
    /// The number of the person or the document.
    national_id: Option<String>,
    /// The machine-readable lines.
    mrz_code: Option<String>,
    /// ISO 639-1, lower-case.
    language: Option<String>,
    /// Where the person lives.
    address: Option<AddressBody>,
}

/// Where a person lives.
#[derive(ToSchema)]
pub(crate) struct AddressBody {
    /// The street and the number.
    street: Option<String>,
    /// The city.
    city: Option<String>,
    /// The postal code.
    zip_code: Option<String>,
    /// ISO 3166-1 alpha-2, upper-case.
    country_of_residence: Option<String>,
}

/// A user: every member that was given, and these.
#[derive(ToSchema)]
pub(crate) struct UserView {
    /// A lower-case UUID.
    id: String,
    #[schema(inline)]
    #[serde(flatten)]
    given: UserBody,
    /// Whether the verification is approved.
    verified: bool,
    /// Whether the user can be changed.
    active: bool,
    /// `missing`, `pending`, `approved` or `rejected`.
    verification_status: String,
    /// RFC 3339.
    registered_at: String,
}

/// Files to add.
#[derive(ToSchema)]
pub(crate) struct FilesBody {
    /// The ids of at least one file.
    files: Vec<String>,
}

/// A decision.
#[derive(ToSchema)]
pub(crate) struct DecisionBody {
    /// `approved` or `rejected`.
    decision: String,
    /// Why: at least one for a rejection, none for an approval.
    reason_codes: Option<Vec<String>>,
    /// A note that is not for the person.
    note: Option<String>,
}

/// Documents that are wanted.
#[derive(ToSchema)]
pub(crate) struct RequestBody {
    /// The purposes that files are wanted for.
    purposes: Vec<String>,
    /// Why, at least one.
    reason_codes: Vec<String>,
    /// A note that is not for the person.
    note: Option<String>,
    /// The last day on which they are awaited: `YYYY-MM-DD`.
    until: Option<String>,
}

/// One change of a verification.
#[derive(ToSchema)]
pub(crate) struct ChangeView {
    /// When, RFC 3339.
    at: String,
    /// Who: `key:` or `token:` and its id.
    by: String,
    /// `submitted`, `appended`, `removed`, `approved`, `rejected` or `documents_requested`.
    step: String,
    /// Where the verification stood after it.
    verification_status: String,
    /// The files that were submitted or appended.
    files: Option<Vec<String>>,
    /// The reasons of a decision or request.
    reason_codes: Option<Vec<String>>,
    /// For each reason a sentence for the person, in the language of `Accept-Language`.
    user_messages: Option<Vec<String>>,
    /// The reviewer's note, not for the person.
    note: Option<String>,
    /// The purposes that were wanted.
    purposes: Option<Vec<String>>,
    /// The last day on which they were awaited.
    until: Option<String>,
}
