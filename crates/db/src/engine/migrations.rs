//! The schema: versions in order, those that are missing applied and written down in one
//! transaction, so that nobody meets a schema between two versions.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::Role;
use crate::error::OpenError;

/// Tells one database from another; copies have the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity(Vec<u8>);

/// One step of the schema. Its number is its place in [`MIGRATIONS`], counted from 1.
struct Migration {
    name: &'static str,
    sql: &'static str,
}

const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "0001_files_keys_and_marks",
        sql: include_str!("../../migrations/sqlite/0001_files_keys_and_marks.sql"),
    },
    Migration { name: "0002_oauth", sql: include_str!("../../migrations/sqlite/0002_oauth.sql") },
    Migration { name: "0003_users", sql: include_str!("../../migrations/sqlite/0003_users.sql") },
    Migration { name: "0004_events", sql: include_str!("../../migrations/sqlite/0004_events.sql") },
    Migration { name: "0005_audit", sql: include_str!("../../migrations/sqlite/0005_audit.sql") },
    Migration {
        name: "0006_webhooks",
        sql: include_str!("../../migrations/sqlite/0006_webhooks.sql"),
    },
];

/// The nonce of the first version tells one database from another.
const CREATE_VERSIONS: &str = "create table if not exists schema_versions \
    (version integer not null primary key, name text not null, \
    nonce blob not null default (randomblob(16))) strict";
const SELECT_IDENTITY: &str = "select nonce from schema_versions where version = 1";
const SELECT_HAS_VERSIONS: &str =
    "select count(*) from sqlite_schema where type = 'table' and name = 'schema_versions'";
const SELECT_VERSION: &str = "select coalesce(max(version), 0) from schema_versions";
const SELECT_NAME: &str = "select name from schema_versions where version = ?1";
const INSERT_VERSION: &str = "insert into schema_versions (version, name) values (?1, ?2)";

/// Brings the schema up to date. A tool does so only in a database that nobody has used yet.
pub(super) fn apply(connection: &Connection, role: Role) -> Result<(), OpenError> {
    apply_all(connection, role, MIGRATIONS)
}

/// The statements that make the whole schema.
#[cfg(test)]
pub(crate) fn schema() -> String {
    MIGRATIONS.iter().map(|migration| migration.sql).collect()
}

/// Checks that the schema is exactly the one this program knows.
pub(super) fn check(connection: &Connection) -> Result<(), OpenError> {
    let (found, known) = (current_version(connection)?, number(MIGRATIONS.len())?);
    if found > known {
        return Err(OpenError::SchemaNewer { found, known });
    }
    check_names(connection, found, MIGRATIONS)?;
    if found < known {
        return Err(OpenError::SchemaOlder { found, known });
    }
    Ok(())
}

/// What only this database and copies of it have.
pub(super) fn identity(connection: &Connection) -> Result<Identity, OpenError> {
    connection.query_row(SELECT_IDENTITY, [], |row| row.get(0)).map(Identity).map_err(unusable)
}

fn apply_all(connection: &Connection, role: Role, all: &[Migration]) -> Result<(), OpenError> {
    let known = number(all.len())?;
    let found = current_version(connection)?;
    if found > known {
        return Err(OpenError::SchemaNewer { found, known });
    }
    if role == Role::Tool && found > 0 && found < known {
        return Err(OpenError::SchemaOlder { found, known });
    }
    check_names(connection, found, all)?;
    if found == known { Ok(()) } else { apply_missing(connection, all).map_err(unusable) }
}

/// Checks that the steps a database has taken, up to version `found`, are the ones this program
/// knows: a build from before the first release took others.
fn check_names(connection: &Connection, found: u32, all: &[Migration]) -> Result<(), OpenError> {
    for (version, migration) in (1..=found).zip(all) {
        let name = connection.query_row(SELECT_NAME, [version], |row| row.get::<_, String>(0));
        let name = name.map_err(unusable)?;
        if name != migration.name {
            return Err(OpenError::SchemaStrange { version, name });
        }
    }
    Ok(())
}

/// Applies what is missing, which another process may have done since the version was read.
fn apply_missing(connection: &Connection, all: &[Migration]) -> rusqlite::Result<()> {
    let behavior = TransactionBehavior::Immediate;
    let transaction = Transaction::new_unchecked(connection, behavior)?;
    transaction.execute_batch(CREATE_VERSIONS)?;
    let found: u32 = transaction.query_row(SELECT_VERSION, [], |row| row.get(0))?;
    for (version, migration) in (1..).zip(all).filter(|(version, _)| *version > found) {
        transaction.execute_batch(migration.sql)?;
        transaction.execute(INSERT_VERSION, (version, migration.name))?;
    }
    transaction.commit()
}

