//! `dossier jobs list|retry`: the queue, on the store itself.

use std::process::ExitCode;

use anyhow::bail;
use clap::Subcommand;
use dossier_app::{App, Job, OpenJobs, Operator};
use dossier_domain::JobId;
use serde_json::json;

use super::open_store;
use crate::config::{Environment, SettingFlags};
use crate::output::print;

/// Lists what waits in the queue and what was given up, and asks for it again.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Lists jobs that are not done, oldest first.
    List {
        /// Only those that were given up.
        #[arg(long)]
        parked: bool,
        /// Print one JSON object a line.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        settings: SettingFlags,
    },
    /// Lets the server do jobs again, and prints how many.
    Retry {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        settings: SettingFlags,
    },
}

/// Which jobs: one, or all that were given up.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// The job's id, from `dossier jobs list`.
    id: Option<JobId>,
    /// All that were given up.
    #[arg(long)]
    parked: bool,
}

pub(crate) async fn run(args: &Args, env: &Environment) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::List { parked, json, settings } => {
            let app = open_store(settings, env).await?;
            let which = if *parked { OpenJobs::Parked } else { OpenJobs::All };
            let line = if *json { line_json } else { line };
            let mut after = None;
            loop {
                let page = app.list_jobs(Operator, which, after).await?;
                print(&page.jobs.iter().map(line).collect::<String>())?;
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        Command::Retry { which, settings } => {
            let app = open_store(settings, env).await?;
            let retried = match which.id {
                Some(id) => retry_one(&app, id).await?,
                None => retry_parked(&app).await?,
            };
            print(&format!("{retried}\n"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn retry_one(app: &App, id: JobId) -> anyhow::Result<u64> {
    if !app.retry_job(Operator, id).await? {
        bail!("there is no such job; `dossier jobs list` lists them");
    }
    Ok(1)
}

async fn retry_parked(app: &App) -> anyhow::Result<u64> {
    let (mut retried, mut after) = (0, None);
    loop {
        let page = app.list_jobs(Operator, OpenJobs::Parked, after).await?;
        for job in &page.jobs {
            retried += u64::from(app.retry_job(Operator, job.id).await?);
        }
        after = page.next;
        if after.is_none() {
            return Ok(retried);
        }
    }
}

fn line(job: &Job) -> String {
    let outcome = job.outcome.as_deref().unwrap_or("-");
    format!(
        "{}\t{}\t{}\t{}\t{}\t{} attempts\tnext {}\t{outcome}\n",
        job.id, job.kind, job.endpoint_id, job.event_id, job.state, job.attempts, job.next_at
    )
}

fn line_json(job: &Job) -> String {
    let object = json!({
        "id": job.id.to_string(),
        "kind": job.kind,
        "client_id": job.client_id.to_string(),
        "endpoint_id": job.endpoint_id.to_string(),
        "event_id": job.event_id.to_string(),
        "state": job.state,
        "attempts": job.attempts,
        "queued_at": job.queued_at.to_string(),
        "next_at": job.next_at.to_string(),
        "outcome": job.outcome,
    });
    format!("{object}\n")
}
