//! The `dossier` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    dossier_cli::main()
}
