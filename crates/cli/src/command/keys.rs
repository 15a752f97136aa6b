//! `dossier keys generate`: makes a root key file.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use dossier_seal::RootKeyring;

use crate::store::write_private;

/// Makes root keys.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes a root key file, readable by its owner only.
    ///
    /// Keep a copy apart from the backups: without it no stored file can be read, with it all can.
    Generate {
        /// Where to write it. A file that is there is never replaced.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let Command::Generate { out } = &args.command;
    let text = RootKeyring::generate(&crate::system::entropy()).to_text();
    match write_private(out, text.as_bytes()) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            bail!("{} is there already; a key in use must never be replaced", out.display())
        }
        Err(error) => Err(error).with_context(|| format!("cannot write {}", out.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{FileMode, check_file_mode};

    #[test]
    fn a_key_file_is_private_readable_and_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("root.key");
        let args = Args { command: Command::Generate { out: out.clone() } };
        run(&args).unwrap();
        assert_eq!(check_file_mode(&out).unwrap(), FileMode::Private);
        let text = std::fs::read_to_string(&out).unwrap();
        text.parse::<RootKeyring>().unwrap();
        assert!(run(&args).is_err());
        assert_eq!(std::fs::read_to_string(&out).unwrap(), text);
    }
}
