//! Success bodies: `data`, and `meta` for lists.

use dossier_app::File;
use dossier_domain::ContentCheck;
use serde::Serialize;
use utoipa::ToSchema;

use crate::schema::{FileStatusName, Id, PurposeName, Time};

/// A body with one answer.
#[derive(Serialize, ToSchema)]
pub(crate) struct Data<T> {
    /// The answer.
    pub(crate) data: T,
}

/// A body with one page of answers.
#[derive(Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// The answers.
    pub(crate) data: Vec<T>,
    /// About the page.
    pub(crate) meta: PageMeta,
}

/// About a page.
#[derive(Serialize, ToSchema)]
pub(crate) struct PageMeta {
    /// The cursor of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

/// A stored file.
#[derive(Serialize, ToSchema)]
pub(crate) struct FileView {
    /// Its id: a lower-case UUID.
    #[schema(value_type = Id)]
    id: String,
    /// Its name, exactly as received.
    name: String,
    /// Its canonical media type, found in the bytes.
    r#type: &'static str,
    /// Its size in bytes.
    size: u64,
    /// What it was uploaded for.
    #[schema(value_type = PurposeName)]
    purpose: &'static str,
    /// Where its bytes are, relative to the server.
    url: String,
    /// When it was taken in, RFC 3339.
    #[schema(value_type = Time)]
    created_at: String,
    /// SHA-256 of its bytes, in hex.
    sha256: String,
    /// `ready`, `processing` or `rejected`.
    #[schema(value_type = FileStatusName)]
    status: &'static str,
    /// Codes of what a client may want to know.
    warnings: Vec<&'static str>,
    /// The level of a check weaker than `structure`.
    #[serde(skip_serializing_if = "Option::is_none")]
    checked: Option<&'static str>,
    /// The user whose it is: a verification of that user names it, or did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Id>)]
    user_id: Option<String>,
    /// What the headers of the content say.
    #[serde(skip_serializing_if = "Option::is_none")]
    facts: Option<FactsView>,
}

/// What the headers of a content say.
#[derive(Serialize, ToSchema)]
pub(crate) struct FactsView {
    /// Width in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u32>,
    /// Height in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u32>,
    /// Pages of a PDF.
    #[serde(skip_serializing_if = "Option::is_none")]
    pages: Option<u32>,
    /// Duration in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<u64>,
}

impl FileView {
    /// The members that the upload answers.
    pub(crate) fn brief(file: &File) -> Self {
        Self {
            id: file.id.to_string(),
            name: file.name.clone(),
            r#type: file.media_type.essence(),
            size: file.size.get(),
            purpose: file.purpose.name(),
            url: format!("/v1/files/{}/contents", file.id),
            created_at: file.created_at.to_string(),
            sha256: hex(&file.sha256),
            status: file.status.name(),
            warnings: file.warnings.iter().map(|c| c.name()).collect(),
            checked: match file.checked {
                ContentCheck::Structure => None,
                weaker @ (ContentCheck::Signature | ContentCheck::Declared) => Some(weaker.name()),
            },
            user_id: None,
            facts: None,
        }
    }

    /// All members.
    pub(crate) fn whole(file: &File) -> Self {
        let facts = file.facts;
        let known = facts != Default::default();
        Self {
            user_id: file.user_id.map(|id| id.to_string()),
            facts: known.then_some(FactsView {
                width: facts.width,
                height: facts.height,
                pages: facts.pages,
                duration_ms: facts.duration_ms,
            }),
            ..Self::brief(file)
        }
    }
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}
