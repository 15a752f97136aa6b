//! Writing the audit. An entry is the end of the batch of what it tells of, so that one is never
//! there without the other.

use dossier_domain::{
    AuditAction, AuditActor, AuditEntryId, AuditObject, AuditRecord, ClientId, ObjectId, RequestId,
    Timestamp,
};

use crate::batch::{Batch, Expect};
use crate::engine::Db;
use crate::error::DbError;
use crate::value::{Value, params};

/// How many chains there are. Writers on different chains do not wait for each other.
pub(crate) const CHAINS: i64 = 8;

/// An entry to add. Its client is that of the row that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAuditEntry {
    /// Its id: a UUID of version 7, so that ids follow time.
    pub entry_id: AuditEntryId,
    /// When it happens.
    pub at: Timestamp,
    /// Who does it.
    pub actor: AuditActor,
    /// What is done.
    pub action: AuditAction,
    /// What it is done to.
    pub object: AuditObject,
    /// The request in which it is done.
    pub request_id: Option<RequestId>,
}

impl NewAuditEntry {
    fn into_record(self, client_id: ClientId) -> AuditRecord {
        AuditRecord {
            entry_id: self.entry_id,
            at: self.at,
            client_id,
            actor_kind: self.actor.kind().to_owned(),
            actor_id: self.actor.id(),
            action: self.action.name().to_owned(),
            object_kind: self.object.kind().to_owned(),
            object_id: self.object.id(),
            request_id: self.request_id.map(|id| id.as_str().to_owned()),
        }
    }
}

/// A chain that is not there is left to the next statement, which then has no place for its entry.
const ADVANCE_CHAIN: &str = "\
    update audit_chains set length = length + 1, hash = audit_link(hash, ?2) where chain = ?1";
/// Neither may miss its count, which would be taken for the outcome of another step: what is wrong
/// with a chain breaks a constraint, and with it the whole batch. So does an entry that somebody
/// put at the last position there is: left to itself, SQLite would then give positions at random.
const INSERT_ENTRY: &str = "\
    insert into audit_entries (position, chain, place, hash, entry_id, at, client_id, actor_kind, \
    actor_id, action, object_kind, object_id, request_id) \
    values ((select coalesce(max(position), 0) + 1 from audit_entries), \
    ?1, (select length from audit_chains where chain = ?1), \
    (select hash from audit_chains where chain = ?1), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[ADVANCE_CHAIN, INSERT_ENTRY];

/// Adds the steps of an entry. They are the last of their batch: on an engine that locks rows the
/// head of the chain is then held for the commit alone.
pub(crate) fn add(batch: &mut Batch, client_id: ClientId, entry: NewAuditEntry) {
    let record = entry.into_record(client_id);
    let chain = chain_of(record.object_id);
    let advance = params![chain, record.canonical()];
    batch.add(Expect::ChangeAtMost(1), ADVANCE_CHAIN, advance);
    let mut values = params![chain];
    values.extend(values_of(record));
    batch.add(Expect::ChangeOne, INSERT_ENTRY, values);
}

impl Db {
    /// Adds an entry that tells of no write: that contents are handed out. It shares its commit
    /// with the writes that wait beside it.
    ///
    /// # Errors
    /// As every write; then what it tells of must not happen.
    pub async fn insert_audit_entry(
        &self,
        client_id: ClientId,
        entry: NewAuditEntry,
    ) -> Result<(), DbError> {
        let mut batch = Batch::default();
        add(&mut batch, client_id, entry);
        self.write_all(batch).await.map(drop)
    }
}

/// All entries of one object stand in one chain, in their order. The last byte of an id is random.
fn chain_of(object_id: ObjectId) -> i64 {
    let [.., last] = object_id.to_bytes();
    i64::from(last) % CHAINS
}

fn values_of(record: AuditRecord) -> Vec<Value> {
    params![
        record.entry_id,
        record.at,
        record.client_id,
        record.actor_kind,
        record.actor_id,
        record.action,
        record.object_kind,
        record.object_id,
        record.request_id,
    ]
}
