//! The subcommands, one file each. A file holds `Args` and `run`, nothing that decides a rule.

mod docs;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Takes in the documents of identity checks, keeps them safe, and hands them out again.
#[derive(Debug, Parser)]
#[command(name = "dossier", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(hide = true)]
    Docs(docs::Args),
}

pub(crate) fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Docs(args) => docs::run(&args),
    }
}
