//! `dossier fsck`: compares rows and bytes, beside a running server or without one.

use std::process::ExitCode;

use dossier_app::{Depth, Finding, FsckReport, Operator, Tide};
use serde_json::{Value, json};

use super::open_store;
use crate::config::{Environment, SettingFlags};
use crate::output::print;

/// Checks that every file has its bytes and that all bytes have a file. Exits 0 when all is sound.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Read every byte and compare it with its seal and its SHA-256, not only names and lengths.
    #[arg(long)]
    contents: bool,
    /// Erase bytes that no file names. Only when the database is surely the newest.
    #[arg(long)]
    erase_unnamed: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: SettingFlags,
}

pub(crate) async fn run(args: &Args, env: &Environment) -> anyhow::Result<ExitCode> {
    let app = open_store(&args.settings, env).await?;
    let erased = if args.erase_unnamed { app.erase_unnamed(Operator).await? } else { 0 };
    let depth = if args.contents { Depth::Contents } else { Depth::Lengths };
    let report = app.fsck(Operator, depth).await?;
    print(&if args.json { as_json(&report, erased) } else { as_text(&report, erased) })?;
    Ok(if report.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What a finding is, and the id it is about.
fn words(finding: &Finding) -> (&'static str, String) {
    match finding {
        Finding::Missing(file) => ("missing", file.to_string()),
        Finding::Damaged(file) => ("damaged", file.to_string()),
        Finding::Unreadable(file) => ("unreadable", file.to_string()),
        Finding::Unnamed(blob) => ("unnamed", blob.to_string()),
    }
}

fn as_json(report: &FsckReport, erased: u64) -> String {
    let findings: Vec<Value> = report
        .findings
        .iter()
        .map(|finding| {
            let (kind, id) = words(finding);
            json!({ "kind": kind, "id": id })
        })
        .collect();
    let object = json!({
        "sound": report.is_sound(),
        "files": report.files,
        "bytes": report.bytes,
        "unnamed_erased": erased,
        "database_knows_storage": report.tide == Tide::InStep,
        "findings_total": report.findings_total,
        "findings": findings,
    });
    format!("{object}\n")
}

fn as_text(report: &FsckReport, erased: u64) -> String {
    let mut text = format!("{} files, {} bytes\n", report.files, report.bytes);
    if erased > 0 {
        text.push_str(&format!("{erased} unnamed blobs erased\n"));
    }
    for finding in &report.findings {
        let (kind, id) = words(finding);
        text.push_str(&format!("{kind} {id}\n"));
    }
    match report.tide {
        Tide::InStep => {}
        Tide::Apart => text.push_str(
            "the database does not know the mark of the storage: it is older than the bytes, or \
             another one; the server erases no unnamed bytes until the newer database is back, or \
             `--erase-unnamed` erases them\n",
        ),
    }
    text.push_str(&match report.findings_total {
        0 if report.is_sound() => "sound\n".to_owned(),
        0 => String::new(),
        n => format!(
            "{n} things are not as they must be: restore what is missing or damaged from a \
             backup; unnamed bytes belong to a newer database, or to nobody\n"
        ),
    });
    text
}
