//! The subcommands, one file each. A file holds `Args` and `run`, nothing that decides a rule.

mod audit;
mod client;
mod delete;
mod docs;
mod download;
mod fsck;
mod get;
mod jobs;
mod key;
mod keys;
mod list;
mod quickstart;
mod serve;
mod upload;
mod user;
mod webhook;

use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use dossier_app::App;

use crate::config::{Config, Environment, Loaded, Log, LogFormat, SettingFlags, environment};
use crate::store::{self, Absent};
use crate::telemetry;

/// Takes in the documents of identity checks, keeps them safe, and hands them out again.
#[derive(Debug, Parser)]
#[command(name = "dossier", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Args),
    Quickstart(quickstart::Args),
    Upload(upload::Args),
    Get(get::Args),
    List(list::Args),
    Download(download::Args),
    Delete(delete::Args),
    User(user::Args),
    Client(client::Args),
    Key(key::Args),
    Keys(keys::Args),
    Webhook(webhook::Args),
    Jobs(jobs::Args),
    Fsck(fsck::Args),
    Audit(audit::Args),
    #[command(hide = true)]
    Docs(docs::Args),
}

pub(crate) fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Serve(args) => serve::run(&args, &environment()),
        Command::Quickstart(args) => quickstart::run(&args, &environment()),
        Command::Upload(args) => wait(upload::run(&args, &environment())),
        Command::Get(args) => wait(get::run(&args, &environment())),
        Command::List(args) => wait(list::run(&args, &environment())),
        Command::Download(args) => wait(download::run(&args, &environment())),
        Command::Delete(args) => wait(delete::run(&args, &environment())),
        Command::User(args) => wait(user::run(&args, &environment())),
        Command::Client(args) => wait(client::run(&args, &environment())),
        Command::Key(args) => wait(key::run(&args, &environment())),
        Command::Webhook(args) => wait(webhook::run(&args, &environment())),
        Command::Jobs(args) => wait(jobs::run(&args, &environment())),
        Command::Fsck(args) => wait(fsck::run(&args, &environment())),
        Command::Audit(args) => wait(audit::run(&args, &environment())),
        Command::Keys(args) => keys::run(&args),
        Command::Docs(args) => docs::run(&args),
    }
}

/// The client commands need one thread; hashing and the disk have threads of their own.
fn wait(command: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?
        .block_on(command)
}

/// Opens the store that is there for a tool that acts on it.
async fn open_store(flags: &SettingFlags, env: &Environment) -> anyhow::Result<App> {
    open_store_or(Absent::Refuse, flags, env).await
}

/// The same for a tool that may be run before the first start too.
async fn open_store_or(
    absent: Absent,
    flags: &SettingFlags,
    env: &Environment,
) -> anyhow::Result<App> {
    Ok(open_store_and_config(absent, flags, env).await?.0)
}

/// The same for a tool that needs more of the configuration than the store. The log of a tool
/// goes to people.
async fn open_store_and_config(
    absent: Absent,
    flags: &SettingFlags,
    env: &Environment,
) -> anyhow::Result<(App, Config)> {
    let Loaded { config, warnings } = Config::load_with_file(&flags.0, env)?;
    telemetry::init(Log { format: LogFormat::Text, level: tracing::Level::WARN })?;
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    let app = store::open_as_tool(&config, absent).await?;
    Ok((app, config))
}
