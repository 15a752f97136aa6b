//! The house rules of the sources. There is no list of exceptions.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use tidy::{Source, functions, sources, workspace_root};

const FUNCTION_LINES_MAX: usize = 70;
const HANDLER_LINES_MAX: usize = 40;
const FILE_LINES_MAX: usize = 400;
const COLUMNS_MAX: usize = 100;
const PARAMETERS_MAX: usize = 5;

/// The permitted arrows between the crates: `from`, then what it may depend on.
const ARROWS: &[(&str, &[&str])] = &[
    ("multipart", &[]),
    ("media", &[]),
    ("seal", &[]),
    ("testkit", &[]),
    ("webhooks", &["seal"]),
    ("domain", &["media"]),
    ("db", &["domain", "seal"]),
    ("blobs", &["domain", "seal"]),
    ("app", &["domain", "db", "blobs", "media", "seal", "webhooks"]),
    ("http", &["app", "domain", "multipart"]),
    ("cli", &["app", "blobs", "db", "domain", "http", "media", "seal", "webhooks"]),
];

/// Libraries that only the named crates may use.
const OWNED: &[(&str, &[&str])] = &[
    ("axum", &["http"]),
    ("hyper", &["http"]),
    ("rusqlite", &["db"]),
    ("ring", &["seal"]),
    ("reqwest", &["cli", "webhooks"]),
];

/// What `app` says to whoever asks: it comes before any caller is known, or concerns none.
const FOR_ANYBODY: &[&str] =
    &["authenticate", "authenticate_client", "limits", "random_id", "readiness"];

fn assert_none(rule: &str, found: Vec<String>) {
    assert!(found.is_empty(), "{rule}:\n  {}", found.join("\n  "));
}

fn each(rule: &str, check: impl Fn(&Source) -> Vec<String>) {
    let all = sources();
    assert!(all.len() > 40, "the sources were not found");
    assert_none(rule, all.iter().flat_map(check).collect());
}

#[test]
fn functions_are_short() {
    each("functions have at most 70 lines", |source| {
        let long = functions(source).into_iter().filter(|f| f.lines > FUNCTION_LINES_MAX);
        long.map(|f| format!("{}:{} {} has {}", source.name, f.line, f.name, f.lines)).collect()
    });
}

#[test]
fn handlers_are_shorter() {
    each("handlers have at most 40 lines", |source| {
        if !source.name.starts_with("crates/http/src/v") {
            return Vec::new();
        }
        let all = functions(source).into_iter();
        let long = all.filter(|f| f.name == "handler" && f.lines > HANDLER_LINES_MAX);
        long.map(|f| format!("{}:{} has {}", source.name, f.line, f.lines)).collect()
    });
}

#[test]
fn functions_take_few_parameters() {
    each("functions take at most 5 parameters", |source| {
        let many = functions(source).into_iter().filter(|f| f.parameters > PARAMETERS_MAX);
        many.map(|f| format!("{}:{} {} takes {}", source.name, f.line, f.name, f.parameters))
            .collect()
    });
}

#[test]
fn no_function_takes_a_bool() {
    each("no function takes a bool", |source| {
        let flagged = functions(source).into_iter().filter(|f| f.takes_bool && !source.is_test);
        flagged.map(|f| format!("{}:{} {}", source.name, f.line, f.name)).collect()
    });
}

#[test]
fn files_are_short() {
    each("files have at most 400 lines without their tests", |source| {
        let lines = source.lines_without_tests();
        let long = !source.is_test && lines > FILE_LINES_MAX;
        long.then(|| format!("{} has {lines}", source.name)).into_iter().collect()
    });
}

#[test]
fn lines_are_narrow() {
    each("lines have at most 100 columns", |source| {
        let wide = source.text.lines().enumerate().filter(|(_, l)| l.chars().count() > COLUMNS_MAX);
        wide.map(|(n, _)| format!("{}:{}", source.name, n + 1)).collect()
    });
}

#[test]
fn nothing_is_left_for_later() {
    let marks = [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["to", "do!("].concat()];
    each("nothing is marked as left for later", |source| {
        let lines = source.text.lines().enumerate();
        let marked = lines.filter(|(_, l)| marks.iter().any(|m| l.contains(m)));
        marked.map(|(n, _)| format!("{}:{}", source.name, n + 1)).collect()
    });
}

#[test]
fn lints_are_expected_with_a_reason_and_never_allowed() {
    let attribute = ["#[", "allow("].concat();
    let inner = ["#![", "allow("].concat();
    each("lints are expected with a reason, never allowed", |source| {
        let lines = source.text.lines().enumerate();
        let allowed = lines.filter(|(_, l)| l.contains(&attribute) || l.contains(&inner));
        allowed.map(|(n, _)| format!("{}:{}", source.name, n + 1)).collect()
    });
}

#[test]
fn statements_number_their_parameters() {
    each("SQL parameters are written ?1, a bare $1 is a named one in SQLite", |source| {
        if !source.name.starts_with("crates/db/src") {
            return Vec::new();
        }
        let lines = source.text.lines().enumerate();
        let dollars = lines.filter(|(_, l)| {
            let mut rest = l.split('$').skip(1);
            rest.any(|after| after.starts_with(|c: char| c.is_ascii_digit()))
        });
        dollars.map(|(n, _)| format!("{}:{}", source.name, n + 1)).collect()
    });
}

