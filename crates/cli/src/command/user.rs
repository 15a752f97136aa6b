//! `dossier user show|list`: what the service knows of users.

use std::process::ExitCode;

use clap::Subcommand;
use dossier_domain::UserId;
use serde_json::Value;

use crate::client::{Api, ClientArgs, PageArgs, columns, member_lines};
use crate::config::Environment;
use crate::output::print;

/// Shows users and lists them.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Shows what the service knows of a user.
    Show {
        /// The user's id.
        id: UserId,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        client: ClientArgs,
    },
    /// Lists users, newest first.
    List(List),
}

#[derive(Debug, clap::Args)]
struct List {
    /// Only the user with this external id, whatever its case.
    #[arg(long, value_name = "TEXT")]
    external_id: Option<String>,
    /// Only users that are verified, or only those that are not.
    #[arg(long, value_name = "true|false")]
    verified: Option<bool>,
    /// Only users that are active, or only those that are not.
    #[arg(long, value_name = "true|false")]
    active: Option<bool>,
    /// Only users registered after this time (RFC 3339).
    #[arg(long, value_name = "TIME")]
    registered_after: Option<String>,
    /// Only users registered before this time (RFC 3339).
    #[arg(long, value_name = "TIME")]
    registered_before: Option<String>,
    #[command(flatten)]
    pages: PageArgs,
    /// Print one JSON object for each user.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    client: ClientArgs,
}

pub(crate) async fn run(args: &Args, env: &Environment) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::Show { id, json, client } => {
            let api = Api::new(client, env)?;
            let user = api.get(&["v2", "users", &id.to_string()]).await?;
            let text =
                if *json { format!("{}\n", Value::Object(user)) } else { member_lines(&user) };
            print(&text)?;
        }
        Command::List(list) => list_users(list, env).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn list_users(list: &List, env: &Environment) -> anyhow::Result<()> {
    let api = Api::new(&list.client, env)?;
    let filters = [
        ("external_id", list.external_id.clone()),
        ("verified", list.verified.map(|flag| flag.to_string())),
        ("active", list.active.map(|flag| flag.to_string())),
        ("registered_after", list.registered_after.clone()),
        ("registered_before", list.registered_before.clone()),
    ];
    let line = |user: &Value| {
        if list.json {
            return format!("{user}\n");
        }
        columns(user, ["id", "registered_at", "verification_status", "active", "external_id"])
    };
    api.print_list(&["v2", "users"], &filters, &list.pages, line).await
}
