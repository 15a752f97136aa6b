//! `dossier serve`: runs the service.

use std::process::ExitCode;

use anyhow::Context as _;

use crate::config::{Config, Environment, Loaded, SettingFlags};
use crate::server::{Server, asked_to_stop};
use crate::telemetry;

/// Runs the service.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    settings: SettingFlags,
}

pub(crate) fn run(args: &Args, env: &Environment) -> anyhow::Result<ExitCode> {
    let Loaded { config, warnings } = Config::load_with_file(&args.settings.0, env)?;
    telemetry::init(config.log)?;
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    on_all_cores(async {
        let server = Server::start(config).await?;
        server.run(async { log_failure(asked_to_stop().await) }).await?;
        Ok(ExitCode::SUCCESS)
    })
}

/// Without signals the server is better stopped at once than unstoppable.
pub(super) fn log_failure(result: anyhow::Result<()>) {
    if let Err(error) = result {
        tracing::error!("{error:#}");
    }
}

pub(super) fn on_all_cores(
    work: impl Future<Output = anyhow::Result<ExitCode>>,
) -> anyhow::Result<ExitCode> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?
        .block_on(work)
}
