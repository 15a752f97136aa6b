//! The check of the audit: one pass over all entries in the order of their commits, each chain a
//! running state beside the others, then the heads.

use std::collections::{BTreeMap, BTreeSet};

use dossier_seal::chain_link;

use crate::PAGE_ROWS_MAX;
use crate::audit::CHAINS;
use crate::audit_chain::{AuditPlace, AuditPosition, take_place, take_record};
use crate::engine::Db;
use crate::error::DbError;
use crate::value::{Columns, Row};

/// What a check of all chains found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditCheck {
    /// Entries that are as they were written.
    pub entries: u64,
    /// The first fault of each chain: what stands behind it cannot be judged. Then the first entry
    /// of a chain that there is not, and all heads of such chains.
    pub faults: Vec<AuditFault>,
    /// The hashes of those wanted places that hold an entry; at place 0 what stands before the
    /// first. They are as they were written only when no fault is found.
    pub hashes: BTreeMap<AuditPlace, [u8; 32]>,
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
    /// There is no entry where one must be: it is gone, or stands behind later ones.
    Missing,
    /// There is an entry where none can be.
    Unexpected,
    /// The head of the chain was changed or is gone.
    Head,
}

impl Db {
    /// Computes every hash anew, in short reads beside whoever writes, and names the first place
    /// of each chain that is not as it was written. On the way it collects the hashes of `wanted`,
    /// whose count the caller bounds.
    ///
    /// Who can write to the database can also compute all hashes anew; that only a head that is
    /// kept elsewhere brings to light.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn check_audit(&self, wanted: BTreeSet<AuditPlace>) -> Result<AuditCheck, DbError> {
        let mut pass = Pass::new(wanted);
        while self.follow_page(&mut pass).await? {}
        // Read behind the entries, and so never older than they are.
        pass.meet(self.read_heads().await?)?;
        // What was committed between the two reads is there in the next one.
        while pass.awaits() && self.follow_page(&mut pass).await? {}
        Ok(pass.finish())
    }

    /// Takes the next page into the pass. Whether there are more.
    async fn follow_page(&self, pass: &mut Pass) -> Result<bool, DbError> {
        let Some(from) = pass.from else { return Ok(false) };
        let rows = self.read_log(from, PAGE_ROWS_MAX).await?;
        let more = rows.len() == PAGE_ROWS_MAX;
        for row in rows {
            pass.follow(row)?;
        }
        Ok(more)
    }
}

/// A pass over all entries.
struct Pass {
    /// The next position; `None` behind the last there is.
    from: Option<AuditPosition>,
    /// One of each chain, by its number.
    walks: Vec<Walk>,
    /// The first entry of a chain that there is not.
    strange_entry: Option<AuditFault>,
    /// The heads of chains that there are not.
    strange_heads: Vec<AuditFault>,
    wanted: BTreeMap<AuditPlace, Option<[u8; 32]>>,
}

impl Pass {
    fn new(wanted: BTreeSet<AuditPlace>) -> Self {
        let walks: Vec<_> = (0..CHAINS).map(Walk::new).collect();
        let mut wanted: BTreeMap<_, _> = wanted.into_iter().map(|place| (place, None)).collect();
        for Walk { place, hash, .. } in &walks {
            wanted.entry(*place).and_modify(|found| *found = Some(*hash));
        }
        let from = Some(AuditPosition::FIRST);
        Self { from, walks, strange_entry: None, strange_heads: Vec::new(), wanted }
    }

    /// Takes the next entry.
    fn follow(&mut self, row: Row) -> Result<(), DbError> {
        let mut columns = row.columns();
        self.from = AuditPosition(columns.take()?).next();
        let place = take_place(&mut columns)?;
        let hash: Option<[u8; 32]> = columns.take().ok();
        if let Some(found) = self.wanted.get_mut(&place) {
            *found = found.or(hash);
        }
        if let Some(walk) = self.walk(place) {
            walk.follow(place, hash, &mut columns);
        } else {
            let kind = AuditFaultKind::Unexpected;
            self.strange_entry.get_or_insert(AuditFault { place, kind });
        }
        Ok(())
    }

