//! The writer thread: drains its queue into one transaction, each batch under a savepoint of its
//! own, so that all who wait share one disk sync and none can spoil another's batch.

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
    if let Err(fault) = control(connection, "begin immediate") {
        return Committed::unchanged(&fault, batches);
    }
    let mut committed = Committed { answers: Vec::new(), connection: Health::Good };
    for batch in batches {
        let applied = match apply(connection, batch) {
            Ok(applied) => applied,
            Err(fault) => return abandon(connection, &fault, batches),
        };
        committed.answers.push(applied.map_err(|fault| {
            if health_after(&fault) == Health::Failed {
                committed.connection = Health::Failed;
            }
            fault.unchanged()
        }));
    }
    match control(connection, "commit") {
        Ok(()) => committed,
        Err(fault) => not_committed(connection, &fault, batches),
    }
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
