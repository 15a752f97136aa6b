//! Whatever is done to the rows of the audit behind the back of the service is found.

use std::collections::BTreeSet;

use dossier_db::{AuditCheck, AuditPlace, AuditPosition, FinishUpload, NewAuditEntry};
use dossier_domain::{AuditEntryId, AuditObject, FileId, RequestId};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rusqlite::Connection;
use rusqlite::types::Value;

use crate::fixture::{Fixture, at, entry, file};

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
/// Entries of each chain; two more in that of the first client and its key.
const ENTRIES: i64 = 4;
/// Between two entries, so that something can be put there.
const STEP: i64 = 1000;

/// What somebody does who can write to the database.
#[derive(Clone, Debug)]
enum Tampering {
    Flip { of: AuditPlace, column: usize, bit: usize },
    FlipHead { chain: i64, column: &'static str, bit: usize },
    Delete { of: AuditPlace },
    Swap { of: AuditPlace, with: i64 },
    Insert { of: AuditPlace },
    Forget { column: usize, of: AuditPlace },
    DeleteUpTo { of: AuditPlace },
    DeleteFrom { of: AuditPlace },
    Repeat { of: AuditPlace, position: i64 },
    Move { of: AuditPlace, position: i64 },
    SwapPositions { of: AuditPlace, with: AuditPlace },
}

impl Tampering {
    /// Whether it is done to this chain.
    const fn touches(&self, chain: i64) -> bool {
        match self {
            Self::FlipHead { chain: own, .. } => *own == chain,
            Self::SwapPositions { of, with } => of.chain == chain || with.chain == chain,
            Self::Flip { of, .. }
            | Self::Delete { of }
            | Self::Swap { of, .. }
            | Self::Insert { of }
            | Self::Forget { of, .. }
            | Self::DeleteUpTo { of }
            | Self::DeleteFrom { of }
            | Self::Repeat { of, .. }
            | Self::Move { of, .. } => of.chain == chain,
        }
    }
}

fn tampering() -> impl Strategy<Value = Tampering> {
    let place = (0..8_i64, 1..=ENTRIES).prop_map(|(chain, place)| AuditPlace { chain, place });
    let bit = 0..512_usize;
    let position = prop_oneof![
        6 => -STEP..40 * STEP,
        1 => prop_oneof![Just(i64::MIN), Just(i64::MAX), Just(0)],
    ];
    prop_oneof![
        6 => (place.clone(), 0..COLUMNS.len(), bit.clone())
            .prop_map(|(of, column, bit)| Tampering::Flip { of, column, bit }),
        1 => (0..8_i64, prop_oneof![Just("chain"), Just("length"), Just("hash")], bit)
            .prop_map(|(chain, column, bit)| Tampering::FlipHead { chain, column, bit }),
        1 => place.clone().prop_map(|of| Tampering::Delete { of }),
        1 => (place.clone(), 1..=ENTRIES).prop_map(|(of, with)| Tampering::Swap { of, with }),
        1 => place.clone().prop_map(|of| Tampering::Insert { of }),
        1 => (place.clone(), prop_oneof![Just(7_usize), Just(11)])
            .prop_map(|(of, column)| Tampering::Forget { column, of }),
        1 => place.clone().prop_map(|of| Tampering::DeleteUpTo { of }),
        1 => place.clone().prop_map(|of| Tampering::DeleteFrom { of }),
        1 => (place.clone(), position.clone())
            .prop_map(|(of, position)| Tampering::Repeat { of, position }),
        2 => (place.clone(), position)
            .prop_map(|(of, position)| Tampering::Move { of, position }),
        2 => (place.clone(), place)
            .prop_map(|(of, with)| Tampering::SwapPositions { of, with }),
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

/// Whether the entries of each chain stand in the order of their places.
fn in_order(connection: &Connection) -> bool {
    let sql = "select not exists (select 1 from audit_entries a join audit_entries b \
        on a.chain = b.chain and a.position < b.position and a.place >= b.place)";
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Does it; false when the database cannot hold it, since a position is taken, or when it changes
/// nothing: entries of different chains may stand in any order.
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
        Tampering::Insert { of } => insert(connection, *of),
        Tampering::Forget { column, of } => {
            let column = COLUMNS[*column];
            let write = format!(
                "update audit_entries set {column} = null \
                 where (chain, place) = (?1, ?2) and {column} is not null"
            );
            connection.execute(&write, place(of))
        }
        Tampering::DeleteUpTo { of } => connection
            .execute("delete from audit_entries where chain = ?1 and place <= ?2", place(of)),
        Tampering::DeleteFrom { of } => connection
            .execute("delete from audit_entries where chain = ?1 and place >= ?2", place(of)),
        Tampering::Repeat { of, position } => repeat(connection, *of, *position),
        Tampering::Move { of, position } => displace(connection, *of, *position),
        Tampering::SwapPositions { of, with } => swap_positions(connection, *of, *with),
    };
    done.is_ok_and(|rows| rows > 0)
}

/// Puts an entry at a place, and all behind it one place further.
fn insert(connection: &Connection, of: AuditPlace) -> rusqlite::Result<usize> {
    let shift = "update audit_entries set place = ?3 where (chain, place) = (?1, ?2)";
    for place in (of.place..=ENTRIES + 1).rev() {
        connection.execute(shift, (of.chain, place, place + 1))?;
    }
    let copy = "insert into audit_entries select position - 1, chain, ?2, hash, randomblob(16), \
        at, client_id, actor_kind, actor_id, action, object_kind, object_id, request_id \
        from audit_entries where (chain, place) = (?1, ?2 + 1)";
    let lengthen = "update audit_chains set length = length + 1 where chain = ?1";
    connection.execute(lengthen, [of.chain])?;
    connection.execute(copy, (of.chain, of.place))
}

/// Puts the same entry at another position too.
fn repeat(connection: &Connection, of: AuditPlace, position: i64) -> rusqlite::Result<usize> {
    let copy = "insert into audit_entries select ?3, chain, place, hash, entry_id, at, \
        client_id, actor_kind, actor_id, action, object_kind, object_id, request_id \
        from audit_entries where (chain, place) = (?1, ?2)";
    connection.execute(copy, (of.chain, of.place, position))
}

fn displace(connection: &Connection, of: AuditPlace, position: i64) -> rusqlite::Result<usize> {
    let moved = "update audit_entries set position = ?3 where (chain, place) = (?1, ?2)";
    let rows = connection.execute(moved, (of.chain, of.place, position))?;
    Ok(rows * usize::from(!in_order(connection)))
}

fn swap_positions(
    connection: &Connection,
    of: AuditPlace,
    with: AuditPlace,
) -> rusqlite::Result<usize> {
    let read = "select position from audit_entries where (chain, place) = (?1, ?2)";
    let position = |of: AuditPlace| {
        connection.query_row(read, (of.chain, of.place), |row| row.get::<_, i64>(0))
    };
    let (first, second) = (position(of)?, position(with)?);
    let swap = "update audit_entries set position = ?2 where position = ?1";
    for (from, to) in [(first, -1), (second, first), (-1, second)] {
        connection.execute(swap, [from, to])?;
    }
    Ok(usize::from(!in_order(connection)))
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
             update audit_entries set position = position * 1000; \
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
    let entries = u64::try_from(8 * ENTRIES + 2).unwrap();
    let sound = AuditCheck { entries, ..AuditCheck::default() };
    let mut runner = TestRunner::new(Config { cases: 800, ..Config::default() });
    let done = runner.run(&tampering(), |tampering| {
        let changed = tamper(&stranger, &tampering);
        let check = runtime.block_on(fixture.db.check_audit(BTreeSet::new())).unwrap();
        restore(&stranger);
        prop_assert_eq!(check != sound, changed);
        let named = check.faults.iter().any(|fault| tampering.touches(fault.place.chain));
        prop_assert!(named || !changed, "{:?}", check.faults);
        Ok(())
    });
    done.unwrap();
    assert_eq!(runtime.block_on(fixture.db.check_audit(BTreeSet::new())), Ok(sound));
}

#[tokio::test]
async fn the_place_of_a_fault_is_named() {
    let (fixture, stranger) = filled().await;
    let of = AuditPlace { chain: 3, place: 2 };
    let first = AuditPlace { place: 1, ..of };
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
        ("delete from audit_entries where chain = 3 and place <= 2", first, "Missing"),
        ("delete from audit_entries where chain = 3", first, "Missing"),
        ("delete from audit_entries", first, "Missing"),
        ("update audit_entries set position = 1 where chain = 3 and place = 2", first, "Missing"),
        (
            "update audit_entries set position = 9223372036854775807 \
             where chain = 3 and place = 2",
            of,
            "Missing",
        ),
        (
            "insert into audit_entries select 9223372036854775807, chain, place, hash, entry_id, \
             at, client_id, actor_kind, actor_id, action, object_kind, object_id, request_id \
             from audit_entries where chain = 3 and place = 2",
            of,
            "Unexpected",
        ),
        ("update audit_chains set length = 3 where chain = 3", last, "Head"),
    ] {
        stranger.execute(sql, []).unwrap();
        let faults = fixture.db.check_audit(BTreeSet::new()).await.unwrap().faults;
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
    assert_eq!(fixture.db.check_audit(BTreeSet::new()).await.unwrap().faults, []);
    let wanted = kept.iter().map(|row| row.head).collect();
    let found = fixture.db.check_audit(wanted).await.unwrap().hashes;
    for row in kept {
        let same = found.get(&row.head) == Some(&row.hash);
        assert_eq!(same, row.head.chain != 3, "{row:?}");
    }
}

/// Emptied with all heads set back it is as in the beginning.
#[tokio::test]
async fn an_emptied_audit_shows_by_the_heads_that_were_kept() {
    let (fixture, stranger) = filled().await;
    let kept = fixture.db.list_audit_chains().await.unwrap();
    let emptied = "delete from audit_entries; update audit_chains set length = 0, \
        hash = cast(zeroblob(31) || unhex(printf('%02x', chain)) as blob)";
    stranger.execute_batch(emptied).unwrap();
    let wanted = kept.iter().map(|row| row.head).collect();
    let check = fixture.db.check_audit(wanted).await.unwrap();
    assert_eq!(check, AuditCheck::default());
}

/// Where SQLite chooses positions itself, it would give one at random.
#[tokio::test]
async fn nothing_is_written_before_an_entry_at_the_last_position_there_is() {
    let (fixture, stranger) = filled().await;
    let client_id = fixture.client_id;
    let last = "update audit_entries set position = 9223372036854775807 \
        where position = (select max(position) from audit_entries)";
    stranger.execute(last, []).unwrap();
    let before = fixture.db.list_audit_log(None, 1000).await.unwrap();
    let faults = fixture.db.check_audit(BTreeSet::new()).await.unwrap().faults;
    assert_eq!(faults, [], "it stands behind all others still");
    let upload = || fixture.db.finish_upload(file(client_id, 1), None, None, entry(at(100)));
    let refused = upload().await;
    assert!(refused.is_err(), "{refused:?}");
    assert!(fixture.db.insert_audit_entry(client_id, entry(at(100))).await.is_err());
    assert!(fixture.all_files().await.is_empty());
    assert_eq!(fixture.db.list_audit_log(None, 1000).await, Ok(before));
    restore(&stranger);
    assert_eq!(upload().await, Ok(FinishUpload::Finished));
    assert_eq!(fixture.db.check_audit(BTreeSet::new()).await.unwrap().faults, []);
}

#[tokio::test]
async fn the_log_is_listed_from_the_first_to_the_last_position_there_is() {
    let (fixture, stranger) = filled().await;
    for (from, to) in [(STEP, i64::MIN), (2 * STEP, i64::MAX)] {
        let moved = "update audit_entries set position = ?2 where position = ?1";
        stranger.execute(moved, [from, to]).unwrap();
    }
    let mut after = None;
    let mut seen = Vec::new();
    loop {
        let rows = fixture.db.list_audit_log(after, 1).await.unwrap();
        let Some(row) = rows.first() else { break };
        after = Some(row.position);
        seen.push(row.position);
    }
    assert_eq!(seen.len(), 34);
    assert!(seen.is_sorted());
    assert_eq!(seen.first(), Some(&AuditPosition(i64::MIN)));
    assert_eq!(seen.last(), Some(&AuditPosition(i64::MAX)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_of_many_pages_finds_what_is_gone_from_the_last() {
    let fixture = Fixture::new().await;
    let client_id = fixture.client_id;
    let tasks: Vec<_> = (0..2100)
        .map(|_| {
            let db = fixture.db.clone();
            tokio::spawn(async move { db.insert_audit_entry(client_id, entry(at(1))).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let place = |place| AuditPlace { chain: 1, place };
    let wanted = || BTreeSet::from([place(2), place(2050), place(2103)]);
    let check = fixture.db.check_audit(wanted()).await.unwrap();
    assert_eq!((check.entries, check.faults.len(), check.hashes.len()), (2102, 0, 2));
    let positions: Vec<_> = fixture
        .db
        .list_audit_log(None, 9)
        .await
        .unwrap()
        .iter()
        .map(|row| row.position.0)
        .collect();
    assert_eq!(positions, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    let gone = "delete from audit_entries where chain = 1 and place = 2050";
    fixture.stranger().execute(gone, []).unwrap();
    let check = fixture.db.check_audit(wanted()).await.unwrap();
    assert_eq!((check.entries, check.hashes.len()), (2049, 1));
    assert_eq!(check.faults.first().map(|fault| fault.place), Some(place(2050)));
}
