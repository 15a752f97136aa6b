//! The writer thread: drains its queue into one transaction, so that all who wait share one disk
//! sync. A batch that cannot stand is rolled back alone, so that none can spoil another's.

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::connection::{Fault, Slot};
use super::statement::{self, StepAnswer};
use crate::batch::{Batch, StepIndex, Written};
use crate::error::DbError;

/// A batch, and where its answer goes.
#[derive(Debug)]
pub(super) struct WriteJob {
    pub(super) batch: Batch,
    pub(super) answer: oneshot::Sender<Answer>,
}

type Answer = Result<Written, DbError>;

/// Commits batches until nobody can send any more. There is no timer: a group is what waits.
pub(super) fn run(mut jobs: mpsc::Receiver<WriteJob>, mut slot: Slot, group_max: usize) {
    let mut group = Vec::new();
    while jobs.blocking_recv_many(&mut group, group_max) > 0 {
        let batches: Vec<&Batch> = group.iter().map(|job| &job.batch).collect();
        let committed = match slot.get() {
            Ok(connection) => commit(connection, &batches),
            Err(e) => Committed::none(e, &batches),
        };
        if committed.connection == Health::Failed {
            slot.give_up();
        }
        for (job, answer) in group.drain(..).zip(committed.answers) {
            // The caller may have gone; the batch stands all the same.
            drop(job.answer.send(answer));
        }
    }
}

/// Whether the connection may be used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    Good,
    Failed,
}

/// What became of a group: one answer for each batch.
struct Committed {
    answers: Vec<Answer>,
    connection: Health,
}

impl Committed {
    /// All batches get the same error.
    fn none(error: DbError, batches: &[&Batch]) -> Self {
        let answers = batches.iter().map(|_| Err(error.clone())).collect();
        Self { answers, connection: Health::Good }
    }

    /// All batches get the error of a transaction that is known to have changed nothing.
    fn unchanged(fault: &Fault, batches: &[&Batch]) -> Self {
        Self { connection: health_after(fault), ..Self::none(fault.unchanged(), batches) }
    }
}

/// Commits all batches in one transaction. A batch that misses a count, or whose statement
/// fails, is rolled back alone.
fn commit(connection: &Connection, batches: &[&Batch]) -> Committed {
    match apply_together(connection, batches).and_then(|answers| match answers {
        Some(answers) => Ok(Committed { answers, connection: Health::Good }),
        None => apply_each(connection, batches),
    }) {
        Ok(applied) => match control(connection, "commit") {
            Ok(()) => applied,
            Err(fault) => not_committed(connection, &fault, batches),
        },
        Err(fault) => abandon(connection, &fault, batches),
    }
}

/// Begins a transaction and applies all batches without savepoints, each of which would copy
/// every page that it changes. When one has to be rolled back, which is rare, all of them are,
/// and there is no answer. After an error the transaction cannot stand.
fn apply_together(
    connection: &Connection,
    batches: &[&Batch],
) -> Result<Option<Vec<Answer>>, Fault> {
    control(connection, "begin immediate")?;
    let mut answers = Vec::with_capacity(batches.len());
    for batch in batches {
        let changed = connection.total_changes();
        match run_steps(connection, batch) {
            Ok(done @ Written::Done(_)) => answers.push(Ok(done)),
            // There is nothing of it to be rolled back.
            Ok(missed) if connection.total_changes() == changed => answers.push(Ok(missed)),
            Err(fault) if connection.is_autocommit() => return Err(fault),
            Ok(Written::Missed(_)) | Err(_) => {
                control(connection, "rollback")?;
                return Ok(None);
            }
        }
    }
    Ok(Some(answers))
}

/// Begins a transaction and applies each batch under a savepoint of its own. After an error the
/// transaction cannot stand.
fn apply_each(connection: &Connection, batches: &[&Batch]) -> Result<Committed, Fault> {
    control(connection, "begin immediate")?;
    let mut applied = Committed { answers: Vec::new(), connection: Health::Good };
    for batch in batches {
        applied.answers.push(apply(connection, batch)?.map_err(|fault| {
            if health_after(&fault) == Health::Failed {
                applied.connection = Health::Failed;
            }
            fault.unchanged()
        }));
    }
    Ok(applied)
}

/// After a `commit` that failed. A transaction that is still open was not committed, and neither
/// was one whose last page found no room in the log. After any other error the log may hold the
/// whole transaction, and a crash before the next commit would bring it to life: not known.
fn not_committed(connection: &Connection, fault: &Fault, batches: &[&Batch]) -> Committed {
    let still_open = !connection.is_autocommit();
    let rolled_back = still_open && control(connection, "rollback").is_ok();
    if rolled_back || *fault == Fault::Full {
        return Committed::unchanged(fault, batches);
    }
    let error =
        if still_open { fault.unchanged() } else { DbError::OutcomeUnknown(format!("{fault:?}")) };
    Committed { connection: Health::Failed, ..Committed::none(error, batches) }
}

fn health_after(fault: &Fault) -> Health {
    match fault {
        Fault::Locked(_) | Fault::Full | Fault::Refused(_) => Health::Good,
        Fault::Failed(_) => Health::Failed,
    }
}

