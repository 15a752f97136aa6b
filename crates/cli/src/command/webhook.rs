//! `dossier webhook list|test|replay`: webhook endpoints of all clients, on the store itself.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;
use dossier_app::{Operator, OwnedEndpoint, Replay};
use dossier_domain::{EndpointId, EventId, Timestamp};
use serde_json::json;

use super::open_store;
use crate::client::printable;
use crate::config::{Environment, SettingFlags};
use crate::output::print;

/// Lists webhook endpoints, tries one out, and sends webhooks again.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Lists the endpoints of all clients, without their secrets.
    List {
        /// Print one JSON object a line.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        settings: SettingFlags,
    },
    /// Sends an endpoint a test, once and now. Exits 0 when it acknowledges.
    Test {
        /// The endpoint's id, from `dossier webhook list`.
        id: EndpointId,
        #[command(flatten)]
        settings: SettingFlags,
    },
    /// Lets the server send webhooks of an endpoint again, and prints how many.
    Replay {
        /// The endpoint's id, from `dossier webhook list`.
        id: EndpointId,
        #[command(flatten)]
        what: What,
        #[command(flatten)]
        settings: SettingFlags,
    },
}

/// What to send again: exactly one of the two.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct What {
    /// One event, whatever became of it: the `webhook-id` that its receiver saw.
    #[arg(long, value_name = "ID")]
    event: Option<EventId>,
    /// Everything that was given up and had been queued since this time (RFC 3339).
    #[arg(long, value_name = "TIME", value_parser = time)]
    parked_since: Option<Timestamp>,
}

fn time(text: &str) -> Result<Timestamp, String> {
    let example = "give a time with its offset: 2026-07-20T08:14:20+00:00";
    Timestamp::parse_rfc3339(text).ok_or_else(|| example.to_owned())
}

pub(crate) async fn run(args: &Args, env: &Environment) -> anyhow::Result<ExitCode> {
    let known = "`dossier webhook list` lists them";
    match &args.command {
        Command::List { json, settings } => {
            let app = open_store(settings, env).await?;
            let line = if *json { line_json } else { line };
            let mut after = None;
            loop {
                let page = app.list_all_endpoints(Operator, after).await?;
                let Some(last) = page.last() else { break };
                after = Some(last.endpoint.id);
                print(&page.iter().map(line).collect::<String>())?;
            }
        }
        Command::Test { id, settings } => {
            let app = open_store(settings, env).await?;
            let report = app.test_any_endpoint(Operator, *id).await.context(known)?;
            print(&format!("{}\n", report.outcome))?;
            if !report.acknowledged {
                return Ok(ExitCode::FAILURE);
            }
        }
        Command::Replay { id, what, settings } => {
            let app = open_store(settings, env).await?;
            let replay = what.replay().context("name an event or a time")?;
            let replayed = app.replay_any_webhooks(Operator, *id, replay).await.context(known)?;
            print(&format!("{replayed}\n"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl What {
    fn replay(&self) -> Option<Replay> {
        let event = self.event.map(Replay::Event);
        event.or_else(|| self.parked_since.map(Replay::ParkedSince))
    }
}

fn line(OwnedEndpoint { client_id, endpoint }: &OwnedEndpoint) -> String {
    let events = endpoint.events.names().join(",");
    let url = printable(&endpoint.url);
    format!("{}\t{client_id}\t{url}\t{events}\t{}\n", endpoint.id, endpoint.created_at)
}

fn line_json(OwnedEndpoint { client_id, endpoint }: &OwnedEndpoint) -> String {
    let object = json!({
        "id": endpoint.id.to_string(),
        "client_id": client_id.to_string(),
        "url": endpoint.url,
        "events": endpoint.events.names(),
        "created_at": endpoint.created_at.to_string(),
        "previous_secret_ends_at": endpoint.previous_secret_ends_at.map(|end| end.to_string()),
    });
    format!("{object}\n")
}