    /// Takes the heads. A head that cannot be read is none.
    fn meet(&mut self, heads: Vec<Row>) -> Result<(), DbError> {
        for row in heads {
            let mut columns = row.columns();
            let place = take_place(&mut columns)?;
            if let Some(walk) = self.walk(place) {
                walk.head = columns.take().ok().map(|hash| (place.place, hash));
            } else {
                self.strange_heads.push(AuditFault { place, kind: AuditFaultKind::Head });
            }
        }
        self.walks.iter_mut().for_each(Walk::meet);
        Ok(())
    }

    fn walk(&mut self, place: AuditPlace) -> Option<&mut Walk> {
        self.walks.get_mut(usize::try_from(place.chain).ok()?)
    }

    /// Whether a head tells of entries that were not met yet.
    fn awaits(&self) -> bool {
        self.walks.iter().any(Walk::awaits)
    }

    fn finish(self) -> AuditCheck {
        let entries = self.walks.iter().map(|walk| walk.entries).sum();
        let faults = self.walks.into_iter().filter_map(Walk::finish);
        let found = self.wanted.into_iter().filter_map(|(place, hash)| Some((place, hash?)));
        AuditCheck {
            entries,
            faults: faults.chain(self.strange_entry).chain(self.strange_heads).collect(),
            hashes: found.collect(),
        }
    }
}

/// How far a chain was found to be as it was written.
struct Walk {
    /// The last good place, and its hash.
    place: AuditPlace,
    hash: [u8; 32],
    entries: u64,
    /// The place of its head and the hash there, once they are known.
    head: Option<(i64, [u8; 32])>,
    /// With a fault the walk is over.
    fault: Option<AuditFault>,
}

impl Walk {
    fn new(chain: i64) -> Self {
        let place = AuditPlace { chain, place: 0 };
        Self { place, hash: first_hash(chain), entries: 0, head: None, fault: None }
    }

    /// Takes the next entry of the chain; its record stands in `columns`.
    fn follow(&mut self, found: AuditPlace, hash: Option<[u8; 32]>, columns: &mut Columns) {
        if self.fault.is_some() {
            return;
        }
        if found.place <= self.place.place {
            self.fault = Some(AuditFault { place: found, kind: AuditFaultKind::Unexpected });
            return;
        }
        if found != self.next() {
            self.end(self.next(), AuditFaultKind::Missing);
            return;
        }
        // What cannot be read as an entry was not written as one.
        match (hash, take_record(columns)) {
            (Some(hash), Ok(record)) if chain_link(&self.hash, &record.canonical()).0 == hash => {
                self.hash = hash;
                self.place = found;
                self.entries += 1;
                self.compare();
            }
            (Some(_) | None, Ok(_) | Err(_)) => self.end(found, AuditFaultKind::Changed),
        }
    }

    /// Judges the head where the walk stands when it gets to know it.
    fn meet(&mut self) {
        if self.head.is_none_or(|(place, _)| place < self.place.place) {
            self.end(self.place, AuditFaultKind::Head);
        }
        self.compare();
    }

    /// Judges the head once the walk stands at its place.
    fn compare(&mut self) {
        if self.head.is_some_and(|(place, hash)| place == self.place.place && hash != self.hash) {
            self.end(self.place, AuditFaultKind::Head);
        }
    }

    fn awaits(&self) -> bool {
        self.fault.is_none() && self.head.is_some_and(|(place, _)| place > self.place.place)
    }

    fn finish(mut self) -> Option<AuditFault> {
        if self.awaits() {
            self.end(self.next(), AuditFaultKind::Missing);
        }
        self.fault
    }

