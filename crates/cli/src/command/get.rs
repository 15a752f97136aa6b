//! `dossier get ID`: what the service knows about a file.

use std::process::ExitCode;

use dossier_domain::FileId;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value};

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

#[derive(Debug, Deserialize)]
struct Answer {
    data: Map<String, Value>,
}

pub(crate) async fn run(args: &Args, env: &Environment) -> anyhow::Result<ExitCode> {
    let api = Api::new(&args.client, env)?;
    let path = ["v1", "files", &args.id.to_string()];
    let Answer { data } =
        api.patiently(async || api.json(api.call(Method::GET, &path)).await).await?;
    if args.json {
        print(&format!("{}\n", Value::Object(data)))?;
        return Ok(ExitCode::SUCCESS);
    }
    print(&member_lines(&data))?;
    Ok(ExitCode::SUCCESS)
}
