//! The `dossier` command: its configuration, its log and its subcommands.

mod checkpoint;
mod client;
mod command;
pub mod config;
mod output;
mod progress;
mod secret;
mod server;
mod store;
mod system;
pub mod telemetry;

use std::process::ExitCode;

use clap::Parser as _;

use crate::output::{ReaderGone, complain};

/// Runs the subcommand that the arguments name. 0: all done; 1: something failed; 2: wrong usage.
pub fn main() -> ExitCode {
    match command::run(command::Cli::parse()) {
        Ok(code) => code,
        // Whoever read our output has enough: nothing to say, but not all was done either.
        Err(error) if error.is::<ReaderGone>() => ExitCode::FAILURE,
        Err(error) => {
            complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}
