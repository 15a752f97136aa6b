//! The chains of the audit as they are read: heads, entries in their order, and the check that
//! every entry is the one that was written there.

use dossier_domain::AuditRecord;
use dossier_seal::chain_link;

use crate::PAGE_ROWS_MAX;
use crate::audit::CHAINS;
use crate::batch::Query;
use crate::engine::Db;
use crate::error::DbError;
use crate::value::{Columns, Row, params};

/// Where an entry stands: in which chain, and there the how many-th it is, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AuditPlace {
    /// The chain.
    pub chain: i64,
    /// The place in it.
    pub place: i64,
}

/// The head of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditChainRow {
    /// The place of its last entry; 0 when it has none.
    pub head: AuditPlace,
    /// The hash of its last entry; before the first, the number of the chain as 32 bytes.
    pub hash: [u8; 32],
}

/// An entry in its chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Where it stands.
    pub place: AuditPlace,
    /// Its hash, as it was written.
    pub hash: [u8; 32],
    /// The entry.
    pub record: AuditRecord,
}

/// What a check of all chains found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditCheck {
    /// Entries that are as they were written.
    pub entries: u64,
    /// The first fault of each chain: what stands behind it cannot be judged.
    pub faults: Vec<AuditFault>,
}

/// A place where a chain is not as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditFault {
    /// Where.
    pub place: AuditPlace,
    /// What is wrong there.
    pub kind: AuditFaultKind,
}

/// What is wrong with a place of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditFaultKind {
    /// The entry, its hash, or its place was changed.
    Changed,
    /// There is no entry where one must be.
    Missing,
    /// There is an entry where none can be.
    Unexpected,
    /// The head of the chain was changed or is gone.
    Head,
}

const LIST_CHAIN: &str = "\
    select chain, place, hash, entry_id, at, client_id, actor_kind, actor_id, action, object_kind, \
    object_id, request_id from audit_entries where chain = ?1 and place >= ?2 \
    order by place limit ?3";
const LIST_LOG: &str = "\
    select chain, place, hash, entry_id, at, client_id, actor_kind, actor_id, action, object_kind, \
    object_id, request_id from audit_entries where (chain, place) > (?1, ?2) \
    order by chain, place limit ?3";
const LIST_HEADS: &str = "select chain, length, hash from audit_chains order by chain limit ?1";
const FIND_HEAD: &str = "select chain, length, hash from audit_chains where chain = ?1";
const FIND_HASH: &str = "select hash from audit_entries where chain = ?1 and place = ?2";
const FIND_BELOW: &str =
    "select chain, place from audit_entries where chain < ?1 order by chain, place limit 1";
const FIND_ABOVE: &str =
    "select chain, place from audit_entries where chain > ?1 order by chain, place limit 1";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] =
    &[LIST_CHAIN, LIST_LOG, LIST_HEADS, FIND_HEAD, FIND_HASH, FIND_BELOW, FIND_ABOVE];

impl Db {
    /// The heads of all chains, in one moment.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn list_audit_chains(&self) -> Result<Vec<AuditChainRow>, DbError> {
        let rows_max = PAGE_ROWS_MAX;
        let query = Query { sql: LIST_HEADS, params: params![rows_max], rows_max };
        self.read(query).await?.into_iter().map(AuditChainRow::from_row).collect()
    }

    /// Entries of all clients, chain after chain, after `after`.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn list_audit_log(
        &self,
        after: Option<AuditPlace>,
        limit: usize,
    ) -> Result<Vec<AuditRow>, DbError> {
        let rows_max = limit.min(PAGE_ROWS_MAX);
        let AuditPlace { chain, place } = after.unwrap_or(AuditPlace { chain: -1, place: 0 });
        let query = Query { sql: LIST_LOG, params: params![chain, place, rows_max], rows_max };
        self.read(query).await?.into_iter().map(AuditRow::from_row).collect()
    }

    /// The hash of the entry at a place; at place 0 what stands before the first.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn find_audit_hash(&self, place: AuditPlace) -> Result<Option<[u8; 32]>, DbError> {
        let AuditPlace { chain, place } = place;
        if place == 0 {
            return Ok((0..CHAINS).contains(&chain).then(|| first_hash(chain)));
        }
        let query = Query { sql: FIND_HASH, params: params![chain, place], rows_max: 1 };
        self.read(query).await?.pop().map(|row| row.columns().take()).transpose()
    }

    /// Computes every hash anew, in short reads beside whoever writes, and names the first place
    /// of each chain that is not as it was written.
    ///
    /// Who can write to the database can also compute all hashes anew; that only a head that is
    /// kept elsewhere brings to light.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn check_audit(&self) -> Result<AuditCheck, DbError> {
        let mut check = AuditCheck::default();
        for chain in 0..CHAINS {
            let mut walk = Walk::new(chain);
            check.faults.extend(self.check_chain(&mut walk).await?.err());
            check.entries += walk.entries;
        }
        check.faults.extend(self.find_strange_entry().await?);
        let heads = self.list_audit_chains().await?.into_iter().map(|row| row.head);
        let strange = heads.filter(|head| !(0..CHAINS).contains(&head.chain));
        check.faults.extend(strange.map(|place| AuditFault { place, kind: AuditFaultKind::Head }));
        Ok(check)
    }

    /// Walks a chain to its head, which is read behind the entries: it is never the older one.
    async fn check_chain(&self, walk: &mut Walk) -> Result<Result<(), AuditFault>, DbError> {
        let chain = walk.chain;
        let mut awaited = None;
        loop {
            let params = params![chain, walk.from, PAGE_ROWS_MAX];
            let query = Query { sql: LIST_CHAIN, params, rows_max: PAGE_ROWS_MAX };
            let rows = self.read(query).await?;
            let more = rows.len() == PAGE_ROWS_MAX;
            for row in rows {
                if let Err(fault) = walk.follow(row)? {
                    return Ok(Err(fault));
                }
            }
            if more {
                continue;
            }
            let query = Query { sql: FIND_HEAD, params: params![chain], rows_max: 1 };
            let head = self.read(query).await?.pop().map(AuditChainRow::from_row);
            match head {
                Some(Ok(AuditChainRow { head, hash })) if head.place == walk.place => {
                    let same = hash == walk.hash;
                    return Ok(if same { Ok(()) } else { Err(walk.fault(AuditFaultKind::Head)) });
                }
                // Committed between the two reads, and so there in the next one.
                Some(Ok(AuditChainRow { head, .. }))
                    if head.place > walk.place && awaited != Some(walk.place) =>
                {
                    awaited = Some(walk.place);
                }
                Some(Ok(AuditChainRow { head, .. })) if head.place > walk.place => {
                    return Ok(Err(walk.next_fault(AuditFaultKind::Missing)));
                }
                Some(Ok(_) | Err(_)) | None => {
                    return Ok(Err(walk.fault(AuditFaultKind::Head)));
                }
            }
        }
    }

    /// An entry in a chain that there is not.
    async fn find_strange_entry(&self) -> Result<Option<AuditFault>, DbError> {
        let query = |sql, chain: i64| Query { sql, params: params![chain], rows_max: 1 };
        let queries = vec![query(FIND_BELOW, 0), query(FIND_ABOVE, CHAINS - 1)];
        let found = self.read_each(queries).await?.into_iter().flatten().next();
        let kind = AuditFaultKind::Unexpected;
        let fault = |row: Row| Ok(AuditFault { place: take_place(&mut row.columns())?, kind });
        found.map(fault).transpose()
    }
}