    /// The first fault stays.
    fn end(&mut self, place: AuditPlace, kind: AuditFaultKind) {
        self.fault.get_or_insert(AuditFault { place, kind });
    }

    const fn next(&self) -> AuditPlace {
        AuditPlace { place: self.place.place + 1, ..self.place }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    /// The entries of one chain from the first on, as they are written.
    fn rows(count: u8) -> Vec<(Row, [u8; 32])> {
        let mut hash = first_hash(3);
        let mut rows = Vec::new();
        for place in 1..=i64::from(count) {
            let id = || Value::Id([7; 16]);
            let text = |text: &str| Value::Text(text.to_owned());
            let record = || {
                let (key, file) = (text("key"), text("file"));
                vec![
                    id(),
                    Value::Integer(place),
                    id(),
                    key,
                    id(),
                    text("made"),
                    file,
                    id(),
                    text("r"),
                ]
            };
            let canonical = take_record(&mut Row(record()).columns()).unwrap().canonical();
            hash = chain_link(&hash, &canonical).0;
            let mut values = [place * 8, 3, place].map(Value::Integer).to_vec();
            values.push(hash.into());
            values.extend(record());
            rows.push((Row(values), hash));
        }
        rows
    }

    fn head(chain: i64, place: i64, hash: [u8; 32]) -> Row {
        Row(vec![Value::Integer(chain), Value::Integer(place), hash.into()])
    }

    /// A pass over the first of three entries that then meets a head.
    fn met(place: i64, hash: [u8; 32]) -> Pass {
        let mut pass = Pass::new(BTreeSet::new());
        pass.follow(rows(1).remove(0).0).unwrap();
        let empty = |chain| head(chain, 0, first_hash(chain));
        let mut heads: Vec<_> = (0..CHAINS).filter(|chain| *chain != 3).map(empty).collect();
        heads.push(head(3, place, hash));
        pass.meet(heads).unwrap();
        pass
    }

    fn faults(pass: Pass) -> Vec<(i64, AuditFaultKind)> {
        let faults = pass.finish().faults.into_iter();
        faults.map(|AuditFault { place, kind }| (place.place, kind)).collect()
    }

    #[test]
    fn what_is_committed_between_the_entries_and_the_heads_is_waited_for() {
        let written = rows(3);
        let mut pass = met(2, written[1].1);
        assert!(pass.awaits());
        for (row, _) in written.into_iter().skip(1) {
            pass.follow(row).unwrap();
            assert!(!pass.awaits());
        }
        assert_eq!(pass.finish(), AuditCheck { entries: 3, ..AuditCheck::default() });
    }

    #[test]
    fn a_head_that_stays_ahead_is_missing_its_entry() {
        let written = rows(3);
        let mut pass = met(3, written[2].1);
        pass.follow(rows(2).remove(1).0).unwrap();
        assert!(pass.awaits());
        assert_eq!(faults(pass), [(3, AuditFaultKind::Missing)]);
    }

    #[test]
    fn a_head_of_another_hash_or_behind_its_entries_was_changed() {
        let written = rows(2);
        assert_eq!(faults(met(1, written[0].1)), []);
        assert_eq!(faults(met(1, written[1].1)), [(1, AuditFaultKind::Head)]);
        assert_eq!(faults(met(0, first_hash(3))), [(1, AuditFaultKind::Head)]);
        let mut pass = met(2, written[0].1);
        pass.follow(rows(2).remove(1).0).unwrap();
        assert_eq!(faults(pass), [(2, AuditFaultKind::Head)]);
    }

    #[test]
    fn nothing_stands_behind_the_last_position_there_is() {
        let mut pass = Pass::new(BTreeSet::new());
        let mut row = rows(1).remove(0).0;
        row.0[0] = Value::Integer(i64::MAX);
        pass.follow(row).unwrap();
        assert_eq!(pass.from, None);
    }
}
