//! `dossier serve`: runs the service.

use std::process::ExitCode;

use anyhow::Context as _;

use crate::config::{Config, Environment, Loaded, SettingFlags};
use crate::server::{Server, StopSignals, TakenPort};
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
        let stop = StopSignals::listen()?;
        let server = Server::start(config, TakenPort::Refuse).await?;
        server.run(stop.asked()).await?;
        Ok(ExitCode::SUCCESS)
    })
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
