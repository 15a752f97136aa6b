//! Judging a file before it is uploaded.

use dossier_domain::{ByteCount, Claim, Code, Outline, Violations, judge_outline};
use dossier_media::{Kind, Walker};

use crate::{App, FilesWrite, Permit};

/// What is known of a file before its upload.
#[derive(Clone)]
pub struct CheckFile {
    /// The purpose, as it came.
    pub purpose: String,
    /// The filename.
    pub name: String,
    /// The size.
    pub size: ByteCount,
    /// The declared type, lower-case, without parameters.
    pub declared: Option<String>,
    /// The first bytes of the file.
    pub head: Option<Vec<u8>>,
}

/// Filenames never reach a log by way of `Debug`.
impl std::fmt::Debug for CheckFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CheckFile({} bytes)", self.size)
    }
}

impl App {
    /// Judges a file as far as its name, size and first bytes allow; stores nothing. Answers
    /// what the upload would warn of.
    ///
    /// # Errors
    /// Every broken rule.
    pub fn check_file(
        &self,
        _: Permit<FilesWrite>,
        check: &CheckFile,
    ) -> Result<Vec<Code>, Violations> {
        let claim = Claim {
            purpose: Some(&check.purpose),
            name: Some(&check.name),
            declared: check.declared.as_deref(),
            sha256: None,
        };
        let outline = Outline {
            size: check.size,
            kind: check.head.as_deref().map(|head| self.kind_of(head)),
            checked: self.content_check,
        };
        judge_outline(&claim, &outline, &self.limits)
    }

    /// What the first bytes of a file say it is.
    fn kind_of(&self, head: &[u8]) -> Kind {
        let mut walker = Walker::new(self.limits.media, self.walker_budget.clone());
        // Whether the walk goes on is no matter: only the name of the format is asked for.
        let _flow = walker.push(head);
        match walker.kind() {
            Kind::Unknown => walker.finish().into_findings().kind,
            known @ (Kind::Known(_) | Kind::Foreign(_)) => known,
        }
    }
}
