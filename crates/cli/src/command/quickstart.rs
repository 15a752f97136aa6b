//! `dossier quickstart`: a running service, a key, and one real document uploaded to it.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use dossier_app::{NewApiKey, Operator};
use dossier_domain::{Scope, Scopes};
use dossier_seal::Sha256;
use indicatif::ProgressBar;
use reqwest::Method;
use serde_json::Value;

use super::serve::on_all_cores;
use crate::client::{Api, ClientArgs, UploadForm, random_hex};
use crate::config::{Config, Environment, Loaded, Log, LogFormat, Secret, SettingFlags};
use crate::output::print;
use crate::server::{Server, StopSignals, TakenPort};
use crate::telemetry;

/// Starts the service with its defaults, makes a key, uploads a document and shows how.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// End after the upload instead of serving on.
    #[arg(long)]
    exit: bool,
    #[command(flatten)]
    settings: SettingFlags,
}

/// A specimen of a passport, with the data of ICAO Doc 9303 part 4, appendix A.
const SPECIMEN: &[u8] = include_bytes!("../../assets/specimen-passport.pdf");
const SPECIMEN_NAME: &str = "specimen-passport.pdf";

pub(crate) fn run(args: &Args, env: &Environment) -> anyhow::Result<ExitCode> {
    let Loaded { config, .. } = Config::load_with_file(&args.settings.0, env)?;
    telemetry::init(Log { format: LogFormat::Text, level: tracing::Level::WARN })?;
    on_all_cores(async {
        let signals = StopSignals::listen()?;
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let server = Server::start(config.clone(), TakenPort::Replace).await?;
        let address = server.address()?;
        if config.listen.port() != 0 && address.port() != config.listen.port() {
            print(&format!("{} is taken, so another port is used.\n", config.listen))?;
        }
        let address = reachable(address);
        let scopes = [Scope::FilesWrite, Scope::FilesRead, Scope::FilesDelete];
        let scopes: Scopes = scopes.into_iter().collect();
        let key = server.app.create_key(Operator, "quickstart", scopes).await?;
        let stay = !args.exit;
        let serving = tokio::spawn(server.run(async move {
            if stay {
                signals.asked().await;
            } else {
                // Both a word and a dropped sender mean: stop.
                let _ = stopped.await;
            }
        }));
        let place = if args.exit { "While the service runs" } else { "In another terminal" };
        show(&config, address, &key, place).await?;
        if args.exit {
            // The server may have stopped by itself; its own result says so.
            let _ = stop.send(());
        } else {
            print("\nServing until Ctrl-C.\n")?;
        }
        serving.await.context("the server failed")??;
        if args.exit {
            let (dossier, folder) = (this_program()?, absolute(&config.data_dir)?);
            print(&format!(
                "\nThe service has ended. To start it again:\n\n    \
                 \"{dossier}\" serve --data-dir \"{folder}\"\n"
            ))?;
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// An address that a client on this machine can reach.
fn reachable(address: SocketAddr) -> SocketAddr {
    let mut address = address;
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    address
}

/// Shows the upload and its answer; the lines are to be pasted at `place`.
async fn show(
    config: &Config,
    address: SocketAddr,
    key: &NewApiKey,
    place: &str,
) -> anyhow::Result<()> {
    let document = write_specimen(&config.data_dir)?;
    let shown = absolute(&document)?;
    let (dossier, folder) = (this_program()?, absolute(&config.data_dir)?);
    print(&format!(
        "Dossier listens on http://{address} and keeps its data in {folder}.\n\
         Back up root.key there: without it no stored file can be read.\n\n\
         {place}, with an API key that is shown this once:\n\n    \
         export DOSSIER_KEY={}\n\n\
         the upload, as you would send it:\n\n    {}\n\n",
        *key.secret,
        curl(address, &shown)
    ))?;
    let answer = upload(address, &key.secret, &document).await?;
    let id = answer.pointer("/data/0/id").and_then(Value::as_str).unwrap_or_default();
    let text = serde_json::to_string_pretty(&answer)?;
    print(&format!(
        "The answer, 201 Created:\n\n{text}\n\n\
         Where to look next:\n\n    \
         curl -H \"Authorization: Bearer $DOSSIER_KEY\" http://{address}/v1/files/{id}\n    \
         curl -H \"Authorization: Bearer $DOSSIER_KEY\" http://{address}/v1/purposes\n    \
         http://{address}/docs, http://{address}/docs/errors, http://{address}/openapi.json\n\n\
         The key is live until it is revoked; when you are done:\n\n    \
         \"{dossier}\" key revoke {} --data-dir \"{folder}\"\n",
        key.key_id
    ))
}

/// The program that runs, as a shell takes it in any folder.
fn this_program() -> anyhow::Result<String> {
    absolute(&std::env::current_exe().context("the path of this program is not known")?)
}

/// A path, as a shell takes it in any folder.
fn absolute(path: &Path) -> anyhow::Result<String> {
    let path = std::path::absolute(path).with_context(|| path.display().to_string())?;
    Ok(path.display().to_string())
}

fn curl(address: SocketAddr, document: &str) -> String {
    format!(
        "curl -H \"Authorization: Bearer $DOSSIER_KEY\" \\\n         \
         -F purpose=passport -F \"file=@{document};type=application/pdf\" \\\n         \
         http://{address}/v1/files"
    )
}

/// The specimen, beside the data, so that the printed command can be pasted.
fn write_specimen(folder: &Path) -> anyhow::Result<PathBuf> {
    let path = folder.join(SPECIMEN_NAME);
    let written = fs::write(&path, SPECIMEN);
    written.with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

/// Sends the document as `dossier upload` does.
async fn upload(address: SocketAddr, key: &str, document: &Path) -> anyhow::Result<Value> {
    let args = ClientArgs::to(format!("http://{address}"), Secret::new(key.to_owned()));
    let api = Api::new(&args, &Environment::default())?;
    let form = UploadForm {
        path: document.to_owned(),
        size: SPECIMEN.len() as u64,
        sha256: Sha256::of(SPECIMEN),
        purpose: "passport".to_owned(),
        name: SPECIMEN_NAME.to_owned(),
        media_type: Some("application/pdf"),
        boundary: format!("dossier-{}", random_hex()),
    };
    let request = api.transfer(Method::POST, &["v1", "files"]);
    let request = form.attach(request, &ProgressBar::hidden()).await?;
    api.json(request).await.map_err(|failure| anyhow!("the upload failed: {failure}"))
}
