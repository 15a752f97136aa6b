//! Whatever is done to the rows of the audit behind the back of the service is found.

use dossier_db::{AuditCheck, AuditPlace, NewAuditEntry};
use dossier_domain::{AuditEntryId, AuditObject, FileId, RequestId};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rusqlite::Connection;
use rusqlite::types::Value;

use crate::fixture::{Fixture, at, entry};

const COLUMNS: [&str; 12] = [
    "chain",
    "place",
    "hash",
    "entry_id",
    "at",
    "client_id",
    "actor_kind",
    "actor_id",
    "action",
    "object_kind",
    "object_id",
    "request_id",
];
/// Entries of each chain; one more in that of the first key.
const ENTRIES: i64 = 4;

/// What somebody does who can write to the database.
#[derive(Clone, Debug)]
enum Tampering {
    Flip { of: AuditPlace, column: usize, bit: usize },
    FlipHead { chain: i64, column: &'static str, bit: usize },
    Delete { of: AuditPlace },
    Swap { of: AuditPlace, with: i64 },
    Insert { of: AuditPlace },
    Forget { column: usize, of: AuditPlace },
}

fn tampering() -> impl Strategy<Value = Tampering> {
    let place = (0..8_i64, 1..=ENTRIES).prop_map(|(chain, place)| AuditPlace { chain, place });
    let bit = 0..512_usize;
    prop_oneof![
        6 => (place.clone(), 0..COLUMNS.len(), bit.clone())
            .prop_map(|(of, column, bit)| Tampering::Flip { of, column, bit }),
        1 => (0..8_i64, prop_oneof![Just("chain"), Just("length"), Just("hash")], bit)
            .prop_map(|(chain, column, bit)| Tampering::FlipHead { chain, column, bit }),
        1 => place.clone().prop_map(|of| Tampering::Delete { of }),
        1 => (place.clone(), 1..=ENTRIES).prop_map(|(of, with)| Tampering::Swap { of, with }),
        1 => place.clone().prop_map(|of| Tampering::Insert { of }),
        1 => (place, prop_oneof![Just(7_usize), Just(11)])
            .prop_map(|(of, column)| Tampering::Forget { column, of }),
    ]
}

fn flipped(value: Value, bit: usize) -> Value {
    let flip = |mut bytes: Vec<u8>| {
        let index = bit / 8 % bytes.len();
        bytes[index] ^= 1 << (bit % 8);
        bytes
    };
    match value {
        Value::Integer(number) => Value::Integer(number ^ 1 << (bit % 63)),
        Value::Blob(bytes) => Value::Blob(flip(bytes)),
        Value::Text(text) => Value::Blob(flip(text.into_bytes())),
        Value::Null | Value::Real(_) => unreachable!("no such value was written"),
    }
}

/// Does it; false when the database cannot hold it, since a place is taken.
fn tamper(connection: &Connection, tampering: &Tampering) -> bool {
    let place = |of: &AuditPlace| (of.chain, of.place);
    let done = match tampering {
        Tampering::Flip { of, column, bit } => {
            let column = COLUMNS[*column];
            let read =
                format!("select {column} from audit_entries where (chain, place) = (?1, ?2)");
            let value = connection.query_row(&read, place(of), |row| row.get::<_, Value>(0));
            let value = value.unwrap();
            if value == Value::Null {
                return false;
            }
            let cast = if matches!(value, Value::Text(_)) { "cast(?3 as text)" } else { "?3" };
            let write = format!(
                "update audit_entries set {column} = {cast} where (chain, place) = (?1, ?2)"
            );
            connection.execute(&write, (of.chain, of.place, flipped(value, *bit)))
        }
        Tampering::FlipHead { chain, column, bit } => {
            let read = format!("select {column} from audit_chains where chain = ?1");
            let value = connection.query_row(&read, [chain], |row| row.get::<_, Value>(0));
            let write = format!("update audit_chains set {column} = ?2 where chain = ?1");
            connection.execute(&write, (chain, flipped(value.unwrap(), *bit)))
        }
        Tampering::Delete { of } => connection
            .execute("delete from audit_entries where (chain, place) = (?1, ?2)", place(of)),
        Tampering::Swap { of, with } => {
            let swap = "update audit_entries set place = ?3 where (chain, place) = (?1, ?2)";
            let (chain, place) = place(of);
            for (from, to) in [(place, 1000), (*with, place), (1000, *with)] {
                connection.execute(swap, (chain, from, to)).unwrap();
            }
            Ok(usize::from(place != *with))
        }
        Tampering::Insert { of } => {
            let shift = "update audit_entries set place = ?3 where (chain, place) = (?1, ?2)";
            for place in (of.place..=ENTRIES + 1).rev() {
                connection.execute(shift, (of.chain, place, place + 1)).unwrap();
            }
            let copy = "insert into audit_entries select chain, ?2, hash, randomblob(16), at, \
                client_id, actor_kind, actor_id, action, object_kind, object_id, request_id \
                from audit_entries where (chain, place) = (?1, ?2 + 1)";
            let lengthen = "update audit_chains set length = length + 1 where chain = ?1";
            connection.execute(lengthen, [of.chain]).unwrap();
            connection.execute(copy, place(of))
        }
        Tampering::Forget { column, of } => {
            let column = COLUMNS[*column];
            let write = format!(
                "update audit_entries set {column} = null \
                 where (chain, place) = (?1, ?2) and {column} is not null"
            );
            connection.execute(&write, place(of))
        }
    };
    done.is_ok_and(|rows| rows == 1)
}

/// Some entries in every chain, and a stranger's connection that nothing restrains.
async fn filled() -> (Fixture, Connection) {
    let fixture = Fixture::new().await;
    for number in 0..u8::try_from(8 * ENTRIES).unwrap() {
        let told = NewAuditEntry {
            entry_id: AuditEntryId::from_bytes([number; 16]),
            object: AuditObject::File(FileId::from_bytes([number; 16])),
            actor: dossier_domain::AuditActor::Key(fixture.key_id),
            request_id: RequestId::parse(&format!("r-{number}")),
            ..entry(at(number.into()))
        };
        fixture.db.insert_audit_entry(fixture.client_id, told).await.unwrap();
    }
    let stranger = fixture.stranger();
    stranger
        .execute_batch(
            "pragma foreign_keys = off; pragma ignore_check_constraints = on; \
             create table kept_entries as select * from audit_entries; \
             create table kept_chains as select * from audit_chains;",
        )
        .unwrap();
    (fixture, stranger)
}

fn restore(stranger: &Connection) {
    stranger
        .execute_batch(
            "delete from audit_entries; insert into audit_entries select * from kept_entries; \
             delete from audit_chains; insert into audit_chains select * from kept_chains;",
        )
        .unwrap();
}

#[test]
fn every_change_deletion_swap_and_insertion_is_found_in_its_chain() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (fixture, stranger) = runtime.block_on(filled());
    let entries = u64::try_from(8 * ENTRIES + 1).unwrap();
    let sound = AuditCheck { entries, faults: Vec::new() };
    let mut runner = TestRunner::new(Config { cases: 400, ..Config::default() });
    let done = runner.run(&tampering(), |tampering| {
        let changed = tamper(&stranger, &tampering);
        let check = runtime.block_on(fixture.db.check_audit()).unwrap();
        restore(&stranger);
        prop_assert_eq!(check != sound, changed);
        let chain = match &tampering {
            Tampering::FlipHead { chain, .. } => *chain,
            Tampering::Flip { of, .. }
            | Tampering::Delete { of }
            | Tampering::Swap { of, .. }
            | Tampering::Insert { of }
            | Tampering::Forget { of, .. } => of.chain,
        };
        let named = check.faults.iter().any(|fault| fault.place.chain == chain);
        prop_assert!(named || !changed, "{:?}", check.faults);
        Ok(())
    });
    done.unwrap();
    assert_eq!(runtime.block_on(fixture.db.check_audit()), Ok(sound));
}

