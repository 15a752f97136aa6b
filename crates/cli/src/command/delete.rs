//! `dossier delete ID…`: deletes files.

use std::process::ExitCode;

use dossier_domain::FileId;
use reqwest::Method;
use serde_json::json;

use crate::client::{Api, ClientArgs};
use crate::config::Environment;
use crate::output::{complain, print};

/// Deletes files. Those that are part of a user's verification stay.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The ids of the files.
    #[arg(required = true, value_name = "ID")]
    ids: Vec<FileId>,
    /// Print one JSON object for each id.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    client: ClientArgs,
}

pub(crate) async fn run(args: &Args, env: &Environment) -> anyhow::Result<ExitCode> {
    let api = Api::new(&args.client, env)?;
    let mut code = ExitCode::SUCCESS;
    for id in &args.ids {
        let id = id.to_string();
        let path = ["v1", "files", &id];
        let deleted = api.patiently(async || api.send(api.call(Method::DELETE, &path)).await).await;
        if let Err(failure) = &deleted {
            code = ExitCode::FAILURE;
            complain(&format!("{id}: {failure}"));
        }
        let line = match &deleted {
            Ok(_) if args.json => format!("{}\n", json!({"id": id, "deleted": true})),
            Ok(_) => format!("{id}\n"),
            Err(failure) if args.json => {
                format!("{}\n", json!({"id": id, "error": failure.to_json()}))
            }
            Err(_) => String::new(),
        };
        print(&line)?;
    }
    Ok(code)
}