/// Gives up the whole transaction before its `commit`: it has changed nothing.
fn abandon(connection: &Connection, fault: &Fault, batches: &[&Batch]) -> Committed {
    let mut committed = Committed::unchanged(fault, batches);
    // SQLite may have rolled back by itself, as it does when the disk fails.
    if !connection.is_autocommit() && control(connection, "rollback").is_err() {
        committed.connection = Health::Failed;
    }
    committed
}

/// Applies one batch under its savepoint. The outer error is one after which the transaction
/// cannot stand; the inner one belongs to this batch, which was rolled back alone.
fn apply(connection: &Connection, batch: &Batch) -> Result<Result<Written, Fault>, Fault> {
    control(connection, "savepoint batch")?;
    let applied = run_steps(connection, batch);
    match &applied {
        Ok(Written::Done(_)) => {}
        Ok(Written::Missed(_)) => control(connection, "rollback to batch")?,
        Err(fault) if connection.is_autocommit() => return Err(fault.clone()),
        Err(_) => control(connection, "rollback to batch")?,
    }
    control(connection, "release batch")?;
    Ok(applied)
}

fn run_steps(connection: &Connection, batch: &Batch) -> Result<Written, Fault> {
    let mut rows = Vec::with_capacity(batch.steps.len());
    for (index, step) in batch.steps.iter().enumerate() {
        match statement::run_step(connection, step).map_err(|e| Fault::of(&e))? {
            StepAnswer::Rows(found) => rows.push(found),
            StepAnswer::Missed => return Ok(Written::Missed(StepIndex(index))),
        }
    }
    Ok(Written::Done(rows))
}

