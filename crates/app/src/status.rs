//! What the service says of itself.

use dossier_domain::{ContentCheck, Limits};

use crate::{App, Operator, Tide};

/// Whether the service can do its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// `Err` with a reason for the operator.
    pub database: Result<(), String>,
    /// `Err` with a reason for the operator.
    pub storage: Result<(), String>,
    /// Whether database and storage belong together; while they do not, the service works and
    /// erases nothing that has no row.
    pub tide: Tide,
    /// How much of the content is checked.
    pub content_check: ContentCheck,
}

impl App {
    /// Probes database and storage.
    pub async fn readiness(&self) -> Readiness {
        Readiness {
            database: self.db.probe().await.map_err(|error| error.to_string()),
            storage: self.blobs.probe().await.map_err(|error| error.to_string()),
            tide: self.last_tide(Operator),
            content_check: self.content_check,
        }
    }

    /// The limits in force.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }
}
