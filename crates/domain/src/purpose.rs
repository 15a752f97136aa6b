//! What a file may be uploaded for: one table, read by the rules, the API and its documents.

use std::str::FromStr;

use dossier_media::MediaType;

use crate::message::Variant;

/// The stated reason of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Purpose {
    /// A finished report of an identity check.
    VerificationReport,
    /// Both sides of an identity card in one picture or document.
    IdcardBothSides,
    /// The front of an identity card.
    IdcardFront,
    /// The back of an identity card.
    IdcardBack,
    /// An identity document on paper.
    PaperId,
    /// The data page of a passport.
    Passport,
    /// A driving licence.
    DrivingLicence,
    /// A residence permit.
    ResidencePermit,
    /// Evidence of the residential address.
    ProofOfAddress,
    /// A video of the person.
    SelfieVideo,
    /// Anything else.
    Other,
}

/// What happens to a PDF with embedded files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attachments {
    /// Identity documents have no business carrying files.
    Refuse,
    /// E-invoices and reports do carry files: accepted with a warning.
    Warn,
}

/// One row of the purpose table.
#[derive(Clone, Copy, Debug)]
pub struct PurposeRow {
    /// The purpose.
    pub purpose: Purpose,
    /// Its name on the wire, compared exactly.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// Permitted media types as the documents list them: names, aliases and `video/*`.
    pub permitted: &'static [&'static str],
    /// Which sentence asks a person for a fitting file.
    pub message: Variant,
    /// What happens to a PDF with embedded files.
    pub attachments: Attachments,
    /// Help for the person who chooses the file.
    pub guidance: &'static str,
}

const DOCUMENT: &[&str] = &[
    "image/bmp",
    "image/x-ms-bmp",
    "image/x-bmp",
    "image/jpeg",
    "image/png",
    "image/heic",
    "image/heif",
    "application/pdf",
];
const REPORT: &[&str] = &["application/pdf", "application/json"];
const VIDEO: &[&str] = &["video/*"];
const ANY: &[&str] = &[
    "image/bmp",
    "image/x-ms-bmp",
    "image/x-bmp",
    "image/jpeg",
    "image/png",
    "image/heic",
    "image/heif",
    "image/heif-sequence",
    "application/pdf",
    "video/*",
];

const fn document(
    purpose: Purpose,
    name: &'static str,
    title: &'static str,
    guidance: &'static str,
) -> PurposeRow {
    PurposeRow {
        purpose,
        name,
        title,
        permitted: DOCUMENT,
        message: Variant::Document,
        attachments: Attachments::Refuse,
        guidance,
    }
}

const PROOF_OF_ADDRESS: &str = "Evidence of the permanent residential address of a natural \
    person, such as an electricity or water bill, other authority bill, landline bill, power or \
    other utility statement, lease agreement, bank or card statement, bank or educational \
    reference letter, mortgage agreement.";

/// The purpose table, in the order of the documents.
pub const PURPOSES: [PurposeRow; 11] = [
    PurposeRow {
        purpose: Purpose::VerificationReport,
        name: "verification_report",
        title: "Verification report",
        permitted: REPORT,
        message: Variant::Report,
        attachments: Attachments::Warn,
        guidance: "The finished report of an identity check, as PDF or JSON.",
    },
    document(
        Purpose::IdcardBothSides,
        "idcard_both_sides",
        "Identity card, both sides",
        "Both sides of the identity card in one picture or document.",
    ),
    document(
        Purpose::IdcardFront,
        "idcard_front",
        "Identity card, front",
        "The side of the identity card with the portrait.",
    ),
    document(
        Purpose::IdcardBack,
        "idcard_back",
        "Identity card, back",
        "The side of the identity card without the portrait.",
    ),
    document(
        Purpose::PaperId,
        "paper_id",
        "Paper identity document",
        "The whole identity document on paper, all corners visible.",
    ),
    document(
        Purpose::Passport,
        "passport",
        "Passport",
        "The page of the passport with the portrait and the two machine-readable lines.",
    ),
    document(
        Purpose::DrivingLicence,
        "driving_licence",
        "Driving licence",
        "The driving licence; send the other side as a second file where it has one.",
    ),
    document(
        Purpose::ResidencePermit,
        "residence_permit",
        "Residence permit",
        "The residence permit; send the other side as a second file where it has one.",
    ),
    PurposeRow {
        attachments: Attachments::Warn,
        ..document(
            Purpose::ProofOfAddress,
            "proof_of_address",
            "Proof of address",
            PROOF_OF_ADDRESS,
        )
    },
    PurposeRow {
        purpose: Purpose::SelfieVideo,
        name: "selfie_video",
        title: "Selfie video",
        permitted: VIDEO,
        message: Variant::Video,
        attachments: Attachments::Refuse,
        guidance: "A short video of the person's face.",
    },
    PurposeRow {
        purpose: Purpose::Other,
        name: "other",
        title: "Other document",
        permitted: ANY,
        message: Variant::Any,
        attachments: Attachments::Warn,
        guidance: "Any other document that the identity check needs.",
    },
];

impl Purpose {
    /// The row of the table.
    #[must_use]
    pub fn row(self) -> &'static PurposeRow {
        PURPOSES
            .iter()
            .find(|row| row.purpose == self)
            .expect("the table has a row for every purpose, which a test checks")
    }

    /// The name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Whether files of this type may be uploaded for the purpose.
    #[must_use]
    pub fn permits(self, media_type: MediaType) -> bool {
        let essence = media_type.essence();
        let family = essence.split('/').next().unwrap_or_default();
        self.row()
            .permitted
            .iter()
            .any(|p| *p == essence || p.strip_suffix("/*").is_some_and(|prefix| prefix == family))
    }
}

/// No purpose has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown purpose")]
pub struct UnknownPurpose;

/// Compared exactly: no trimming, no case folding.
impl FromStr for Purpose {
    type Err = UnknownPurpose;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        PURPOSES.iter().find(|r| r.name == text).map(|r| r.purpose).ok_or(UnknownPurpose)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_purpose_has_one_row_and_reads_its_own_name() {
        for row in &PURPOSES {
            assert_eq!(row.name.parse(), Ok(row.purpose));
            assert_eq!(row.purpose.row().name, row.name);
        }
        for name in ["", "Passport", "passport ", " passport", "passport\0"] {
            assert_eq!(name.parse::<Purpose>(), Err(UnknownPurpose), "{name:?}");
        }
    }

    #[test]
    fn the_table_permits_what_the_contract_lists() {
        use MediaType as M;
        let photos = [M::Bmp, M::Jpeg, M::Png, M::Heic, M::Heif];
        let videos = MediaType::ALL.into_iter().filter(|t| t.essence().starts_with("video/"));
        for row in &PURPOSES {
            let permits = |t: M| row.purpose.permits(t);
            let photo = !matches!(row.name, "verification_report" | "selfie_video");
            assert!(photos.iter().all(|t| permits(*t) == photo), "{}", row.name);
            assert_eq!(permits(M::Pdf), row.name != "selfie_video");
            assert_eq!(permits(M::Json), row.name == "verification_report");
            assert_eq!(permits(M::HeifSequence), row.name == "other");
            let video = matches!(row.name, "selfie_video" | "other");
            assert!(videos.clone().all(|t| permits(t) == video), "{}", row.name);
        }
    }
}
