//! How the service looks after itself, and where it keeps checkpoints of the audit.

use std::path::PathBuf;
use std::time::Duration;

use dossier_app::Target;

use super::read::Reader;
use super::secret::{CHECKPOINT_SECRET, SecretSource, read_secret};
use super::setting::Key;
use super::value::Complaint;

/// How the service looks after itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jobs {
    /// Between two looks for bytes that no row names.
    pub reaper_interval: Duration,
    /// How old such bytes must be before they are erased.
    pub orphan_age: Duration,
    /// The file that checkpoints of the audit are appended to, if any.
    pub audit_checkpoint_file: Option<PathBuf>,
    /// The receiver that they are sent to, if any.
    pub audit_checkpoint_webhook: Option<CheckpointWebhook>,
    /// Between two of them.
    pub audit_checkpoint_interval: Duration,
}

/// A receiver of checkpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointWebhook {
    /// Where it is.
    pub target: Target,
    /// What it knows them by.
    pub secret: SecretSource,
}

/// Reads the section.
pub(super) fn read_jobs(read: &mut Reader) -> Jobs {
    Jobs {
        reaper_interval: read.duration(Key::ReaperInterval),
        orphan_age: read.duration(Key::OrphanAge),
        audit_checkpoint_file: read.path(Key::AuditCheckpointFile),
        audit_checkpoint_webhook: read_checkpoint_webhook(read),
        audit_checkpoint_interval: read.duration(Key::AuditCheckpointInterval),
    }
}

fn read_checkpoint_webhook(read: &mut Reader) -> Option<CheckpointWebhook> {
    let keys = [Key::AuditCheckpointUrl, Key::AuditCheckpointSecret];
    let target = read.optional(Key::AuditCheckpointUrl, |text| {
        let fix = "Write it like `https://example.com/checkpoints`";
        Target::parse(text).map_err(|fault| Complaint::new(format!("the URL {fault}"), fix))
    });
    let secret = read_secret(read, CHECKPOINT_SECRET);
    match (read.has(Key::AuditCheckpointUrl), secret) {
        (true, Some(secret)) => target.map(|target| CheckpointWebhook { target, secret }),
        (false, None) => None,
        (true, None) => {
            let fix = "Give the secret, its file or its command too; \
                       `echo whsec_$(openssl rand -base64 32)` makes one";
            read.refuse_together(&keys, "a URL is given without a secret to sign with", fix);
            None
        }
        (false, Some(_)) => {
            let fix = "Give the URL of the receiver too, or remove the secret";
            read.refuse_together(&keys, "a secret is given without the URL to send to", fix);
            None
        }
    }
}
