//! The SQLite engine: one writer thread that commits all waiting batches together, and a few
//! reader threads. It knows no table but its own list of schema versions.

mod connection;
pub(crate) mod function;
pub(crate) mod migrations;
mod reader;
mod statement;
mod writer;

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::batch::{Batch, Query, Written};
use crate::error::{DbError, OpenError};
use crate::value::Row;
use connection::{Access, Slot};
use reader::ReadJob;
use statement::Selected;
use writer::WriteJob;

/// Writes that may wait for the writer. Further callers wait for a place, in order.
const WRITES_WAITING_MAX: usize = 1024;
/// Reads that may wait for a reader.
const READS_WAITING_MAX: usize = 1024;
/// Each reader is a thread with a page cache of its own; more than this serves no machine.
const READERS_MAX: usize = 16;

/// Who opens the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The one server: it migrates, and commits all waiting batches in one transaction.
    Server,
    /// A tool beside a running server: one batch a transaction, so that it never holds the lock
    /// for long, and no migration of a database that has rows.
    Tool,
}

/// How to open the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Who opens it.
    pub role: Role,
    /// Reader threads, 1 to 16; values outside are brought to the nearer end.
    pub readers: usize,
    /// How long one transaction may wait for a lock that another process holds.
    pub lock_wait_max: Duration,
}

impl Options {
    /// For the server: two readers, and 2 s for a lock, since tools hold it for milliseconds and
    /// a client is better served by a quick 503 than by a long wait.
    #[must_use]
    pub const fn server() -> Self {
        Self { role: Role::Server, readers: 2, lock_wait_max: Duration::from_secs(2) }
    }

    /// For a tool: one reader, and 10 s for a lock, since a busy server commits all the time.
    #[must_use]
    pub const fn tool() -> Self {
        Self { role: Role::Tool, readers: 1, lock_wait_max: Duration::from_secs(10) }
    }
}

/// The database. Clones share the same threads, which end when the last clone is dropped.
///
/// Every method is cancel-safe: a future that is dropped leaves a batch that was already queued
/// to be committed as a whole.
#[derive(Clone, Debug)]
pub struct Db {
    writes: mpsc::Sender<WriteJob>,
    reads: mpsc::Sender<ReadJob>,
}

impl Db {
    /// Opens the database file at `path`, makes it (mode 0600) when it is missing, and brings its
    /// schema up to date. The folder must exist. Blocks; call it before serving.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(path: &Path, options: Options) -> Result<Self, OpenError> {
        connection::create_file(path)?;
        let identity = Arc::default();
        let wait_max = options.lock_wait_max;
        let slot = |access| Slot::new(path.to_owned(), access, wait_max, Arc::clone(&identity));
        let mut writer = slot(Access::Write);
        writer.open_first(options.role)?;
        let group_max = match options.role {
            Role::Server => WRITES_WAITING_MAX,
            Role::Tool => 1,
        };
        let (writes, write_jobs) = mpsc::channel(WRITES_WAITING_MAX);
        spawn("db-writer", move || writer::run(write_jobs, writer, group_max))?;
        let (reads, read_jobs) = mpsc::channel(READS_WAITING_MAX);
        let read_jobs = Arc::new(Mutex::new(read_jobs));
        for _ in 0..options.readers.clamp(1, READERS_MAX) {
            let (jobs, reader) = (Arc::clone(&read_jobs), slot(Access::Read));
            spawn("db-reader", move || reader::run(&jobs, reader))?;
        }
        Ok(Self { writes, reads })
    }

    /// Commits `batch`, together with whatever else waits.
    pub(crate) async fn write(&self, batch: Batch) -> Result<Written, DbError> {
        let (answer, answered) = oneshot::channel();
        let job = WriteJob { batch, answer };
        self.writes.send(job).await.map_err(|_| stopped("writer"))?;
        answered.await.map_err(|_| DbError::OutcomeUnknown("the writer stopped".into()))?
    }

    /// Commits a batch in which no step can miss its count.
    pub(crate) async fn write_all(&self, batch: Batch) -> Result<Vec<Vec<Row>>, DbError> {
        match self.write(batch).await? {
            Written::Done(rows) => Ok(rows),
            Written::Missed(step) => {
                Err(DbError::Broken(format!("step {} cannot miss its count, but did", step.0)))
            }
        }
    }

    /// The rows of one statement.
    pub(crate) async fn read(&self, query: Query) -> Result<Vec<Row>, DbError> {
        Ok(self.read_each(vec![query]).await?.pop().unwrap_or_default())
    }

    /// The rows of each statement. Each sees a state of its own, not older than the call.
    pub(crate) async fn read_each(&self, queries: Vec<Query>) -> Result<Vec<Vec<Row>>, DbError> {
        let selected = self.select(queries, usize::MAX).await?;
        Ok(selected.into_iter().map(|selected| selected.rows).collect())
    }

    /// The rows of one statement whose rows may be large, and whether there are more of them: it
    /// ends with the row that brings texts and blobs above `bytes_max`.
    pub(crate) async fn read_within(
        &self,
        query: Query,
        bytes_max: usize,
    ) -> Result<(Vec<Row>, bool), DbError> {
        let selected = self.select(vec![query], bytes_max).await?.pop();
        Ok(selected.map(|selected| (selected.rows, selected.more)).unwrap_or_default())
    }

    async fn select(
        &self,
        queries: Vec<Query>,
        bytes_max: usize,
    ) -> Result<Vec<Selected>, DbError> {
        let (answer, answered) = oneshot::channel();
        let job = ReadJob { queries, bytes_max, answer };
        self.reads.send(job).await.map_err(|_| stopped("readers"))?;
        answered.await.map_err(|_| stopped("reader"))?
    }
}

fn stopped(who: &str) -> DbError {
    DbError::Unavailable(format!("the {who} stopped"))
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<(), OpenError> {
    let spawned: io::Result<_> = thread::Builder::new().name(name.to_owned()).spawn(run);
    spawned.map(drop).map_err(|e| OpenError::Unusable(e.to_string()))
}
