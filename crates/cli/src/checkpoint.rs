//! Keeps checkpoints of the audit in a file outside the database.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use dossier_app::{App, Operator};
use tokio::sync::watch;
use tokio::task::spawn_blocking;

/// Appends a checkpoint at once, then every so often, and a last one when the server stops.
pub(crate) async fn append_forever(
    app: Arc<App>,
    path: PathBuf,
    interval: Duration,
    mut stopped: watch::Receiver<()>,
) {
    loop {
        append_or_complain(&app, &path).await;
        tokio::select! {
            () = tokio::time::sleep(interval) => {}
            _ = stopped.changed() => break,
        }
    }
    append_or_complain(&app, &path).await;
}

async fn append_or_complain(app: &App, path: &Path) {
    if let Err(error) = append(app, path).await {
        let error = format!("{error:#}");
        tracing::error!(error, "no checkpoint of the audit could be kept");
    }
}

/// Appends the checkpoint of this moment and syncs it. A file that is not there is made, readable
/// by its owner only.
pub(crate) async fn append(app: &App, path: &Path) -> anyhow::Result<()> {
    let line = format!("{}\n", app.audit_checkpoint(Operator).await?);
    let path = path.to_owned();
    spawn_blocking(move || write(&path, &line)).await.context("the write was cut off")?
}

fn write(path: &Path, line: &str) -> anyhow::Result<()> {
    let shown = path.display();
    let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
    let mut file = file.with_context(|| format!("cannot open {shown}"))?;
    let written = file.write_all(line.as_bytes()).and_then(|()| file.sync_all());
    written.with_context(|| format!("cannot write to {shown}"))
}
