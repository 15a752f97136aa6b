//! `dossier get ID`: what the service knows about a file.

use std::process::ExitCode;

use dossier_domain::FileId;
use serde_json::Value;

use crate::client::{Api, ClientArgs, member_lines};
use crate::config::Environment;
use crate::output::print;

/// Shows what the service knows about a file.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The file's id.
    id: FileId,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    client: ClientArgs,
}

pub(crate) async fn run(args: &Args, env: &Environment) -> anyhow::Result<ExitCode> {
    let api = Api::new(&args.client, env)?;
    let file = api.get(&["v1", "files", &args.id.to_string()]).await?;
    print(&if args.json { format!("{}\n", Value::Object(file)) } else { member_lines(&file) })?;
    Ok(ExitCode::SUCCESS)
}
