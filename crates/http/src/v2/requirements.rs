//! `/v2/requirements`: what completes a verification, and what the caller's client adds.

pub(crate) mod get;
pub(crate) mod put;

use dossier_domain::Purpose;
use dossier_domain::user::{ADDED_PURPOSES, DOCUMENT_TYPES, DocumentTypeRow};
use serde::Serialize;
use utoipa::ToSchema;

use crate::schema::{AddedPurpose, DocumentTypeName, PurposeName};

/// What completes a verification.
#[derive(Serialize, ToSchema)]
pub(crate) struct PolicyView {
    /// The identity documents, one of which every user needs.
    documents: Vec<DocumentView>,
    /// The purposes that the client asks all its users for beside the document.
    #[schema(value_type = Vec<AddedPurpose>)]
    added: Vec<&'static str>,
    /// The purposes that a client can add.
    #[schema(value_type = Vec<AddedPurpose>)]
    addable: Vec<&'static str>,
}

/// An identity document.
#[derive(Serialize, ToSchema)]
pub(crate) struct DocumentView {
    /// Its name as `document_type`.
    #[schema(value_type = DocumentTypeName)]
    document_type: &'static str,
    /// Sets of purposes; a file of each purpose of any one set completes it.
    #[schema(value_type = Vec<Vec<PurposeName>>)]
    any_of: Vec<Vec<&'static str>>,
}

impl PolicyView {
    fn new(added: &[Purpose]) -> Self {
        Self {
            documents: DOCUMENT_TYPES.iter().map(DocumentView::from).collect(),
            added: names(added),
            addable: names(&ADDED_PURPOSES),
        }
    }
}

impl From<&DocumentTypeRow> for DocumentView {
    fn from(row: &DocumentTypeRow) -> Self {
        let any_of = row.complete.iter().map(|set| names(set)).collect();
        Self { document_type: row.name, any_of }
    }
}

fn names(purposes: &[Purpose]) -> Vec<&'static str> {
    purposes.iter().map(|purpose| purpose.name()).collect()
}
