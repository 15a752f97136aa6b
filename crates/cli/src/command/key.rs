//! `dossier key create|list|revoke`: API keys, on the store itself.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;
use dossier_app::{ApiKey, NewApiKey, Operator};
use dossier_domain::{KeyId, Scope, Scopes};
use serde_json::json;

use super::{open_store, open_store_or};
use crate::client::printable;
use crate::config::{Environment, SettingFlags};
use crate::output::print;
use crate::store::Absent;

/// Makes, lists and revokes API keys.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes a key and prints it, this once. The client is made if needed.
    Create {
        /// The name of the client that the key speaks for.
        #[arg(long)]
        client: String,
        /// What the key permits, separated by commas: files:write, files:read, …
        #[arg(long, value_parser = scopes)]
        scopes: Scopes,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        settings: SettingFlags,
    },
    /// Lists all keys, without their secrets.
    List {
        /// Print one JSON object a line.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        settings: SettingFlags,
    },
    /// Revokes a key, within a second.
    Revoke {
        /// The key's id, from `dossier key list`.
        id: KeyId,
        #[command(flatten)]
        settings: SettingFlags,
    },
}

pub(super) fn scopes(text: &str) -> Result<Scopes, String> {
    let known = || Scope::ALL.iter().map(|s| s.name()).collect::<Vec<_>>().join(", ");
    let scopes: Scopes = text.parse().map_err(|_| format!("the scopes are {}", known()))?;
    if scopes.is_empty() { Err(format!("name at least one of {}", known())) } else { Ok(scopes) }
}

pub(crate) async fn run(args: &Args, env: &Environment) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::Create { client, scopes, json, settings } => {
            let app = open_store_or(Absent::Make, settings, env).await?;
            let key = app.create_key(Operator, client, *scopes).await?;
            print(&if *json { created_json(&key) } else { format!("{}\n", *key.secret) })?;
        }
        Command::List { json, settings } => {
            let app = open_store(settings, env).await?;
            let mut after = None;
            loop {
                let page = app.list_keys(Operator, after).await?;
                let line = if *json { line_json } else { line };
                print(&page.keys.iter().map(line).collect::<String>())?;
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        Command::Revoke { id, settings } => {
            let app = open_store(settings, env).await?;
            app.revoke_key(Operator, *id).await.context("`dossier key list` lists them")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn created_json(key: &NewApiKey) -> String {
    let object = json!({
        "id": key.key_id.to_string(),
        "client_id": key.client_id.to_string(),
        "key": *key.secret,
    });
    format!("{object}\n")
}

fn line(key: &ApiKey) -> String {
    let state = match key.revoked_at {
        Some(time) => format!("revoked {time}"),
        None => "live".to_owned(),
    };
    let client = printable(&key.client);
    format!("{}\t{client}\t{}…\t{}\t{state}\n", key.key_id, key.hint, key.scopes)
}

fn line_json(key: &ApiKey) -> String {
    let object = json!({
        "id": key.key_id.to_string(),
        "client": key.client,
        "hint": key.hint,
        "scopes": key.scopes.to_string(),
        "created_at": key.created_at.to_string(),
        "revoked_at": key.revoked_at.map(|time| time.to_string()),
    });
    format!("{object}\n")
}
