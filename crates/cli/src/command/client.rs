//! `dossier client create|list|secret|rotate|revoke`: clients and their OAuth credentials, on the
//! store itself.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Subcommand;
use dossier_app::{Client, ClientSecret, IssuedSecret, Operator, RotateSecret};
use dossier_domain::{ClientId, ClientSecretId, Scopes};
use serde_json::{Value, json};

use super::key::scopes;
use super::{open_store, open_store_or};
use crate::client::printable;
use crate::config::{Bounds, Environment, SettingFlags, length_of_time};
use crate::output::print;
use crate::store::Absent;

/// How long an old secret may live: whoever needs longer has not rotated it.
const OLD_LIVES: Bounds = Bounds { min: 0, max: 90 * 24 * 60 * 60 * 1000 };

/// Makes and lists clients, and makes, rotates and revokes their OAuth credentials.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes a client and prints its id.
    Create {
        /// The name of the client.
        #[arg(long)]
        client: String,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        settings: SettingFlags,
    },
    /// Lists all clients, and below each the OAuth credentials it has, without the secrets.
    List {
        /// Print one JSON object a line, one for each client.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        settings: SettingFlags,
    },
    /// Makes OAuth credentials and prints them, this once. The client is made if needed.
    Secret {
        /// The name of the client.
        #[arg(long)]
        client: String,
        /// The most that its tokens permit, separated by commas: files:write, files:read, …
        #[arg(long, value_parser = scopes)]
        scopes: Scopes,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        settings: SettingFlags,
    },
    /// Makes a second secret with the same scopes; the old one ends after a while.
    Rotate(Rotation),
    /// Ends a secret, and the access tokens that were asked for with it, within a second.
    Revoke {
        /// The secret's id, from `dossier client list`.
        id: ClientSecretId,
        #[command(flatten)]
        settings: SettingFlags,
    },
}

#[derive(Debug, clap::Args)]
struct Rotation {
    /// The name of the client.
    #[arg(long)]
    client: String,
    /// The secret to rotate, from `dossier client list`; not needed when there is but one.
    #[arg(long, value_name = "ID")]
    secret: Option<ClientSecretId>,
    /// How long the old secret still lives.
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = old_lives)]
    old_lives: Duration,
    /// Make no new secret, but end the old ones now, and the access tokens that were asked for
    /// with them.
    #[arg(long, conflicts_with_all = ["secret", "old_lives", "json"])]
    end_old: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: SettingFlags,
}

fn old_lives(text: &str) -> Result<Duration, String> {
    length_of_time(text, OLD_LIVES)
}

pub(crate) async fn run(args: &Args, env: &Environment) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::Create { client, json, settings } => {
            let client_id = open_store_or(Absent::Make, settings, env)
                .await?
                .create_client(Operator, client)
                .await?;
            print(&if *json { client_json(client_id) } else { format!("{client_id}\n") })?;
        }
        Command::List { json, settings } => {
            let clients = open_store(settings, env).await?.list_clients(Operator).await?;
            let text: String = clients.iter().map(if *json { line_json } else { lines }).collect();
            print(&text)?;
        }
        Command::Secret { client, scopes, json, settings } => {
            let app = open_store_or(Absent::Make, settings, env).await?;
            let secret = app.create_client_secret(Operator, client, *scopes).await?;
            print(&if *json { secret_json(&secret) } else { secret_lines(&secret) })?;
        }
        Command::Rotate(rotation) => rotate(rotation, env).await?,
        Command::Revoke { id, settings } => {
            let app = open_store(settings, env).await?;
            let revoked = app.revoke_client_secret(Operator, *id).await;
            revoked.context("`dossier client list` lists them")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn rotate(rotation: &Rotation, env: &Environment) -> anyhow::Result<()> {
    let Rotation { client, secret, old_lives, end_old, json, settings } = rotation;
    let app = open_store(settings, env).await?;
    if *end_old {
        app.end_old_secrets(Operator, client).await?;
        return Ok(());
    }
    let rotation = RotateSecret { secret_id: *secret, old_lives: *old_lives };
    let made = app.rotate_client_secret(Operator, client, rotation).await;
    let made = made.context("`dossier client list` lists clients and their secrets")?;
    print(&if *json { secret_json(&made) } else { secret_lines(&made) })
}

fn client_json(client_id: ClientId) -> String {
    format!("{}\n", json!({ "client_id": client_id.to_string() }))
}

fn secret_json(made: &IssuedSecret) -> String {
    let object = json!({
        "client_id": made.client_id.to_string(),
        "client_secret": *made.secret,
        "id": made.secret_id.to_string(),
    });
    format!("{object}\n")
}

fn secret_lines(made: &IssuedSecret) -> String {
    format!("client_id: {}\nclient_secret: {}\n", made.client_id, *made.secret)
}

fn lines(client: &Client) -> String {
    let mut lines = format!("{}\t{}\n", client.client_id, printable(&client.name));
    for secret in &client.secrets {
        let state = match secret.ends_at {
            Some(time) if secret.is_live => format!("ends {time}"),
            Some(time) => format!("ended {time}"),
            None => "live".to_owned(),
        };
        let ClientSecret { secret_id, hint, scopes, .. } = secret;
        lines.push_str(&format!("\t{secret_id}\t{hint}…\t{scopes}\t{state}\n"));
    }
    lines
}

fn line_json(client: &Client) -> String {
    let secret_json = |secret: &ClientSecret| {
        json!({
            "id": secret.secret_id.to_string(),
            "hint": secret.hint,
            "scopes": secret.scopes.to_string(),
            "created_at": secret.created_at.to_string(),
            "ends_at": secret.ends_at.map(|time| time.to_string()),
            "live": secret.is_live,
        })
    };
    let object = json!({
        "client_id": client.client_id.to_string(),
        "name": client.name,
        "created_at": client.created_at.to_string(),
        "secrets": client.secrets.iter().map(secret_json).collect::<Vec<Value>>(),
    });
    format!("{object}\n")
}
