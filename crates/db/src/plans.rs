//! Tests over every statement of the crate: how it finds its rows, and how it is written.

use std::path::Path;

use rusqlite::Connection;

use crate::engine::{function, migrations::schema};
use crate::{
    audit, audit_chain, audit_list, client, client_secret, endpoint, erasure, event, file,
    file_list, idempotency, job, job_list, key, policy, probe, root, service_secret, sweep, tide,
    token, upload, user, user_list, user_write, verification_change,
};

fn migrated() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    function::register(&connection).unwrap();
    connection.execute_batch(&schema()).unwrap();
    connection
}

fn statements() -> Vec<&'static str> {
    let simple = [
        audit::STATEMENTS,
        audit_chain::STATEMENTS,
        audit_list::STATEMENTS,
        client::STATEMENTS,
        client_secret::STATEMENTS,
        endpoint::STATEMENTS,
        erasure::STATEMENTS,
        event::STATEMENTS,
        file::STATEMENTS,
        idempotency::STATEMENTS,
        job::STATEMENTS,
        job_list::STATEMENTS,
        key::STATEMENTS,
        policy::STATEMENTS,
        probe::STATEMENTS,
        root::STATEMENTS,
        service_secret::STATEMENTS,
        sweep::STATEMENTS,
        tide::STATEMENTS,
        token::STATEMENTS,
        upload::STATEMENTS,
        user::STATEMENTS,
        user_write::STATEMENTS,
        verification_change::STATEMENTS,
    ];
    let lists = file_list::STATEMENTS.iter().chain(user_list::STATEMENTS).flatten();
    simple.into_iter().flatten().chain(lists).copied().collect()
}

fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(&format!("explain query plan {sql}")).unwrap();
    // Nothing is bound: plans are made for any parameters, and explaining reads none.
    let mut rows = statement.raw_query();
    let mut plan = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        plan.push(row.get::<_, String>("detail").unwrap());
    }
    plan
}

#[test]
fn every_statement_finds_its_rows_by_an_index_in_their_order() {
    let connection = migrated();
    for sql in statements() {
        let plan = plan(&connection, sql);
        for line in &plan {
            // These are a handful and are read whole.
            let few =
                ["SCAN audit_chains", "SCAN CONSTANT ROW", "SCAN root_versions", "SCAN tide_marks"];
            let whole = line.starts_with("SCAN") && !few.iter().any(|few| line.starts_with(few));
            let sorted = line.contains("TEMP B-TREE");
            assert!(!whole && !sorted, "{sql}\n{plan:#?}");
        }
    }
}

/// The tests of this file see what is named in a `STATEMENTS`, and in no other way.
#[test]
fn no_statement_escapes_these_tests() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let (code, tested) = text.split_once("const STATEMENTS:").unwrap_or((&text, ""));
        let (tested, _) = tested.split_once("];").unwrap_or((tested, ""));
        let constants = code.lines().filter_map(|line| line.trim_start().strip_prefix("const "));
        for (constant, kind) in constants.filter_map(|line| line.split_once(": ")) {
            if kind.starts_with("&str =") || kind.starts_with("[&str; 2] =") {
                let names = tested.split(|c: char| !c.is_ascii_uppercase() && c != '_');
                assert!(names.into_iter().any(|n| n == constant), "{constant} of {name}");
                assert!(
                    include_str!("plans.rs").contains(&format!("{name}::STATEMENTS")),
                    "{name}"
                );
            }
        }
    }
}

#[test]
fn every_list_of_files_uses_the_index_of_its_filter() {
    let connection = migrated();
    let indexes = [
        "files_by_client (client_id=? AND file_id>? AND file_id<?)",
        "files_by_purpose (client_id=? AND purpose=? AND file_id>? AND file_id<?)",
        "files_by_client (client_id=? AND file_id>? AND file_id<?)",
        "files_not_ready (client_id=? AND status=? AND file_id>? AND file_id<?)",
        "files_by_purpose (client_id=? AND purpose=? AND file_id>? AND file_id<?)",
        "files_not_ready (client_id=? AND status=? AND file_id>? AND file_id<?)",
        "files_by_user (client_id=? AND user_id=? AND file_id>? AND file_id<?)",
    ];
    for (list, index) in file_list::STATEMENTS.iter().zip(indexes) {
        for sql in list {
            let plan = plan(&connection, sql);
            assert_eq!(plan, [format!("SEARCH files USING INDEX {index}")], "{sql}");
        }
    }
}

