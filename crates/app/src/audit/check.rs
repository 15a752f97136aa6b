//! What the operator does with the whole audit.

use dossier_db::{AuditCheck, AuditPlace, AuditRow, DbError};

use crate::{App, Operator};

/// Entries of a page.
const PAGE: usize = 1000;

impl App {
    /// Computes every chain of the audit anew, beside whoever writes, and names what is not as it
    /// was written. Who can write to the database can also cut a chain and set its head back:
    /// that only checkpoints tell.
    ///
    /// # Errors
    /// Rows cannot be read now.
    pub async fn check_audit(&self, _: Operator) -> Result<AuditCheck, DbError> {
        self.db.check_audit().await
    }

    /// Entries of all clients, chain after chain, behind the place `after`. None at the end.
    ///
    /// # Errors
    /// Rows cannot be read now.
    pub async fn export_audit(
        &self,
        _: Operator,
        after: Option<AuditPlace>,
    ) -> Result<Vec<AuditRow>, DbError> {
        self.db.list_audit_log(after, PAGE).await
    }
}
