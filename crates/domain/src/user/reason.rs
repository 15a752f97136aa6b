//! Why a verification was rejected, or documents were asked for: codes as data, each with a
//! sentence for the person in every language.

use std::str::FromStr;

use crate::message::{Language, sentence};

macro_rules! reasons {
    ($($variant:ident $name:literal $meaning:literal;)+) => {
        /// A reason that a reviewer gives. Once released, it keeps its name and meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ReasonCode {
            $(#[doc = $meaning] $variant,)+
        }

        impl ReasonCode {
            /// Every reason, in the order of the documents.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The stable name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What it means, in one English sentence for reviewers.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)+ }
            }
        }
    };
}

reasons! {
    DocumentUnreadable "document_unreadable" "The document cannot be read: blurred, dark, glare.";
    DocumentIncomplete "document_incomplete" "A side, a page or a corner is missing.";
    DocumentWrongType "document_wrong_type" "It is another document than the one stated.";
    DocumentExpired "document_expired" "The document has expired.";
    DocumentDamaged "document_damaged" "The document itself is damaged.";
    DocumentCopy "document_copy" "A copy or a screen was shown instead of the original.";
    DocumentNotAccepted "document_not_accepted" "This kind or country of document is not accepted.";
    DocumentSuspicious "document_suspicious" "The document seems to be forged or altered.";
    DetailsDisagree "details_disagree" "Details differ between document and account.";
    DetailsMissing "details_missing" "Details that the verification needs were not given.";
    AddressNotProven "address_not_proven" "The evidence shows no address, or another one.";
    AddressProofOld "address_proof_old" "The evidence of the address is too old.";
    SelfieUnclear "selfie_unclear" "The face cannot be seen well enough.";
    SelfieMismatch "selfie_mismatch" "The face is not that of the document.";
    UnderAge "under_age" "The person is too young.";
    DuplicatePerson "duplicate_person" "The person has another account.";
    AdditionalDocument "additional_document" "One more document is needed.";
    RiskDecision "risk_decision" "The operator decided so for reasons that are not told.";
}

/// Compared exactly.
impl FromStr for ReasonCode {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.iter().copied().find(|reason| reason.name() == text).ok_or(())
    }
}

/// The sentence for the person whose verification it is.
#[must_use]
pub fn reason_message(reason: ReasonCode, language: Language) -> &'static str {
    sentence(&format!("reason.{}", reason.name()), language)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_reason_reads_its_own_name_and_has_a_sentence_in_every_language() {
        let names: HashSet<_> = ReasonCode::ALL.iter().map(|r| r.name()).collect();
        assert_eq!(names.len(), ReasonCode::ALL.len());
        for reason in ReasonCode::ALL {
            assert_eq!(reason.name().parse(), Ok(*reason));
            for language in Language::all() {
                let text = reason_message(*reason, language);
                assert!(text.ends_with('.'), "{} {}", language.tag(), reason.name());
            }
        }
    }
}