#[tokio::test]
async fn the_place_of_a_fault_is_named() {
    let (fixture, stranger) = filled().await;
    let of = AuditPlace { chain: 3, place: 2 };
    let after = AuditPlace { place: 3, ..of };
    let last = AuditPlace { place: ENTRIES, ..of };
    for (sql, place, kind) in [
        ("update audit_entries set action = 'x' where chain = 3 and place = 2", of, "Changed"),
        ("delete from audit_entries where chain = 3 and place = 2", of, "Missing"),
        ("delete from audit_entries where chain = 3 and place = 4", last, "Missing"),
        (
            "update audit_entries set hash = zeroblob(32) where chain = 3 and place = 3",
            after,
            "Changed",
        ),
        ("delete from audit_chains where chain = 3", last, "Head"),
        ("update audit_chains set hash = zeroblob(32) where chain = 3", last, "Head"),
        (
            "update audit_entries set chain = 12 where chain = 3 and place = 4",
            AuditPlace { chain: 12, place: 4 },
            "Unexpected",
        ),
        (
            "update audit_entries set place = 0 where chain = 3 and place = 4",
            AuditPlace { chain: 3, place: 0 },
            "Unexpected",
        ),
    ] {
        stranger.execute(sql, []).unwrap();
        let faults = fixture.db.check_audit().await.unwrap().faults;
        let found = faults.iter().any(|f| f.place == place && format!("{:?}", f.kind) == kind);
        assert!(found, "{sql}: {faults:?}");
        restore(&stranger);
    }
}

/// Who can write can also cut the end of a chain and set its head back: only a head that was kept
/// elsewhere tells.
#[tokio::test]
async fn a_tail_that_was_cut_with_its_head_shows_by_a_head_that_was_kept() {
    let (fixture, stranger) = filled().await;
    let kept = fixture.db.list_audit_chains().await.unwrap();
    stranger
        .execute_batch(
            "delete from audit_entries where chain = 3 and place > 2; \
             update audit_chains set length = 2, hash = (select hash from audit_entries \
             where chain = 3 and place = 2) where chain = 3",
        )
        .unwrap();
    assert_eq!(fixture.db.check_audit().await.unwrap().faults, []);
    for row in kept {
        let found = fixture.db.find_audit_hash(row.head).await.unwrap();
        assert_eq!(found == Some(row.hash), row.head.chain != 3, "{row:?}");
    }
}
