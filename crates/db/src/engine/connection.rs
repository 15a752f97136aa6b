//! One connection: how it is opened, and when it is opened anew.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, FileControl, OpenFlags};

use super::migrations::Identity;
use super::{Role, function, migrations};
use crate::error::{DbError, OpenError};

/// More than there are statements in this crate, so that none is prepared twice.
const STATEMENTS_MAX: usize = 256;
/// How long to sleep before a lock is tried again. The holder needs about one disk sync.
const LOCK_RETRY: Duration = Duration::from_micros(500);

/// Settings of every connection; none of them but the journal mode is kept in the file.
/// `secure_delete` overwrites what a deleted row leaves in its page. The log is cut back to 64 MiB
/// after an unusual growth, and checkpoints every 16 MiB, since a checkpoint costs two syncs.
const PRAGMAS: &str = "\
    pragma synchronous = full;\
    pragma foreign_keys = on;\
    pragma secure_delete = on;\
    pragma trusted_schema = off;\
    pragma temp_store = memory;\
    pragma wal_autocheckpoint = 4000;\
    pragma journal_size_limit = 67108864;";
const WRITER_PRAGMAS: &str = "pragma cache_size = -16384;";
const READER_PRAGMAS: &str = "pragma cache_size = -4096; pragma query_only = on;";

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

/// A place for one connection, which is opened when it is needed and closed when it is broken.
#[derive(Debug)]
pub(super) struct Slot {
    path: PathBuf,
    access: Access,
    lock_wait_max: Duration,
    /// The database that this process began with.
    identity: Arc<OnceLock<Identity>>,
    connection: Option<Connection>,
}

impl Slot {
    /// All slots of one process share the `identity`.
    pub(super) const fn new(
        path: PathBuf,
        access: Access,
        lock_wait_max: Duration,
        identity: Arc<OnceLock<Identity>>,
    ) -> Self {
        Self { path, access, lock_wait_max, identity, connection: None }
    }

    /// Opens the first connection of the program and brings the schema up to date.
    pub(super) fn open_first(&mut self, role: Role) -> Result<(), OpenError> {
        let unusable = |e: rusqlite::Error| OpenError::Unusable(e.to_string());
        let connection = self.open().map_err(unusable)?;
        let mode = self.start_log(&connection).map_err(unusable)?;
        if mode != "wal" {
            return Err(OpenError::Unusable(format!("journal mode {mode} instead of wal")));
        }
        migrations::apply(&connection, role)?;
        self.is_the_same(&connection)?;
        self.connection = Some(connection);
        Ok(())
    }

    /// The connection. Opens it anew when the last one was given up, or when the file it held is
    /// no longer the one at the path: rows written to a replaced file would be lost.
    pub(super) fn get(&mut self) -> Result<&Connection, DbError> {
        if self.connection.as_ref().is_some_and(has_moved) {
            tracing::warn!("the database file was moved or replaced");
            self.connection = None;
        }
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let connection = self.open().map_err(|e| Fault::of(&e).unchanged())?;
                let checked =
                    migrations::check(&connection).and_then(|()| self.is_the_same(&connection));
                checked.map_err(|e| DbError::Unavailable(e.to_string()))?;
                connection
            }
        };
        Ok(self.connection.insert(connection))
    }

    /// Refuses another database than the first: it knows nothing of our clients, and "not found"
    /// would be a wrong answer.
    fn is_the_same(&self, connection: &Connection) -> Result<(), OpenError> {
        let found = migrations::identity(connection)?;
        if *self.identity.get_or_init(|| found.clone()) == found {
            return Ok(());
        }
        Err(OpenError::Unusable("another database lies in the place of ours".to_owned()))
    }

    /// Closes the connection; the next use opens a new one.
    pub(super) fn give_up(&mut self) {
        tracing::warn!("a database connection is given up after an error");
        self.connection = None;
    }

    /// Switches to the write-ahead log. While another process does the same, SQLite answers
    /// "locked" without asking the busy handler.
    fn start_log(&self, connection: &Connection) -> rusqlite::Result<String> {
        let since = Instant::now();
        loop {
            let mode = connection.query_row("pragma journal_mode = wal", [], |row| row.get(0));
            match mode {
                Err(e) if is_locked(&e) && since.elapsed() < self.lock_wait_max => {
                    thread::sleep(LOCK_RETRY);
                }
                answered => return answered,
            }
        }
    }

    fn open(&self) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(&self.path, flags)?;
        let lock_wait_max = self.lock_wait_max;
        let mut since = Instant::now();
        connection.busy_handler(Some(move |tries| {
            if tries == 0 {
                since = Instant::now();
            }
            let wait = since.elapsed() < lock_wait_max;
            if wait {
                thread::sleep(LOCK_RETRY);
            }
            wait
        }))?;
        connection.execute_batch(PRAGMAS)?;
        connection.execute_batch(match self.access {
            Access::Read => READER_PRAGMAS,
            Access::Write => WRITER_PRAGMAS,
        })?;
        // Else a statement is prepared anew for every value of a bound of a list.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        function::register(&connection)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        Ok(connection)
    }
}