/// How far a chain was found to be as it was written.
struct Walk {
    chain: i64,
    /// The place to be read next. At first also those that no entry can have.
    from: i64,
    place: i64,
    hash: [u8; 32],
    entries: u64,
}

impl Walk {
    fn new(chain: i64) -> Self {
        Self { chain, from: i64::MIN, place: 0, hash: first_hash(chain), entries: 0 }
    }

    /// Takes the next row of the chain.
    fn follow(&mut self, row: Row) -> Result<Result<(), AuditFault>, DbError> {
        let mut columns = row.columns();
        let found = take_place(&mut columns)?;
        let kind = match found.place {
            place if place <= self.place => Some(AuditFaultKind::Unexpected),
            place if place > self.place + 1 => {
                return Ok(Err(self.next_fault(AuditFaultKind::Missing)));
            }
            // What cannot be read as an entry was not written as one.
            _next => match (columns.take(), take_record(&mut columns)) {
                (Ok::<[u8; 32], _>(hash), Ok(record))
                    if chain_link(&self.hash, &record.canonical()).0 == hash =>
                {
                    self.hash = hash;
                    None
                }
                (Ok(_) | Err(_), Ok(_) | Err(_)) => Some(AuditFaultKind::Changed),
            },
        };
        if let Some(kind) = kind {
            return Ok(Err(AuditFault { place: found, kind }));
        }
        self.place = found.place;
        self.from = found.place + 1;
        self.entries += 1;
        Ok(Ok(()))
    }

    /// A fault at the last good place.
    const fn fault(&self, kind: AuditFaultKind) -> AuditFault {
        AuditFault { place: AuditPlace { chain: self.chain, place: self.place }, kind }
    }

    /// A fault behind the last good place.
    const fn next_fault(&self, kind: AuditFaultKind) -> AuditFault {
        AuditFault { place: AuditPlace { chain: self.chain, place: self.place + 1 }, kind }
    }
}

/// What stands before the first entry of a chain, so that no two chains begin alike.
fn first_hash(chain: i64) -> [u8; 32] {
    let mut hash = [0; 32];
    if let Some(end) = hash.last_chunk_mut() {
        *end = chain.to_be_bytes();
    }
    hash
}

fn take_place(columns: &mut Columns) -> Result<AuditPlace, DbError> {
    Ok(AuditPlace { chain: columns.take()?, place: columns.take()? })
}

/// The entry of a row, in the order in which all statements select its columns.
pub(crate) fn take_record(columns: &mut Columns) -> Result<AuditRecord, DbError> {
    Ok(AuditRecord {
        entry_id: columns.take()?,
        at: columns.take()?,
        client_id: columns.take()?,
        actor_kind: columns.take()?,
        actor_id: columns.take()?,
        action: columns.take()?,
        object_kind: columns.take()?,
        object_id: columns.take()?,
        request_id: columns.take()?,
    })
}

impl AuditChainRow {
    fn from_row(row: Row) -> Result<Self, DbError> {
        let mut columns = row.columns();
        Ok(Self { head: take_place(&mut columns)?, hash: columns.take()? })
    }
}

impl AuditRow {
    fn from_row(row: Row) -> Result<Self, DbError> {
        let mut columns = row.columns();
        Ok(Self {
            place: take_place(&mut columns)?,
            hash: columns.take()?,
            record: take_record(&mut columns)?,
        })
    }
}
