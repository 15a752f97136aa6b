//! Identity documents, and which purposes make each complete: one table.

use std::str::FromStr;

use crate::Purpose;

/// The document by which a person is identified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DocumentType {
    /// An identity card.
    IdCard,
    /// An identity document on paper.
    PaperId,
    /// A passport.
    Passport,
    /// A driving licence.
    DrivingLicence,
    /// A residence permit.
    ResidencePermit,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct DocumentTypeRow {
    /// The document.
    pub document_type: DocumentType,
    /// Its name on the wire, compared exactly.
    pub name: &'static str,
    /// The sets of purposes any one of which makes it complete.
    pub complete: &'static [&'static [Purpose]],
}

/// The table of identity documents, in the order of the documents.
pub const DOCUMENT_TYPES: [DocumentTypeRow; 5] = [
    DocumentTypeRow {
        document_type: DocumentType::IdCard,
        name: "id_card",
        complete: &[&[Purpose::IdcardBothSides], &[Purpose::IdcardFront, Purpose::IdcardBack]],
    },
    DocumentTypeRow {
        document_type: DocumentType::PaperId,
        name: "paper_id",
        complete: &[&[Purpose::PaperId]],
    },
    DocumentTypeRow {
        document_type: DocumentType::Passport,
        name: "passport",
        complete: &[&[Purpose::Passport]],
    },
    DocumentTypeRow {
        document_type: DocumentType::DrivingLicence,
        name: "driving_licence",
        complete: &[&[Purpose::DrivingLicence]],
    },
    DocumentTypeRow {
        document_type: DocumentType::ResidencePermit,
        name: "residence_permit",
        complete: &[&[Purpose::ResidencePermit]],
    },
];

impl DocumentType {
    /// The row of the table.
    #[must_use]
    pub fn row(self) -> &'static DocumentTypeRow {
        DOCUMENT_TYPES
            .iter()
            .find(|row| row.document_type == self)
            .expect("the table has a row for every document, which a test checks")
    }

    /// The name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }
}

/// Compared exactly.
impl FromStr for DocumentType {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        DOCUMENT_TYPES.iter().find(|r| r.name == text).map(|r| r.document_type).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_has_one_row_and_reads_its_own_name() {
        for row in &DOCUMENT_TYPES {
            assert_eq!(row.name.parse(), Ok(row.document_type));
            assert_eq!(row.document_type.name(), row.name);
            assert!(!row.complete.is_empty() && row.complete.iter().all(|set| !set.is_empty()));
        }
        assert_eq!("Passport".parse::<DocumentType>(), Err(()));
    }
}