/// What an error of SQLite means for the connection and for the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Somebody else holds the lock.
    Locked(String),
    /// No room.
    Full,
    /// The file or the system failed: the connection is not to be used again.
    Failed(String),
    /// The statement is wrong, or breaks a constraint.
    Refused(String),
}

impl Fault {
    pub(super) fn of(error: &rusqlite::Error) -> Self {
        let text = error.to_string();
        let Some(code) = error.sqlite_error_code() else { return Self::Refused(text) };
        if matches!(code, ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) {
            Self::Locked(text)
        } else if code == ErrorCode::DiskFull {
            Self::Full
        } else if matches!(
            code,
            ErrorCode::ConstraintViolation
                | ErrorCode::TypeMismatch
                | ErrorCode::TooBig
                | ErrorCode::ApiMisuse
                | ErrorCode::ParameterOutOfRange
                | ErrorCode::Unknown
        ) {
            Self::Refused(text)
        } else {
            Self::Failed(text)
        }
    }

    /// The error for a caller whose batch is known to have changed nothing.
    pub(super) fn unchanged(&self) -> DbError {
        match self {
            Self::Locked(text) | Self::Failed(text) => DbError::Unavailable(text.clone()),
            Self::Full => DbError::Full,
            Self::Refused(text) => DbError::Broken(text.clone()),
        }
    }
}

/// Makes the database file if it is missing, readable by its owner alone. SQLite gives the files
/// beside it the same mode.
pub(super) fn create_file(path: &Path) -> Result<(), OpenError> {
    let unusable =
        |e: io::Error| OpenError::Folder { path: path.to_owned(), reason: e.to_string() };
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(file) => {
            file.sync_all().map_err(unusable)?;
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = File::open(folder.unwrap_or(Path::new("."))).map_err(unusable)?;
            folder.sync_all().map_err(unusable)
        }
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(unusable(e)),
    }
}

fn is_locked(error: &rusqlite::Error) -> bool {
    matches!(Fault::of(error), Fault::Locked(_))
}

fn has_moved(connection: &Connection) -> bool {
    let mut moved = 0;
    let asked = connection.file_control(None::<&str>, FileControl::HasMoved(&mut moved));
    asked.is_err() || moved != 0
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use rusqlite::StatementStatus;

    use super::*;

    fn pragma(connection: &Connection, name: &str) -> String {
        let value = |row: &rusqlite::Row<'_>| row.get::<_, rusqlite::types::Value>(0);
        format!("{:?}", connection.query_row(&format!("pragma {name}"), [], value).unwrap())
    }

    #[test]
    fn every_connection_syncs_each_commit_and_overwrites_what_it_deletes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db.sqlite");
        create_file(&path).unwrap();
        for access in [Access::Write, Access::Read] {
            let mut slot = Slot::new(path.clone(), access, Duration::ZERO, Arc::default());
            if access == Access::Write {
                slot.open_first(Role::Server).unwrap();
            }
            let connection = slot.get().unwrap();
            assert_eq!(pragma(connection, "journal_mode"), "Text(\"wal\")");
            assert_eq!(pragma(connection, "synchronous"), "Integer(2)");
            assert_eq!(pragma(connection, "foreign_keys"), "Integer(1)");
            assert_eq!(pragma(connection, "secure_delete"), "Integer(1)");
            assert_eq!(
                pragma(connection, "query_only"),
                if access == Access::Read { "Integer(1)" } else { "Integer(0)" }
            );
        }
        let names = std::fs::read_dir(folder.path()).unwrap();
        for file in names.map(|entry| entry.unwrap().path()) {
            let mode = file.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}", file.display());
        }
    }

    #[test]
    fn a_statement_is_prepared_once_whatever_its_bounds_are() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db.sqlite");
        create_file(&path).unwrap();
        let mut slot = Slot::new(path, Access::Write, Duration::ZERO, Arc::default());
        slot.open_first(Role::Server).unwrap();
        let connection = slot.get().unwrap();
        for sql in crate::user_list::STATEMENTS.iter().flatten() {
            let mut statement = connection.prepare(sql).unwrap();
            for value in [0_i64, 1, 0] {
                for parameter in 1..=statement.parameter_count() {
                    statement.raw_bind_parameter(parameter, value).unwrap();
                }
                assert!(statement.raw_query().next().unwrap().is_none());
            }
            assert_eq!(statement.get_status(StatementStatus::RePrepare), 0, "{sql}");
        }
    }

    #[test]
    fn a_file_that_was_replaced_is_opened_anew_and_a_missing_one_is_not_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db.sqlite");
        create_file(&path).unwrap();
        let mut slot = Slot::new(path.clone(), Access::Write, Duration::ZERO, Arc::default());
        slot.open_first(Role::Server).unwrap();
        std::fs::rename(&path, folder.path().join("aside")).unwrap();
        assert!(matches!(slot.get(), Err(DbError::Unavailable(_))));
        assert!(!path.exists());
        std::fs::rename(folder.path().join("aside"), &path).unwrap();
        slot.get().unwrap();
    }
}
