//! `dossier audit verify|export|checkpoint`: the audit of the store, beside a running server or
//! without one.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use dossier_app::{App, AuditFault, AuditFaultKind, AuditReport, AuditRow, Operator};
use serde_json::{Value, json};

use super::{open_store, open_store_and_config};
use crate::checkpoint;
use crate::config::{Environment, SettingFlags};
use crate::output::print;
use crate::store::Absent;

/// No checkpoint is longer.
const LINE_BYTES_MAX: u64 = 4096;
/// Checkpoints that are held in memory for one pass over the audit: some 30 MB. With one an hour,
/// two years have them.
const CHECKPOINTS_PER_PASS: usize = 20_000;
/// How long a checkpoint is tried to be sent.
const SEND_TIME_MAX: Duration = Duration::from_secs(10);
/// Failed checkpoints that are named one by one; all are counted.
const FAILURES_SHOWN_MAX: usize = 100;

/// Checks, exports and signs the audit.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Computes every chain anew and names the places that are not as they were written. Exits 0
    /// when there are none.
    Verify {
        /// Checkpoints that must still be in the chains: without them a cut end does not show.
        #[arg(long, value_name = "FILE")]
        checkpoints: Option<PathBuf>,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        settings: SettingFlags,
    },
    /// Prints every entry of all clients in the order of their commits, with its place and hash,
    /// one JSON object a line.
    Export {
        #[command(flatten)]
        settings: SettingFlags,
    },
    /// Makes a signed checkpoint of all chains, and keeps it outside the database.
    #[command(group(clap::ArgGroup::new("place").required(true).multiple(true)))]
    Checkpoint {
        /// Append it to this file. Keep it where whoever can write to the database cannot.
        #[arg(long, value_name = "FILE", group = "place")]
        out: Option<PathBuf>,
        /// Send it to DOSSIER_AUDIT_CHECKPOINT_URL, and fail when nobody acknowledges it.
        #[arg(long, group = "place")]
        send: bool,
        #[command(flatten)]
        settings: SettingFlags,
    },
}

