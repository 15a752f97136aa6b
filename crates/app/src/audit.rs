//! The audit: its entries as the use cases make them, lists of them, and the check that none was
//! changed.

mod check;
mod checkpoint;
mod list;
mod send;

use dossier_db::NewAuditEntry;
use dossier_domain::{AuditAction, AuditActor, AuditObject, RequestId};

use crate::{App, Permit};

pub use check::AuditReport;
pub use checkpoint::CheckpointFault;
pub use list::{AuditFilter, AuditPage, ListAudit};
pub use send::{CheckpointReceiver, Undelivered};

/// Who does something, and in which request.
#[derive(Clone, Debug)]
pub(crate) struct Author {
    pub(crate) actor: AuditActor,
    pub(crate) request_id: Option<RequestId>,
}

impl Author {
    /// A tool of the operator, or his configuration.
    pub(crate) const OPERATOR: Self = Self { actor: AuditActor::Operator, request_id: None };
    /// The service itself.
    pub(crate) const JOB: Self = Self { actor: AuditActor::Job, request_id: None };
}

impl<S> From<&Permit<S>> for Author {
    fn from(permit: &Permit<S>) -> Self {
        let request_id = permit.request_id().cloned();
        Self { actor: permit.credential().into(), request_id }
    }
}

impl App {
    /// The entry of what happens now; it is committed with what it tells of.
    pub(crate) fn audit_entry(
        &self,
        author: Author,
        action: AuditAction,
        object: AuditObject,
    ) -> NewAuditEntry {
        let at = self.clock.now();
        NewAuditEntry {
            entry_id: self.new_audit_entry_id(at),
            at,
            actor: author.actor,
            action,
            object,
            request_id: author.request_id,
        }
    }
}
