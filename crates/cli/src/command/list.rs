//! `dossier list`: the files of this client.

use std::process::ExitCode;

use anyhow::bail;
use dossier_domain::UserId;
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;

use crate::client::{Api, ClientArgs, printable};
use crate::config::Environment;
use crate::output::{complain, print};

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
    /// How many files a page has.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=100))]
    size: Option<u8>,
    /// Continue where an earlier list ended.
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
    /// `desc`: newest first, `asc`: oldest first.
    #[arg(long, value_parser = ["asc", "desc"])]
    order: Option<String>,
    /// All pages, not only one.
    #[arg(long)]
    all: bool,
    /// Print one JSON object for each file.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    client: ClientArgs,
}

#[derive(Debug, Deserialize)]
struct Page {
    data: Vec<Value>,
    #[serde(default)]
    meta: Meta,
}

#[derive(Debug, Default, Deserialize)]
struct Meta {
    next: Option<String>,
}

pub(crate) async fn run(args: &Args, env: &Environment) -> anyhow::Result<ExitCode> {
    let api = Api::new(&args.client, env)?;
    let mut cursor = args.after.clone();
    loop {
        let query = query(args, cursor.as_deref());
        let call = || api.call(Method::GET, &["v1", "files"]).query(&query);
        let page: Page = api.patiently(async || api.json(call()).await).await?;
        let lines: String = page.data.iter().map(|file| line(args, file)).collect();
        print(&lines)?;
        match page.meta.next {
            None => return Ok(ExitCode::SUCCESS),
            // A cursor that leads to itself would never end.
            next if args.all && next == cursor => bail!("the service repeats a page; stopped"),
            Some(next) if args.all => cursor = Some(next),
            Some(next) => {
                complain(&format!("there are more: --after {}, or --all", printable(&next)));
                return Ok(ExitCode::SUCCESS);
            }
        }
    }
}

fn query(args: &Args, cursor: Option<&str>) -> Vec<(&'static str, String)> {
    let given = [
        ("purpose", args.purpose.clone()),
        ("status", args.status.clone()),
        ("user_id", args.user_id.map(|id| id.to_string())),
        ("created_after", args.created_after.clone()),
        ("created_before", args.created_before.clone()),
        ("size", args.size.map(|size| size.to_string())),
        ("after", cursor.map(str::to_owned)),
        ("order", args.order.clone()),
    ];
    given.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// The columns, separated by tabs so that `cut` can take them apart.
fn line(args: &Args, file: &Value) -> String {
    if args.json {
        return format!("{file}\n");
    }
    let columns = ["id", "created_at", "purpose", "status", "size", "name"].map(|name| {
        let value = file.get(name).unwrap_or(&Value::Null);
        printable(&value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    });
    format!("{}\n", columns.join("\t"))
}
