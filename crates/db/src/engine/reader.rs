//! A reader thread: takes reads from the queue all readers share. Readers never wait for the
//! writer, and the writer never for them.

use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::connection::{Fault, Slot};
use super::statement;
use crate::batch::Query;
use crate::error::DbError;
use crate::value::Row;

/// Statements to run one after the other, and where their rows go.
#[derive(Debug)]
pub(super) struct ReadJob {
    pub(super) queries: Vec<Query>,
    pub(super) answer: oneshot::Sender<Result<Vec<Vec<Row>>, DbError>>,
}

/// Answers reads until nobody can send any more. The reader that holds the lock waits for a job;
/// it lets go before it works on it, so the next one waits in its place.
pub(super) fn run(jobs: &Mutex<mpsc::Receiver<ReadJob>>, mut slot: Slot) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
        let Some(job) = job else { return };
        if job.answer.is_closed() {
            continue;
        }
        let rows = answer(&mut slot, &job.queries);
        // The caller may have gone; nothing is owed to him.
        drop(job.answer.send(rows));
    }
}

fn answer(slot: &mut Slot, queries: &[Query]) -> Result<Vec<Vec<Row>>, DbError> {
    let connection = slot.get()?;
    let rows: rusqlite::Result<_> = queries.iter().map(|query| select(connection, query)).collect();
    rows.map_err(|e| {
        let fault = Fault::of(&e);
        if matches!(fault, Fault::Failed(_)) {
            slot.give_up();
        }
        fault.unchanged()
    })
}

fn select(connection: &Connection, query: &Query) -> rusqlite::Result<Vec<Row>> {
    let mut statement = connection.prepare_cached(query.sql)?;
    let mut rows = statement::select(&mut statement, &query.params, query.rows_max)?;
    rows.truncate(query.rows_max);
    Ok(rows)
}
