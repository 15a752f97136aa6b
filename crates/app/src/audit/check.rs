//! What the operator does with the whole audit.

use std::collections::BTreeSet;

use dossier_db::{AuditFault, AuditPosition, AuditRow, DbError};

use super::checkpoint::CheckpointFault;
use crate::{App, Operator};

/// Entries of a page.
const PAGE: usize = 1000;

/// What a check of the audit found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditReport {
    /// Entries that are as they were written.
    pub entries: u64,
    /// The first fault of each chain: what stands behind it cannot be judged.
    pub faults: Vec<AuditFault>,
    /// What came of each checkpoint, in their order.
    pub checkpoints: Vec<Result<(), CheckpointFault>>,
}

impl App {
    /// Computes every chain of the audit anew, beside whoever writes, and names what is not as it
    /// was written. Who can write to the database can also cut a chain and set its head back:
    /// that only checkpoints tell, whose entries are looked for in the same pass. All of them are
    /// held in memory.
    ///
    /// # Errors
    /// Rows cannot be read now.
    pub async fn check_audit(
        &self,
        _: Operator,
        checkpoints: &[String],
    ) -> Result<AuditReport, DbError> {
        let heads: Vec<_> = checkpoints.iter().map(|line| self.read_checkpoint(line)).collect();
        let wanted = heads.iter().flatten().flatten().map(|(place, _)| *place);
        let check = self.db.check_audit(wanted.collect::<BTreeSet<_>>()).await?;
        let judge = |heads: Option<Vec<_>>| CheckpointFault::judge(heads, &check.hashes);
        let checkpoints = heads.into_iter().map(judge).collect();
        Ok(AuditReport { entries: check.entries, faults: check.faults, checkpoints })
    }

    /// Entries of all clients in the order of their commits, behind `after`. None at the end.
    ///
    /// # Errors
    /// Rows cannot be read now.
    pub async fn export_audit(
        &self,
        _: Operator,
        after: Option<AuditPosition>,
    ) -> Result<Vec<AuditRow>, DbError> {
        self.db.list_audit_log(after, PAGE).await
    }
}
