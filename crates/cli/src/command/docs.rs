//! `dossier docs PAGE`: prints the pages of `docs/` that are made from the source.

use std::process::ExitCode;

use clap::ValueEnum;

use crate::config::configuration_page;
use crate::output::print;

/// Prints a page of the documents that is made from the source.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    page: Page,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Page {
    /// docs/configuration.md
    Configuration,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match args.page {
        Page::Configuration => print(&configuration_page())?,
    }
    Ok(ExitCode::SUCCESS)
}