#[test]
fn every_list_of_users_uses_the_index_of_its_filter() {
    let connection = migrated();
    let indexes = [
        "sqlite_autoindex_users_1 (client_id=? AND user_id>? AND user_id<?)",
        "users_by_verified (client_id=? AND verified=? AND user_id>? AND user_id<?)",
        "sqlite_autoindex_users_1 (client_id=? AND user_id>? AND user_id<?)",
        "users_inactive (client_id=? AND user_id>? AND user_id<?)",
        "users_by_verified (client_id=? AND verified=? AND user_id>? AND user_id<?)",
        "users_inactive (client_id=? AND user_id>? AND user_id<?)",
        "sqlite_autoindex_users_1 (client_id=? AND user_id=?)",
    ];
    for (list, index) in user_list::STATEMENTS.iter().zip(indexes) {
        for sql in list {
            let plan = plan(&connection, sql);
            let want = format!("SEARCH users USING INDEX {index}");
            assert_eq!(plan.first(), Some(&want), "{sql}");
        }
    }
}

#[test]
fn every_list_of_the_audit_uses_the_index_of_its_filter() {
    let connection = migrated();
    let by_client = "audit_by_client (client_id=? AND entry_id>? AND entry_id<?)";
    let by_object = "audit_by_object (object_id=? AND entry_id>? AND entry_id<?)";
    let indexes = [by_client, by_client, by_object, by_object];
    for (sql, index) in audit_list::STATEMENTS.iter().zip(indexes) {
        let want = format!("SEARCH audit_entries USING INDEX {index}");
        assert_eq!(plan(&connection, sql), [want], "{sql}");
    }
}

/// Each is known by its `from`.
#[test]
fn every_list_without_filters_uses_an_index() {
    let connection = migrated();
    let lists = [
        (
            "from (select position as opening from events where",
            "events USING INDEX events_opening (client_id=? AND rowid>?)",
        ),
        (
            "from verification_changes where",
            "verification_changes USING PRIMARY KEY (user_id=? AND revision<?)",
        ),
        ("from jobs where state <> 'done' and job_id", "jobs USING INDEX jobs_open (job_id>?)"),
        ("from jobs where state <> 'done' and state", "jobs USING INDEX jobs_open (job_id>?)"),
        (
            "from webhook_endpoints where client_id = ?1 order",
            "webhook_endpoints USING INDEX webhook_endpoints_by_client (client_id=?)",
        ),
        (
            "from webhook_endpoints where endpoint_id > ?1 order",
            "webhook_endpoints USING PRIMARY KEY (endpoint_id>?)",
        ),
        ("from clients where client_id >", "clients USING PRIMARY KEY (client_id>?)"),
        (
            "from client_secrets where client_id = ?1 and secret_id",
            "client_secrets USING INDEX client_secrets_by_client (client_id=? AND secret_id>?)",
        ),
        (
            "from api_keys k join clients c on c.client_id = k.client_id where k.key_id",
            "k USING PRIMARY KEY (key_id>?)",
        ),
        (
            "from erasures where erased_at is null",
            "erasures USING INDEX erasures_unfinished (blob_id>?)",
        ),
        (
            "from audit_entries where position >=",
            "audit_entries USING INTEGER PRIMARY KEY (rowid>?)",
        ),
    ];
    for (from, index) in lists {
        let all = statements();
        let mut named = all.iter().filter(|sql| sql.contains(from) && sql.contains(" order by "));
        let (sql, none) = (named.next().expect(from), named.next());
        assert_eq!(none, None, "{from}");
        assert_eq!(plan(&connection, sql).first(), Some(&format!("SEARCH {index}")), "{sql}");
    }
}

#[test]
fn parameters_are_numbered_with_question_marks_and_none_is_left_out() {
    let connection = migrated();
    for sql in statements() {
        assert!(!sql.contains(['$', ':', '@']), "{sql}");
        assert!(!sql.contains("? ") && !sql.contains("?,") && !sql.contains("?)"), "{sql}");
        let count = connection.prepare(sql).unwrap().parameter_count();
        for number in 1..=count {
            assert!(sql.contains(&format!("?{number}")), "?{number} of {sql}");
        }
    }
}
