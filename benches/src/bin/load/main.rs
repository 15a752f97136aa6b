//! Fills a data folder with users and files through the API, and measures the API on it.
//!
//! ```text
//! load fill FOLDER [USERS] [FREE_FILES]   200,000 users with three files each, 400,000 free files
//! load run FOLDER [SECONDS]               every measurement for so long
//! load run FOLDER [SECONDS] NAME          those whose name contains NAME
//! ```
//!
//! It starts the `dossier` beside it on the folder, with the settings of its own environment, and
//! stops it at the end. Both share the machine, so that nothing is sent to them from outside.

mod bodies;
mod fill;
mod http;
mod lists;
mod measure;
mod server;
mod users;

use std::error::Error;
use std::path::Path;

use server::Server;

/// What went wrong ends the program.
type Fault = Box<dyn Error>;

const USAGE: &str =
    "usage: load fill FOLDER [USERS] [FREE_FILES] | load run FOLDER [SECONDS] [NAME]";

/// One thread: the server is to have the rest of the machine.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Fault> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument = |index: usize| arguments.get(index).map(String::as_str);
    let number = |index: usize, default: u64| argument(index).map_or(Ok(default), str::parse);
    let folder = Path::new(argument(1).ok_or(USAGE)?);
    let local = tokio::task::LocalSet::new();
    match argument(0) {
        Some("fill") => {
            let wanted = fill::Wanted { users: number(2, 200_000)?, free: number(3, 400_000)? };
            let server = Server::start(folder).await?;
            local.run_until(fill::fill(&server, wanted)).await
        }
        Some("run") => {
            let seconds = number(2, 5)?;
            let server = Server::start(folder).await?;
            local.run_until(run(&server, seconds, argument(3).unwrap_or_default())).await
        }
        _unknown => Err(USAGE.into()),
    }
}

/// Every measurement whose name contains `name`, as a table.
async fn run(server: &Server, seconds: u64, name: &str) -> Result<(), Fault> {
    measure::print_head();
    let table = measure::Table { server, seconds, name };
    users::get(&table).await?;
    lists::all(&table).await?;
    users::create(&table).await
}
