//! A reader thread: takes reads from the queue all readers share. Readers never wait for the
//! writer, and the writer never for them.

use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::connection::{Fault, Slot};
use super::statement::{self, Most, Selected};
use crate::batch::Query;
use crate::error::DbError;

/// Statements to run one after the other, and where their rows go.
#[derive(Debug)]
pub(super) struct ReadJob {
    pub(super) queries: Vec<Query>,
    /// Of each: see [`Most`].
    pub(super) bytes_max: usize,
    pub(super) answer: oneshot::Sender<Result<Vec<Selected>, DbError>>,
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
        let selected = answer(&mut slot, &job);
        // The caller may have gone; nothing is owed to him.
        drop(job.answer.send(selected));
    }
}

fn answer(slot: &mut Slot, job: &ReadJob) -> Result<Vec<Selected>, DbError> {
    let connection = slot.get()?;
    let select = |query| select(connection, query, job.bytes_max);
    let selected: rusqlite::Result<_> = job.queries.iter().map(select).collect();
    selected.map_err(|e| {
        let fault = Fault::of(&e);
        if matches!(fault, Fault::Failed(_)) {
            slot.give_up();
        }
        fault.unchanged()
    })
}

fn select(connection: &Connection, query: &Query, bytes: usize) -> rusqlite::Result<Selected> {
    let mut statement = connection.prepare_cached(query.sql)?;
    statement::select(&mut statement, &query.params, Most { rows: query.rows_max, bytes })
}