fn current_version(connection: &Connection) -> Result<u32, OpenError> {
    let count = |sql| connection.query_row(sql, [], |row| row.get::<_, u32>(0)).map_err(unusable);
    if count(SELECT_HAS_VERSIONS)? == 0 {
        return Ok(0);
    }
    count(SELECT_VERSION)
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in for the error it is given")]
fn unusable(error: rusqlite::Error) -> OpenError {
    OpenError::Unusable(error.to_string())
}

fn number(count: usize) -> Result<u32, OpenError> {
    u32::try_from(count).map_err(|e| OpenError::Unusable(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Migration = Migration { name: "0001_a", sql: "create table a (x integer);" };
    const TORN: Migration =
        Migration { name: "0002_b", sql: "create table b (x integer); insert into nowhere;" };
    const MENDED: Migration = Migration { name: "0002_b", sql: "create table b (x integer);" };

    fn tables(connection: &Connection) -> Vec<String> {
        let sql = "select name from sqlite_schema where type = 'table' order by name";
        let mut statement = connection.prepare(sql).unwrap();
        let names = statement.query_map([], |row| row.get(0)).unwrap();
        names.map(Result::unwrap).collect()
    }

    #[test]
    fn a_migration_that_fails_half_way_leaves_nothing_of_itself() {
        let connection = Connection::open_in_memory().unwrap();
        let torn = apply_all(&connection, Role::Server, &[GOOD, TORN]);
        assert!(matches!(torn, Err(OpenError::Unusable(_))));
        assert_eq!(tables(&connection), Vec::<String>::new());
        apply_all(&connection, Role::Server, &[GOOD]).unwrap();
        let torn = apply_all(&connection, Role::Server, &[GOOD, TORN]);
        assert!(matches!(torn, Err(OpenError::Unusable(_))));
        assert_eq!(tables(&connection), ["a", "schema_versions"]);
        apply_all(&connection, Role::Server, &[GOOD, MENDED]).unwrap();
        assert_eq!(tables(&connection), ["a", "b", "schema_versions"]);
        assert_eq!(current_version(&connection), Ok(2));
    }

    #[test]
    fn a_process_killed_inside_a_migration_leaves_the_old_schema() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db.sqlite");
        let killed = Connection::open(&path).unwrap();
        apply_all(&killed, Role::Server, &[GOOD]).unwrap();
        killed.execute_batch("begin immediate; create table b (x integer);").unwrap();
        drop(killed);
        let connection = Connection::open(&path).unwrap();
        assert_eq!(tables(&connection), ["a", "schema_versions"]);
        apply_all(&connection, Role::Server, &[GOOD, MENDED]).unwrap();
        assert_eq!(current_version(&connection), Ok(2));
    }

    #[test]
    fn applying_again_changes_nothing() {
        let connection = Connection::open_in_memory().unwrap();
        for _ in 0..3 {
            apply(&connection, Role::Server).unwrap();
        }
        check(&connection).unwrap();
    }

    #[test]
    fn a_newer_schema_is_refused_by_everybody_and_an_older_one_by_tools() {
        let connection = Connection::open_in_memory().unwrap();
        apply_all(&connection, Role::Server, &[GOOD, MENDED]).unwrap();
        for role in [Role::Server, Role::Tool] {
            let refused = apply_all(&connection, role, &[GOOD]);
            assert_eq!(refused, Err(OpenError::SchemaNewer { found: 2, known: 1 }));
        }
        let third = Migration { name: "0003_c", sql: "create table c (x integer);" };
        let older = apply_all(&connection, Role::Tool, &[GOOD, MENDED, third]);
        assert_eq!(older, Err(OpenError::SchemaOlder { found: 2, known: 3 }));
        assert_eq!(tables(&connection), ["a", "b", "schema_versions"]);
    }

    #[test]
    fn a_database_that_took_another_step_of_that_number_is_refused_by_everybody() {
        let connection = Connection::open_in_memory().unwrap();
        let other = Migration { name: "0001_other", ..GOOD };
        apply_all(&connection, Role::Server, &[other]).unwrap();
        let strange = Err(OpenError::SchemaStrange { version: 1, name: "0001_other".to_owned() });
        for role in [Role::Server, Role::Tool] {
            assert_eq!(apply_all(&connection, role, &[GOOD]), strange);
        }
        assert_eq!(apply_all(&connection, Role::Server, &[GOOD, MENDED]), strange);
        assert_eq!(tables(&connection), ["a", "schema_versions"]);
        assert!(matches!(check(&connection), Err(OpenError::SchemaStrange { .. })));
    }

    #[test]
    fn numbers_and_names_of_the_migrations_agree() {
        for (version, migration) in (1..).zip(MIGRATIONS) {
            assert_eq!(migration.name.split('_').next(), Some(&*format!("{version:04}")));
        }
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite");
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), MIGRATIONS.len());
    }
}
