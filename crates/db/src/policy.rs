//! What each client asks of its users beside the document.

use dossier_domain::ClientId;

use crate::audit::{self, NewAuditEntry};
use crate::batch::{Batch, Expect, Query};
use crate::engine::Db;
use crate::error::DbError;
use crate::value::params;

const PUT_POLICY: &str = "\
    insert into client_policies (client_id, added, changed_at) values (?1, ?2, ?3) \
    on conflict (client_id) do update set added = excluded.added, changed_at = excluded.changed_at";
const FIND_POLICY: &str = "select added from client_policies where client_id = ?1";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[PUT_POLICY, FIND_POLICY];

impl Db {
    /// Keeps what a client adds, in the words of the reader of the row.
    ///
    /// # Errors
    /// As every write.
    pub async fn put_client_policy(
        &self,
        client_id: ClientId,
        added: String,
        entry: NewAuditEntry,
    ) -> Result<(), DbError> {
        let mut batch = Batch::default();
        batch.add(Expect::ChangeOne, PUT_POLICY, params![client_id, added, entry.at]);
        audit::add(&mut batch, client_id, entry);
        self.write_all(batch).await.map(drop)
    }

    /// What a client adds; `None` when it never said.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn find_client_policy(&self, client_id: ClientId) -> Result<Option<String>, DbError> {
        let query = Query { sql: FIND_POLICY, params: params![client_id], rows_max: 1 };
        self.read(query).await?.pop().map(|row| row.columns().take()).transpose()
    }
}