pub(crate) async fn run(args: &Args, env: &Environment) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::Verify { checkpoints, json, settings } => {
            let app = open_store(settings, env).await?;
            let report = verify(&app, checkpoints.as_deref()).await?;
            print(&if *json { report.as_json() } else { report.as_text() })?;
            return Ok(if report.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Command::Export { settings } => {
            let app = open_store(settings, env).await?;
            let mut after = None;
            loop {
                let rows = app.export_audit(Operator, after).await?;
                let Some(last) = rows.last() else { break };
                after = Some(last.position);
                print(&rows.iter().map(line).collect::<String>())?;
            }
        }
        Command::Checkpoint { out, send, settings } => {
            let (app, config) = open_store_and_config(Absent::Refuse, settings, env).await?;
            let webhook = config.jobs.audit_checkpoint_webhook.as_ref().filter(|_| *send);
            if *send && webhook.is_none() {
                bail!("there is nowhere to send it: DOSSIER_AUDIT_CHECKPOINT_URL is not given");
            }
            let receiver = webhook.map(checkpoint::receiver).transpose()?;
            let line = app.audit_checkpoint(Operator).await?;
            if let Some(path) = out {
                checkpoint::append(&line, path).await?;
            }
            if let Some(receiver) = receiver {
                let sent = app.send_checkpoint(Operator, &receiver, &line, SEND_TIME_MAX).await;
                sent.context("the checkpoint was not acknowledged")?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What was found.
#[derive(Default)]
struct Report {
    entries: u64,
    faults: Vec<AuditFault>,
    checkpoints: u64,
    checkpoints_failed: u64,
    /// Line and what is wrong with it, of the first that failed.
    failures: Vec<(u64, String)>,
}

/// Reads the audit once for each [`CHECKPOINTS_PER_PASS`], and once without checkpoints.
async fn verify(app: &App, checkpoints: Option<&Path>) -> anyhow::Result<Report> {
    let mut report = Report::default();
    let Some(path) = checkpoints else {
        report.add(app.check_audit(Operator, &[]).await?);
        return Ok(report);
    };
    let shown = path.display();
    let file = File::open(path).with_context(|| format!("cannot open {shown}"))?;
    let mut file = BufReader::new(file);
    loop {
        let lines = std::iter::from_fn(|| next_line(&mut file).transpose());
        let lines: std::io::Result<Vec<_>> = lines.take(CHECKPOINTS_PER_PASS).collect();
        let lines = lines.with_context(|| format!("cannot read {shown}"))?;
        if lines.is_empty() {
            break;
        }
        report.add(app.check_audit(Operator, &lines).await?);
    }
    if report.checkpoints == 0 {
        bail!("{shown} holds no checkpoint");
    }
    Ok(report)
}

/// The next line, cut where no checkpoint goes on.
fn next_line(lines: &mut BufReader<File>) -> std::io::Result<Option<String>> {
    let mut line = Vec::new();
    lines.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(None);
    }
    Ok(Some(String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(&line)).into_owned()))
}

const fn word(kind: AuditFaultKind) -> &'static str {
    match kind {
        AuditFaultKind::Changed => "changed",
        AuditFaultKind::Missing => "missing",
        AuditFaultKind::Unexpected => "unexpected",
        AuditFaultKind::Head => "head",
    }
}

impl Report {
    /// Adds what one pass found. Faults are those of the first pass that found any.
    fn add(&mut self, found: AuditReport) {
        self.entries = found.entries;
        if self.faults.is_empty() {
            self.faults = found.faults;
        }
        for checkpoint in found.checkpoints {
            self.checkpoints += 1;
            let Err(fault) = checkpoint else { continue };
            self.checkpoints_failed += 1;
            if self.failures.len() < FAILURES_SHOWN_MAX {
                self.failures.push((self.checkpoints, fault.to_string()));
            }
        }
    }

    const fn is_sound(&self) -> bool {
        self.faults.is_empty() && self.checkpoints_failed == 0
    }

    fn as_json(&self) -> String {
        let faults = self.faults.iter().map(|AuditFault { place, kind }| {
            json!({ "chain": place.chain, "place": place.place, "kind": word(*kind) })
        });
        let failures = self.failures.iter();
        let failures = failures.map(|(line, reason)| json!({ "line": line, "reason": reason }));
        let object = json!({
            "sound": self.is_sound(),
            "entries": self.entries,
            "faults": faults.collect::<Vec<Value>>(),
            "checkpoints": self.checkpoints,
            "checkpoints_failed": self.checkpoints_failed,
            "checkpoint_failures": failures.collect::<Vec<Value>>(),
        });
        format!("{object}\n")
    }

    fn as_text(&self) -> String {
        let mut text = format!("{} entries are as they were written\n", self.entries);
        for AuditFault { place, kind } in &self.faults {
            let kind = word(*kind);
            text.push_str(&format!("{kind}: chain {}, place {}\n", place.chain, place.place));
        }
        if self.checkpoints > 0 {
            text.push_str(&format!("{} checkpoints\n", self.checkpoints));
        }
        for (line, reason) in &self.failures {
            text.push_str(&format!("checkpoint in line {line}: {reason}\n"));
        }
        text.push_str(if self.is_sound() {
            "sound\n"
        } else {
            "the audit is not as it was written; what stands behind such a place cannot be judged\n"
        });
        text
    }
}

/// The members behind the hash are the lines of an entry's canonical bytes.
fn line(row: &AuditRow) -> String {
    let record = &row.record;
    let object = json!({
        "chain": row.place.chain,
        "place": row.place.place,
        "hash": row.hash.map(|byte| format!("{byte:02x}")).concat(),
        "entry_id": record.entry_id.to_string(),
        "at": record.at.micros(),
        "client_id": record.client_id.to_string(),
        "actor_kind": record.actor_kind,
        "actor_id": record.actor_id.map(|id| id.to_string()),
        "action": record.action,
        "object_kind": record.object_kind,
        "object_id": record.object_id.to_string(),
        "request_id": record.request_id,
    });
    format!("{object}\n")
}
