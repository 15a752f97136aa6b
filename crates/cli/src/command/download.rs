//! `dossier download ID`: fetches the bytes of a file and checks them before they get a name.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use dossier_domain::FileId;
use dossier_seal::{Digest, Sha256};
use indicatif::ProgressBar;
use reqwest::{Method, Response};
use serde::Deserialize;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;

use crate::client::{
    Api, ClientArgs, Existing, Failure, Target, read_hex, read_repr_digest, safe_name,
};
use crate::config::Environment;
use crate::output::print;

/// Fetches a file, checks its SHA-256, and only then gives it its name.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The file's id.
    id: FileId,
    /// Where to: a file or a folder [default: the file's own name, in this folder]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace a file that is there already.
    #[arg(long)]
    force: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    client: ClientArgs,
}

#[derive(Debug, Deserialize)]
struct Answer {
    data: About,
}

#[derive(Debug, Deserialize)]
struct About {
    name: String,
    size: u64,
    sha256: String,
}

pub(crate) async fn run(args: &Args, env: &Environment) -> anyhow::Result<ExitCode> {
    let api = Api::new(&args.client, env)?;
    let id = args.id.to_string();
    let path = ["v1", "files", &id];
    let Answer { data } =
        api.patiently(async || api.json(api.call(Method::GET, &path)).await).await?;
    let target = target(args, &data)?;
    let wanted = read_hex(&data.sha256).context("the service names no SHA-256 of the file")?;
    let bar = api.progress().bar(&data.name, data.size);
    api.patiently(async || fetch(&api, &id, &target, wanted, &bar).await).await?;
    bar.finish_and_clear();
    let shown = target.path().display();
    print(&if args.json {
        let path = shown.to_string();
        format!("{}\n", json!({"id": id, "path": path, "size": data.size, "sha256": data.sha256}))
    } else {
        format!("{shown}\n")
    })?;
    Ok(ExitCode::SUCCESS)
}

fn target(args: &Args, about: &About) -> anyhow::Result<Target> {
    let own_name = safe_name(&about.name, &args.id.to_string());
    let path = match args.output.as_deref() {
        None => PathBuf::from(own_name),
        Some(path) if path == Path::new("-") => {
            bail!("bytes are checked before they are handed on, so `-` is no place; name a file")
        }
        Some(folder) if folder.is_dir() => folder.join(own_name),
        Some(path) => path.to_owned(),
    };
    let existing = if args.force { Existing::Replace } else { Existing::Keep };
    let shown = path.display().to_string();
    Target::new(path, existing).context(shown)
}

/// One try: the bytes, checked, under their name; or nothing.
async fn fetch(
    api: &Api,
    id: &str,
    target: &Target,
    wanted: Digest,
    bar: &ProgressBar,
) -> Result<(), Failure> {
    bar.set_position(0);
    let response = api.send(api.transfer(Method::GET, &["v1", "files", id, "contents"])).await?;
    let header = response.headers().get("repr-digest").and_then(|value| value.to_str().ok());
    if header.and_then(read_repr_digest).is_some_and(|digest| digest != wanted) {
        return Err(Failure::Broken("the service names two different SHA-256".to_owned()));
    }
    let local = |error| Failure::Local(format!("{}: {error}", target.path().display()));
    let (partial, mut file) = target.begin().map_err(local)?;
    let found = receive(api, response, &mut file, bar).await?.map_err(local)?;
    if found != wanted {
        let what = "the bytes that arrived have another SHA-256 than the file; nothing was kept";
        return Err(Failure::Broken(what.to_owned()));
    }
    partial.finish().map_err(local)
}

/// Writes the body out and returns its SHA-256. The outer error is the service's, the inner ours.
async fn receive(
    api: &Api,
    mut response: Response,
    file: &mut tokio::fs::File,
    bar: &ProgressBar,
) -> Result<std::io::Result<Digest>, Failure> {
    let mut hash = Sha256::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| api.lost(error))? {
        hash.push(&chunk);
        if let Err(error) = file.write_all(&chunk).await {
            return Ok(Err(error));
        }
        bar.inc(chunk.len() as u64);
    }
    Ok(file.sync_all().await.map(|()| hash.finish()))
}