#[test]
fn every_source_file_is_named_by_a_mod() {
    each("every source file is named by a mod", |source| {
        let path = Path::new(&source.name);
        let stem = path.file_stem().and_then(|s| s.to_str()).expect("sources have names");
        let dir = path.parent().and_then(|p| p.to_str()).expect("sources lie in folders");
        let is_root = matches!(stem, "lib" | "main" | "build") || !dir.contains("/src");
        if is_root || source.is_named_by_a_mod() {
            return Vec::new();
        }
        vec![source.name.clone()]
    });
}

#[test]
fn crates_depend_on_each_other_one_way() {
    let mut wrong = Vec::new();
    for (name, manifest) in manifests() {
        let allowed = ARROWS.iter().find(|(n, _)| *n == name).map(|(_, to)| *to);
        let Some(allowed) = allowed else {
            wrong.push(format!("{name} has no row in the table of arrows"));
            continue;
        };
        for dependency in dependencies(&manifest) {
            if let Some(to) = dependency.strip_prefix("dossier-")
                && !allowed.contains(&to)
            {
                wrong.push(format!("{name} → {to}"));
            }
            let owners = OWNED.iter().find(|(library, _)| *library == dependency);
            if owners.is_some_and(|(_, crates)| !crates.contains(&name.as_str())) {
                wrong.push(format!("{name} names {dependency}"));
            }
        }
    }
    assert_none("arrows go one way", wrong);
}

#[test]
fn pure_crates_never_wait() {
    each("domain, multipart, media and seal have no async", |source| {
        let pure = ["domain", "multipart", "media", "seal"];
        if source.is_test || !pure.iter().any(|p| source.name.starts_with(&format!("crates/{p}/")))
        {
            return Vec::new();
        }
        let lines = source.text.lines().enumerate();
        let waits = lines.filter(|(_, l)| l.contains("async fn") || l.contains(".await"));
        waits.map(|(n, _)| format!("{}:{}", source.name, n + 1)).collect()
    });
}

#[test]
fn every_use_case_asks_for_a_permit() {
    // What was opened with a permit is a proof of it.
    let proofs = [": Permit<", ": Operator", ": &Contents", ": &ProvenClient"];
    each("the first parameter of a use case is a Permit or the Operator", |source| {
        if source.is_test || !source.name.starts_with("crates/app/src/") {
            return Vec::new();
        }
        let use_cases = functions(source).into_iter().filter(|f| {
            let on_app = f.block.as_deref() == Some("impl App {");
            on_app && f.is_public_method && !FOR_ANYBODY.contains(&f.name.as_str())
        });
        let open = use_cases.filter(|f| {
            let first = f.first_parameter.clone().unwrap_or_default();
            !proofs.iter().any(|proof| first.contains(proof))
        });
        open.map(|f| format!("{}:{} {}", source.name, f.line, f.name)).collect()
    });
}

#[test]
fn every_method_of_db_and_blobs_is_called_by_its_contract_suite() {
    for name in ["db", "blobs"] {
        let suite = contract_suite(name);
        let here = format!("crates/{name}/src/");
        let ours = sources().into_iter().filter(|s| s.name.starts_with(&here) && !s.is_test);
        let missing = ours
            .flat_map(|s| functions(&s).into_iter().map(move |f| (s.name.clone(), f)))
            .filter(|(_, f)| f.is_public_method && !suite.contains(&format!("{}(", f.name)))
            .map(|(file, f)| format!("{file}:{} {}", f.line, f.name))
            .collect();
        assert_none("the contract suite calls every public method", missing);
    }
}

#[test]
fn every_engine_has_the_same_migrations() {
    let root = workspace_root().join("crates/db/migrations");
    let mut names: BTreeMap<PathBuf, Vec<String>> = BTreeMap::new();
    for engine in fs::read_dir(&root).expect("there is a folder of migrations") {
        let engine = engine.expect("the folder can be read").path();
        let files = fs::read_dir(&engine).expect("an engine is a folder");
        let mut list: Vec<_> = files
            .map(|f| f.expect("the folder can be read").file_name().to_string_lossy().into_owned())
            .collect();
        list.sort();
        names.insert(engine, list);
    }
    let first = names.values().next().expect("there is an engine").clone();
    assert!(!first.is_empty(), "there is a migration");
    assert!(names.values().all(|list| *list == first), "{names:?}");
}

fn contract_suite(name: &str) -> String {
    let tests = workspace_root().join(format!("crates/{name}/tests"));
    let mut text = String::new();
    let mut folders = vec![tests];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("there is a contract suite") {
            let path = entry.expect("the folder can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                text.push_str(&fs::read_to_string(&path).expect("sources are text"));
            }
        }
    }
    text
}

fn manifests() -> Vec<(String, String)> {
    let crates = fs::read_dir(workspace_root().join("crates")).expect("there are crates");
    let mut all: Vec<_> = crates
        .map(|c| {
            let path = c.expect("the folder can be read").path();
            let name = path.file_name().expect("crates have names").to_string_lossy().into_owned();
            (name, fs::read_to_string(path.join("Cargo.toml")).expect("crates have manifests"))
        })
        .collect();
    all.sort();
    all
}

/// The names under `[dependencies]`; what tests use is their own business.
fn dependencies(manifest: &str) -> Vec<String> {
    let section = manifest.split("\n[").find(|s| s.starts_with("dependencies]"));
    let lines = section.unwrap_or_default().lines().skip(1);
    lines
        .filter_map(|l| l.split(['.', '=', ' ']).next())
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .map(str::to_owned)
        .collect()
}
