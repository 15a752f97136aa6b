//! `dossier list`: the files of this client.

use std::process::ExitCode;

use dossier_domain::UserId;
use serde_json::Value;

use crate::client::{Api, ClientArgs, PageArgs, columns};
use crate::config::Environment;

/// Lists files, newest first.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only files of this purpose.
    #[arg(long)]
    purpose: Option<String>,
    /// Only files in this state: ready, processing or rejected.
    #[arg(long)]
    status: Option<String>,
    /// Only files of this user.
    #[arg(long, value_name = "ID")]
    user_id: Option<UserId>,
    /// Only files made after this time (RFC 3339).
    #[arg(long, value_name = "TIME")]
    created_after: Option<String>,
    /// Only files made before this time (RFC 3339).
    #[arg(long, value_name = "TIME")]
    created_before: Option<String>,
    #[command(flatten)]
    pages: PageArgs,
    /// Print one JSON object for each file.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    client: ClientArgs,
}

pub(crate) async fn run(args: &Args, env: &Environment) -> anyhow::Result<ExitCode> {
    let api = Api::new(&args.client, env)?;
    let filters = [
        ("purpose", args.purpose.clone()),
        ("status", args.status.clone()),
        ("user_id", args.user_id.map(|id| id.to_string())),
        ("created_after", args.created_after.clone()),
        ("created_before", args.created_before.clone()),
    ];
    let line = |file: &Value| {
        if args.json {
            return format!("{file}\n");
        }
        columns(file, ["id", "created_at", "purpose", "status", "size", "name"])
    };
    api.print_list(&["v1", "files"], &filters, &args.pages, line).await?;
    Ok(ExitCode::SUCCESS)
}