/// Runs a statement of transaction control.
fn control(connection: &Connection, sql: &'static str) -> Result<(), Fault> {
    let run = connection.prepare_cached(sql).and_then(|mut statement| statement.execute([]));
    run.map(drop).map_err(|e| Fault::of(&e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::Expect;
    use crate::value::{Row, Value, params};

    const SCHEMA: &str = "create table t (x integer primary key, body blob) strict;\
        create table child (x integer references t (x) deferrable initially deferred) strict;";
    const INSERT: &str = "insert into t (x, body) values (?1, ?2) on conflict do nothing";
    const INSERT_CHILD: &str = "insert into child (x) values (?1)";
    const LIST: &str = "select x from t order by x";

    struct Fixture {
        _folder: tempfile::TempDir,
        connection: Connection,
    }

    impl Fixture {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let connection = Connection::open(folder.path().join("db.sqlite")).unwrap();
            connection
                .execute_batch("pragma journal_mode = wal; pragma foreign_keys = on")
                .unwrap();
            connection.execute_batch(SCHEMA).unwrap();
            Self { _folder: folder, connection }
        }

        fn commit(&self, batches: &[Batch]) -> Committed {
            let committed = commit(&self.connection, &batches.iter().collect::<Vec<_>>());
            assert!(self.connection.is_autocommit(), "no transaction is left open");
            assert_eq!(committed.answers.len(), batches.len());
            committed
        }

        fn kept(&self) -> Vec<i64> {
            let mut statement = self.connection.prepare(LIST).unwrap();
            let rows = statement.query_map([], |row| row.get(0)).unwrap();
            rows.map(Result::unwrap).collect()
        }
    }

    fn insert(numbers: &[i64]) -> Batch {
        let mut batch = Batch::default();
        for number in numbers {
            batch.add(Expect::ChangeOne, INSERT, params![*number, vec![7; 100]]);
        }
        batch
    }

    #[test]
    fn a_batch_that_misses_a_count_is_rolled_back_alone() {
        let fixture = Fixture::new();
        let committed = fixture.commit(&[insert(&[1]), insert(&[2, 3, 1, 4]), insert(&[5])]);
        let nothing = Vec::<Row>::new();
        assert_eq!(
            committed.answers,
            [
                Ok(Written::Done(vec![nothing.clone()])),
                Ok(Written::Missed(StepIndex(2))),
                Ok(Written::Done(vec![nothing])),
            ]
        );
        assert_eq!(fixture.kept(), [1, 5]);
    }

    #[test]
    fn every_kind_of_count_is_judged() {
        let fixture = Fixture::new();
        fixture.commit(&[insert(&[1, 2, 3])]);
        let delete = "delete from t where x <= ?1";
        let some = "select x from t where x <= ?1 order by x";
        for (expect, sql, number, rows) in [
            (Expect::ChangeAtMost(1), delete, 2_i64, None),
            (Expect::ChangeOne, delete, 2, None),
            (Expect::ChangeOne, delete, 0, None),
            (Expect::ReturnOne, some, 0, None),
            (Expect::ReturnOne, some, 2, None),
            (Expect::ReturnOne, some, 1, Some(1)),
            (Expect::ReturnAtMost(2), some, 3, None),
            (Expect::ReturnAtMost(2), some, 2, Some(2)),
            (Expect::ReturnAtMost(2), some, 0, Some(0)),
            (Expect::ChangeAtMost(1), delete, 0, Some(0)),
            (Expect::ChangeAtMost(3), delete, 2, Some(0)),
        ] {
            let mut batch = Batch::default();
            batch.add(expect, sql, params![number]);
            let answer = fixture.commit(&[batch]).answers.pop().unwrap().unwrap();
            let found = match answer {
                Written::Done(rows) => Some(rows.iter().map(Vec::len).sum()),
                Written::Missed(step) => {
                    assert_eq!(step, StepIndex(0));
                    None
                }
            };
            assert_eq!(found, rows, "{expect:?} of {sql} with {number}");
        }
        assert_eq!(fixture.kept(), [3]);
    }

    #[test]
    fn rows_of_a_batch_see_its_own_changes() {
        let fixture = Fixture::new();
        let mut batch = insert(&[4]);
        batch.add(Expect::ReturnOne, LIST, params![]);
        let answer = fixture.commit(&[batch]).answers.pop();
        let rows = vec![Vec::new(), vec![Row(vec![Value::Integer(4)])]];
        assert_eq!(answer, Some(Ok(Written::Done(rows))));
    }

    #[test]
    fn a_statement_that_fails_is_rolled_back_alone() {
        let fixture = Fixture::new();
        let mut wrong = insert(&[2]);
        wrong.add(Expect::ChangeOne, INSERT, params!["no number", vec![7; 100]]);
        let mut nonsense = insert(&[3]);
        nonsense.add(Expect::ChangeOne, "insert into nowhere", params![]);
        let committed = fixture.commit(&[insert(&[1]), wrong, nonsense, insert(&[4])]);
        let verdicts: Vec<_> = committed.answers.iter().map(Result::is_ok).collect();
        assert_eq!(verdicts, [true, false, false, true]);
        assert!(matches!(committed.answers.get(1), Some(Err(DbError::Broken(_)))));
        assert_eq!(committed.connection, Health::Good);
        assert_eq!(fixture.kept(), [1, 4]);
    }

    #[test]
    fn a_full_disk_is_told_apart_and_room_heals_it() {
        let fixture = Fixture::new();
        fixture.commit(&[insert(&[1])]);
        let pages: u32 =
            fixture.connection.query_row("pragma page_count", [], |row| row.get(0)).unwrap();
        let limit = |pages: u32| {
            let sql = format!("pragma max_page_count = {pages}");
            fixture.connection.query_row(&sql, [], |row| row.get::<_, u32>(0)).unwrap();
        };
        limit(pages);
        let large: Vec<i64> = (100..400).collect();
        let committed = fixture.commit(&[insert(&[2]), insert(&large)]);
        assert_eq!(committed.answers.get(1), Some(&Err(DbError::Full)));
        assert_eq!(committed.connection, Health::Good);
        // A batch is told that it was committed if and only if it was.
        let small_was_kept = matches!(committed.answers.first(), Some(Ok(Written::Done(_))));
        assert_eq!(fixture.kept().contains(&2), small_was_kept);
        assert!(!fixture.kept().contains(&100));
        limit(pages + 1000);
        let committed = fixture.commit(&[insert(&large)]);
        assert!(matches!(committed.answers.first(), Some(Ok(Written::Done(_)))));
    }

    #[test]
    fn a_commit_that_leaves_the_transaction_open_is_known_to_have_done_nothing() {
        let fixture = Fixture::new();
        let mut orphan = Batch::default();
        orphan.add(Expect::ChangeOne, INSERT_CHILD, params![77_i64]);
        let committed = fixture.commit(&[insert(&[1]), orphan]);
        assert!(committed.answers.iter().all(|a| matches!(a, Err(DbError::Broken(_)))));
        assert!(fixture.kept().is_empty());
        fixture.commit(&[insert(&[2])]);
        assert_eq!(fixture.kept(), [2]);
    }

    #[test]
    fn a_commit_that_failed_in_the_system_has_no_known_outcome_unless_the_disk_is_full() {
        let fixture = Fixture::new();
        let batch = insert(&[1]);
        let failed = |fault: Fault| not_committed(&fixture.connection, &fault, &[&batch]);
        let unknown = failed(Fault::Failed("disk I/O error".into()));
        assert!(matches!(unknown.answers.first(), Some(Err(DbError::OutcomeUnknown(_)))));
        assert_eq!(unknown.connection, Health::Failed);
        assert_eq!(failed(Fault::Full).answers, [Err(DbError::Full)]);
    }

    #[test]
    fn a_lock_that_is_held_changes_nothing() {
        let fixture = Fixture::new();
        let path = fixture.connection.path().unwrap().to_owned();
        let stranger = Connection::open(path).unwrap();
        stranger.execute_batch("begin immediate").unwrap();
        fixture.connection.busy_timeout(std::time::Duration::ZERO).unwrap();
        let committed = fixture.commit(&[insert(&[1]), insert(&[2])]);
        assert!(committed.answers.iter().all(|a| matches!(a, Err(DbError::Unavailable(_)))));
        assert_eq!(committed.connection, Health::Good);
        stranger.execute_batch("rollback").unwrap();
        fixture.commit(&[insert(&[3])]);
        assert_eq!(fixture.kept(), [3]);
    }
}
